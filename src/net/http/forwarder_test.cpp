#include "net/http/forwarder.hpp"

#include "net/http/server_fixture.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::http {
namespace {

// A server that forwards, and the one it forwards to.
class ForwarderTest : public ::testing::Test {
 protected:
  ForwarderTest() {
    upstream_.router.add(
        "POST", "/api/things", Audience::kPublic, [](const Request& request, const Reply& reply) {
          auto response = text(request.body + "|" + request.query);
          response.status = 201;
          for (const auto* name : {"Content-Type", "Idempotency-Key", "Prefer", "Sportapp-Position",
                                   "X-Request-Id", "Sportapp-Forwarded", "Cookie", "Sportapp-Via"}) {
            response.body += fmt_(name, request.header(name));
          }
          response.headers = {{"Location", "/api/things/1"},
                              {"Sportapp-Position", "things=1"},
                              {"Idempotency-Replayed", "true"},
                              {"Retry-After", "3"},
                              {"Preference-Applied", "wait=1"},
                              {"Sportapp-Not-Primary", "1"},
                              {"Set-Cookie", "a=b"}};
          reply(std::move(response));
        });
    upstream_.router.add("POST", "/silence", Audience::kPublic, [this](const Request&, const Reply& reply) {
      const std::lock_guard lock(mutex_);
      silent_.push_back(reply);
    });
    here_.start();
  }
  ~ForwarderTest() override {
    on_loop([this] { forwarder_.reset(); });
    here_.stop(0);
    upstream_.stop(0);
  }
  static std::string fmt_(std::string_view name, std::string_view value) {
    return "|" + std::string(name) + "=" + std::string(value);
  }
  void on_loop(const std::function<void()>& task) {
    here_.on_loop([&] {
      task();
      return true;
    });
  }
  void start(ForwarderOptions options = {.node = "b"}) {
    upstream_.start();
    make(std::move(options));
    on_loop([this] { forwarder_->go_to({"", "127.0.0.1", upstream_.port}); });
  }
  void make(ForwarderOptions options) {
    on_loop([&] { forwarder_ = make_forwarder(*here_.server, std::move(options)); });
  }
  static Request request(const std::string& path, std::string body) {
    Request given;
    given.method = "POST";
    given.path = path;
    given.body = std::move(body);
    return given;
  }
  std::future<Result<Response>> send(const Request& request, int timeout_ms = 20'000) {
    auto promise = std::make_shared<std::promise<Result<Response>>>();
    auto outcome = promise->get_future();
    here_.server->post([this, request, timeout_ms, promise] {
      forwarder_->send(request, timeout_ms,
                       [promise](Result<Response> given) { promise->set_value(std::move(given)); });
    });
    return outcome;
  }

  std::mutex mutex_;
  std::vector<Reply> silent_;
  RunningServer upstream_;
  RunningServer here_;
  std::unique_ptr<Forwarder> forwarder_;
};

TEST_F(ForwarderTest, PassesOnWhatConcernsTheCommandAndGivesBackWhatConcernsTheAnswer) {
  start();
  auto given = request("/api/things", "{\"a\":1}");
  given.query = "q=1";
  given.headers = {{"content-type", "application/json"}, {"Idempotency-Key", "k1"}, {"Prefer", "wait=1"},
                   {"Sportapp-Position", "users=1"},     {"X-Request-Id", "r1"},    {"Cookie", "secret"},
                   {"Sportapp-Via", "gateway"}};
  const auto response = send(passed_on(given)).get().value();
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body,
            "{\"a\":1}|q=1|Content-Type=application/json|Idempotency-Key=k1|Prefer=wait=1"
            "|Sportapp-Position=users=1|X-Request-Id=r1|Sportapp-Forwarded=b|Cookie=|Sportapp-Via=");
  EXPECT_EQ(response.content_type, "text/plain");
  const std::vector<std::pair<std::string, std::string>> expected{
      {"Location", "/api/things/1"},    {"Sportapp-Position", "things=1"}, {"Retry-After", "3"},
      {"Idempotency-Replayed", "true"}, {"Preference-Applied", "wait=1"},  {"Sportapp-Not-Primary", "1"}};
  EXPECT_EQ(response.headers, expected);
}

