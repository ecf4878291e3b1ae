#include "lab/load/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "lab/request/log.hpp"
#include "net/http/server_fixture.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

using http::Audience;
using http::Reply;

// A server of the contract's routes that keeps users in memory, or does as a test says.
class LoadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.router.add(
        "POST", "/api-commands/users", Audience::kPublic,
        [this](const http::Request& request, const Reply& reply) { on_user_(request, reply); });
    server_.router.add("POST", "/api-commands/products", Audience::kPublic,
                       [](const http::Request&, const Reply& reply) { reply(answer(R"({"id":3})")); });
    server_.router.add("POST", "/api-commands/orders", Audience::kPublic,
                       [this](const http::Request&, const Reply& reply) {
                         reply(answer(R"({"id":4})", ++orders_ <= orders_refused_ ? 400 : 200));
                       });
    server_.router.add("GET", "/api-queries/users", Audience::kPublic,
                       [](const http::Request&, const Reply& reply) { reply(answer("[]")); });
    server_.router.add("GET", "/api-queries/users/{id}", Audience::kPublic,
                       [this](const http::Request& request, const Reply& reply) {
                         asked_for_.insert(std::string(request.header("Sportapp-Position")));
                         reply(answer(users_.at(std::stoul(request.captures.at(0)) - 1)));
                       });
    server_.start();
    options_.port = server_.port;
  }
  static http::Response answer(std::string body, int status = 200) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }
  void add_user(const http::Request& request, const Reply& reply) {
    keys_.insert(std::string(request.header("Idempotency-Key")));
    users_.push_back(R"({"id":)" + std::to_string(users_.size() + 1) + "," + request.body.substr(1));
    auto made = answer(users_.back());
    made.headers = {{"Sportapp-Position", "users=" + std::to_string(users_.size())}};
    reply(std::move(made));
  }
  std::unique_ptr<Load> begin() {
    auto load = Load::prepare(options_, log_, 20'000);
    EXPECT_TRUE(load) << load.error().what;
    (*load)->begin();
    return *std::move(load);
  }
  // Whoever was never answered is let go before the test's own variables are.
  void end_server(std::vector<Reply>& unanswered) {
    server_.on_loop([&] {
      unanswered.clear();
      return true;
    });
    server_.stop(0);
  }
  static void wait_for(const std::function<bool()>& what) {
    for (int tries = 0; tries < 2000 && !what(); ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(what());
  }
  // What it logged in all, in the order of being due.
  std::vector<Request> ended(Load& load, int within_ms = 20'000) {
    load.stop();
    const auto whole = load.wait(within_ms);
    EXPECT_TRUE(whole) << whole.error().what;
    auto reader = RequestLogReader::open(log_);
    EXPECT_TRUE(reader);
    std::vector<Request> requests;
    for (auto request = (*reader)->next(); *request; request = (*reader)->next())
      requests.push_back(**request);
    std::sort(requests.begin(), requests.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    for (std::size_t i = 0; i < requests.size(); ++i)
      EXPECT_EQ(requests[i].number, static_cast<std::int64_t>(i) + 1);
    const auto counts = load.counts();
    const auto before =
        std::count_if(requests.begin(), requests.end(), [](const auto& one) { return one.due_us < 0; });
    EXPECT_EQ(counts.due, static_cast<std::int64_t>(requests.size()) - before);
    EXPECT_EQ(counts.ended, counts.due);
    return requests;
  }
  static std::map<std::string, int> outcomes(const std::vector<Request>& requests) {
    std::map<std::string, int> counts;
    for (const auto& request : requests) ++counts[request.outcome];
    return counts;
  }

  const sportapp::testing::TempFolder folder_;
  const std::filesystem::path log_ = folder_.path() / "requests.tsv";
  std::function<void(const http::Request&, const Reply&)> on_user_ =
      [this](const http::Request& request, const Reply& reply) { add_user(request, reply); };
  std::vector<std::string> users_;  // these five on the server's thread
  std::set<std::string> keys_;
  std::set<std::string> asked_for_;
  int orders_ = 0;
  std::atomic<int> orders_refused_{0};
  LoadOptions options_{.prefix = "t", .clients = 20, .think_ms = 5};
  http::RunningServer server_;
};

TEST_F(LoadTest, ClosedLoopEveryRequestIsSentOnceAndLogged) {
  options_.mix = {.registers = 2, .reads = 2, .list_reads = 1};
  const auto load = begin();
  wait_for([&] { return load->counts().ended > 500; });
  const auto requests = ended(*load);
  server_.stop(1000);
  EXPECT_EQ(outcomes(requests), (std::map<std::string, int>{{"200", static_cast<int>(requests.size())}}));
  EXPECT_EQ(server_.served().size(), requests.size()) << "nothing is sent twice";
  std::size_t commands = 0, reads = 0;
  std::set<int> clients;
  for (const auto& request : requests) {
    clients.insert(request.client);
    EXPECT_LE(request.due_us, request.sent_us);
    EXPECT_LE(request.sent_us, request.answered_us);
    if (request.op == Op::kRegister) {
      ++commands;
      EXPECT_TRUE(keys_.contains(request.key));
      EXPECT_NE(request.answer.find(request.subject), std::string::npos);
      EXPECT_EQ(request.position.rfind("users=", 0), 0U);
    } else if (!request.expected.empty()) {
      ++reads;
      EXPECT_EQ(request.answer, request.expected);
      EXPECT_TRUE(asked_for_.contains(request.position_asked));
    }
  }
  EXPECT_EQ(commands, users_.size());
  EXPECT_GT(reads, 50U);
  EXPECT_EQ(clients.size(), 20U);
}

TEST_F(LoadTest, ClosedLoopAClientWaitsForItsAnswer) {
  std::atomic<int> under_way{0}, most{0};
  on_user_ = [&](const http::Request& request, const Reply& reply) {
    most = std::max(most.load(), ++under_way);
    server_.server->after(20, [&, body = request.body, reply] {
      --under_way;
      reply(answer(R"({"id":1})"));
    });
  };
  options_.clients = 3;
  options_.think_ms = 0;
  const auto load = begin();
  wait_for([&] { return load->counts().ended > 20; });
  ended(*load);
  EXPECT_LE(most, 3);
}

TEST_F(LoadTest, AnAnswerThatClosesItsConnectionHarmsNobody) {
  options_.mix = {.registers = 1};
  on_user_ = [this](const http::Request& request, const Reply& reply) {
    keys_.insert(std::string(request.header("Idempotency-Key")));
    auto made = answer(R"({"id":1})");
    made.headers = {{"Connection", "close"}};
    reply(std::move(made));
  };
  const auto load = begin();
  wait_for([&] { return load->counts().ended > 200; });
  EXPECT_EQ(outcomes(ended(*load)).count("200"), 1U);
  EXPECT_EQ(load->counts().acknowledged, load->counts().ended);
}

TEST_F(LoadTest, OpenLoopRequestsAreDueAtTheirRateWhateverTheServerDoes) {
  options_.rate_per_s = 500;
  const auto load = begin();
  wait_for([&] { return load->now_us() > 2'000'000; });
  const auto requests = ended(*load);
  const auto first_second = std::count_if(requests.begin(), requests.end(),
                                          [](const auto& request) { return request.due_us < 1'000'000; });
  EXPECT_NEAR(static_cast<double>(first_second), 500, 100);
  EXPECT_TRUE(std::is_sorted(requests.begin(), requests.end(),
                             [](const auto& a, const auto& b) { return a.due_us < b.due_us; }));
}

TEST_F(LoadTest, OpenLoopAStallIsNotHiddenAndWhatCannotBeSentIsLogged) {
  std::atomic<bool> stalled{true};
  std::vector<Reply> waiting;
  on_user_ = [&](const http::Request&, const Reply& reply) {
    if (!stalled) return reply(answer(R"({"id":1})"));
    waiting.push_back(reply);
  };
  options_.rate_per_s = 200;
  options_.connections_max = 2;
  options_.waiting_max = 10;
  options_.timeout_ms = 60'000;
  const auto load = begin();
  wait_for([&] { return load->counts().due > 100; });
  const auto healed_us = load->now_us();
  server_.on_loop([&] {
    stalled = false;
    for (const auto& reply : waiting) reply(answer(R"({"id":1})"));
    waiting.clear();
    return true;
  });
  wait_for([&] { return load->counts().acknowledged > 50; });
  const auto requests = ended(*load);
  auto counts = outcomes(requests);
  EXPECT_GE(counts["unsent"], 100 - 12 - 2);
  int stalled_count = 0;
  for (const auto& request : requests) {
    const bool waited =
        request.outcome == "200" && request.due_us < healed_us && request.answered_us > healed_us;
    stalled_count += waited ? 1 : 0;
    if (request.number == 12) {
      EXPECT_EQ(request.outcome, "200");
      EXPECT_GT(request.answered_us - request.due_us, healed_us - request.due_us)
          << "counted from when it was due";
      EXPECT_GE(request.sent_us, healed_us);
    }
  }
  EXPECT_GE(stalled_count, 12);
}

TEST_F(LoadTest, PoisonGoesOutAtOnceOnAConnectionOfItsOwn) {
  options_.clients = 1;
  options_.think_ms = 3'600'000;
  const auto load = begin();
  load->poison("crash");
  load->poison("hang");
  wait_for([&] { return load->counts().ended == 2; });
  const auto requests = ended(*load);
  ASSERT_EQ(requests.size(), 2U);
  for (const auto& request : requests) EXPECT_EQ(request.op, Op::kPoison);
  EXPECT_EQ(requests[0].subject, "poison:crash-t-p0-1");
  EXPECT_EQ(requests[1].subject, "poison:hang-t-p0-2");
}

TEST_F(LoadTest, WhatOrdersNeedIsMadeBeforeTheLoadBegins) {
  options_.mix = {.registers = 0, .orders = 1};
  orders_refused_ = 2;
  const auto load = begin();
  wait_for([&] { return load->counts().ended > 50; });
  const auto requests = ended(*load);
  int before = 0;
  for (const auto& request : requests) {
    before += request.due_us < 0 ? 1 : 0;
    if (request.due_us >= 0) {
      EXPECT_EQ(request.subject.substr(0, 4), "1/3/");
      EXPECT_EQ(request.outcome, "200");
    }
  }
  EXPECT_EQ(before, 1 + 10 + 10 + 2) << "a user, products, an order of each, and two that came too early";
}

TEST_F(LoadTest, ALoadThatCannotBeMadeSaysWhy) {
  options_.mix = {.orders = 1};
  orders_refused_ = 1'000'000;
  const auto load = Load::prepare(options_, log_, 200);
  ASSERT_FALSE(load);
  EXPECT_NE(load.error().what.find("/api-commands/orders was 400"), std::string::npos) << load.error().what;
  options_.clients = 0;
  EXPECT_FALSE(Load::prepare(options_, log_, 200));
}

TEST_F(LoadTest, WhatIsNotAnsweredInTimeIsGivenUp) {
  std::vector<Reply> never;
  on_user_ = [&](const http::Request&, const Reply& reply) { never.push_back(reply); };
  options_.timeout_ms = 100;
  const auto load = begin();
  wait_for([&] { return load->counts().ended > 20; });
  const auto requests = ended(*load);
  EXPECT_EQ(outcomes(requests), (std::map<std::string, int>{{"timeout", static_cast<int>(requests.size())}}));
  for (const auto& request : requests) EXPECT_GE(request.answered_us - request.due_us, 100'000);
  end_server(never);
}

TEST_F(LoadTest, TheEndOfALoadHasADeadline) {
  std::vector<Reply> never;
  on_user_ = [&](const http::Request&, const Reply& reply) { never.push_back(reply); };
  options_.timeout_ms = 3'600'000;
  options_.rate_per_s = 1000;
  options_.connections_max = 5;
  const auto load = begin();
  wait_for([&] { return load->counts().due > 20; });
  const auto requests = ended(*load, 100);
  auto counts = outcomes(requests);
  EXPECT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts["timeout"], 5);
  EXPECT_GT(counts["unsent"], 10);
  end_server(never);
}

// A server that answers each connection's first bytes with some of its own, and closes.
class RudeServer {
 public:
  explicit RudeServer(std::string bytes) : bytes_(std::move(bytes)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 100), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~RudeServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  std::uint16_t port = 0;

 private:
  void serve() {
    for (;;) {
      const int client = ::accept(socket_, nullptr, nullptr);
      if (client < 0) return;
      char read[4096];
      if (::recv(client, read, sizeof read, 0) > 0)
        ::send(client, bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
      ::close(client);
    }
  }
  const std::string bytes_;
  int socket_ = -1;
  std::thread thread_;
};

// Where nobody listens any more.
std::uint16_t dead_port() {
  return RudeServer("").port;
}

TEST_F(LoadTest, EachWayToFailHasItsName) {
  const auto outcome_at = [this](std::uint16_t port) {
    options_.port = port;
    const auto load = begin();
    wait_for([&] { return load->counts().ended > 50; });
    auto counts = outcomes(ended(*load));
    EXPECT_EQ(counts.size(), 1U);
    return counts.begin()->first;
  };
  EXPECT_EQ(outcome_at(dead_port()), "refused");
  const RudeServer silent(""), half("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
      garbage("SSH-2.0-x\r\n\r\n");
  // Nobody could tell whether it is whole.
  const RudeServer unmeasured("HTTP/1.1 200 OK\r\n\r\n{\"id\":1}");
  EXPECT_EQ(outcome_at(silent.port), "cut");
  EXPECT_EQ(outcome_at(half.port), "cut");
  EXPECT_EQ(outcome_at(garbage.port), "broken");
  EXPECT_EQ(outcome_at(unmeasured.port), "cut");
}

TEST_F(LoadTest, NobodyKnocksAtADeadServerAsFastAsItRefuses) {
  options_.port = dead_port();
  options_.clients = 1;
  options_.think_ms = 0;
  const auto load = begin();
  wait_for([&] { return load->now_us() > 500'000; });
  EXPECT_LE(ended(*load).size(), 60U);
}

}  // namespace
}  // namespace sportapp::lab