TEST_F(ForwarderTest, GoesOverFewConnectionsThatAreKept) {
  start({.node = "b", .connections_max = 4});
  std::vector<std::future<Result<Response>>> outcomes;
  for (int i = 0; i < 2000; ++i) outcomes.push_back(send(request("/echo", std::to_string(i))));
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].get().value().body, std::to_string(i));
  }
  EXPECT_LE(upstream_.on_loop([this] { return upstream_.server->connections(); }), 4);
}

TEST_F(ForwarderTest, GoesOverALocalSocketWithBodiesOfEverySize) {
  const sportapp::testing::TempFolder folder;
  const auto socket = folder.path() / "up.sock";
  upstream_.limits.body_bytes = 1'000'000;
  upstream_.start();
  upstream_.on_loop([&] { return upstream_.server->listen_local(socket).has_value(); });
  make({.node = "b"});
  on_loop([&] { forwarder_->go_to({socket, "", 0}); });
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{900'000}}) {
    EXPECT_EQ(send(request("/echo", std::string(size, 'x'))).get().value().body.size(), size);
  }
}

TEST_F(ForwarderTest, NobodyThereIsToldToAllAtOnce) {
  start({.node = "b", .connections_max = 2});
  upstream_.stop(0);
  upstream_.server.reset();
  std::vector<std::future<Result<Response>>> outcomes;
  for (int i = 0; i < 500; ++i) outcomes.push_back(send(request("/echo", "x")));
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get().has_error());
}

TEST_F(ForwarderTest, AnUpstreamThatBreaksIsNoAnswerAndOneThatIsBackAnswers) {
  start();
  auto lost = send(request("/silence", "x"));
  while (upstream_.on_loop([this] {
    const std::lock_guard lock(mutex_);
    return silent_.empty();
  })) {
    std::this_thread::yield();
  }
  const auto port = upstream_.port;
  upstream_.stop(0);
  EXPECT_TRUE(lost.get().has_error());
  upstream_.server.emplace(upstream_.limits, upstream_.router, nullptr);
  ASSERT_TRUE(upstream_.server->listen("127.0.0.1", port));
  upstream_.thread = std::thread([this] { upstream_.server->run(); });
  EXPECT_EQ(send(request("/echo", "x")).get().value().body, "x");
}

TEST_F(ForwarderTest, WhatGetsNoAnswerInItsTimeEndsAndHindersNothing) {
  start({.node = "b", .connections_max = 1});
  auto late = send(request("/silence", "x"), 50);
  auto waits = send(request("/echo", "in the queue"));
  EXPECT_TRUE(late.get().has_error());
  EXPECT_EQ(waits.get().value().body, "in the queue");
}

TEST_F(ForwarderTest, AnotherAddressEndsWhatIsAtTheOneBefore) {
  start({.node = "b", .connections_max = 2, .queue_max = 3});
  std::vector<std::future<Result<Response>>> outcomes;
  for (int i = 0; i < 6; ++i) outcomes.push_back(send(request("/silence", "x")));
  EXPECT_TRUE(outcomes.back().get().has_error()) << "two on their way, three in the queue";
  RunningServer other;
  other.start();
  on_loop([&] { forwarder_->go_to({"", "127.0.0.1", other.port}); });
  for (std::size_t i = 0; i < 5; ++i) {
    ASSERT_EQ(outcomes[i].wait_for(std::chrono::seconds(0)), std::future_status::ready);
    EXPECT_TRUE(outcomes[i].get().has_error());
  }
  EXPECT_EQ(send(request("/echo", "x")).get().value().body, "x");
}

TEST_F(ForwarderTest, AnAnswerThatIsNoneIsAnError) {
  const std::vector<std::string> answers{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "garbage\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\n\r\nuntil the end"};
  for (const auto& answer : answers) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    make({.node = "b"});
    on_loop([&] { forwarder_->go_to({"", "127.0.0.1", ntohs(address.sin_port)}); });
    auto outcome = send(request("/echo", "x"));
    const int peer = ::accept(listener, nullptr, nullptr);
    EXPECT_EQ(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
    ::shutdown(peer, SHUT_WR);
    EXPECT_TRUE(outcome.get().has_error()) << answer.substr(0, 40);
    ::close(peer);
    ::close(listener);
  }
}

}  // namespace
}  // namespace sportapp::http
