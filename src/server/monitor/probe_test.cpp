#include "server/monitor/probe.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/clock.hpp"
#include "net/http/server_fixture.hpp"
#include "server/monitor/probes.hpp"
#include "tests/support/eventually.hpp"

namespace sportapp::monitor {
namespace {

using sportapp::testing::eventually;

using ::testing::HasSubstr;

Target target_at(std::uint16_t port, Kind kind = Kind::kService) {
  Target target;
  target.name = "users-queries-1";
  target.service = "users";
  target.side = "queries";
  target.node = "1";
  target.port = port;
  target.kind = kind;
  return target;
}

// A socket that takes connections and says nothing.
class Silent {
 public:
  Silent() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
  ~Silent() { ::close(fd_); }
  std::uint16_t port = 0;

 private:
  int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

class ProbeOfServer : public ::testing::Test {
 protected:
  ProbeOfServer() {
    server_.router.add("GET", "/health/ready", http::Audience::kProbe,
                       [this](const http::Request&, const http::Reply& reply) {
                         ++asked_;
                         http::Response response;
                         response.status = status_;
                         response.body = "{}";
                         reply(std::move(response));
                       });
    server_.start();
  }
  std::atomic<int> asked_ = 0, status_ = 200;
  http::RunningServer server_;
};

}  // namespace

TEST(ProbeAnswers, AreTakenWholeOnly) {
  const std::string whole = "HTTP/1.1 200 OK\r\ncontent-Length: 3\r\n\r\nabc";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(take_answer(Kind::kService, whole.substr(0, size))) << size;
  }
  const auto answer = take_answer(Kind::kService, whole + "HTTP/1.1 503");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->bytes, whole.size());
  EXPECT_EQ(answer->trouble, "");
}

TEST(ProbeAnswers, SayWhatIsWrong) {
  const std::string unready = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\ndisk full";
  EXPECT_EQ(take_answer(Kind::kService, unready)->trouble, "answers 503 disk full");
  EXPECT_EQ(take_answer(Kind::kGateway, unready)->trouble, "") << "of a gateway any answer will do";
  EXPECT_EQ(take_answer(Kind::kRedis, "+OK\r\n+PONG\r\n")->trouble, "");
  EXPECT_EQ(take_answer(Kind::kRedis, "-WRONGPASS x\r\n-NOAUTH y\r\n")->trouble, "answers -WRONGPASS x");
  EXPECT_EQ(take_answer(Kind::kRedis, "+OK\r\n-LOADING x\r\n")->trouble, "answers -LOADING x");
  EXPECT_FALSE(take_answer(Kind::kRedis, "+OK\r\n+PON"));
  EXPECT_FALSE(take_answer(Kind::kRedis, "+OK\r\n"));
}

TEST_F(ProbeOfServer, AsksAgainAndAgainOverOneConnection) {
  Probe probe(target_at(server_.port), 1);
  EXPECT_EQ(probe.trouble(), "not asked yet");
  const SystemClock clock;
  ASSERT_TRUE(eventually([&] { return probe.step(clock.monotonic_ms()), asked_ >= 20; }));
  EXPECT_TRUE(eventually([&] { return probe.step(clock.monotonic_ms()), probe.trouble().empty(); }));
  status_ = 503;
  EXPECT_TRUE(eventually([&] { return probe.step(clock.monotonic_ms()), !probe.trouble().empty(); }));
  EXPECT_THAT(probe.trouble(), HasSubstr("answers 503"));
  status_ = 200;
  EXPECT_TRUE(eventually([&] { return probe.step(clock.monotonic_ms()), probe.trouble().empty(); }));
}

TEST_F(ProbeOfServer, AServerThatEndsIsTroubleAtOnce) {
  const SystemClock clock;
  Probe probe(target_at(server_.port), 1);
  ASSERT_TRUE(eventually([&] { return probe.step(clock.monotonic_ms()), probe.trouble().empty(); }));
  server_.stop(0);
  EXPECT_TRUE(eventually([&] { return probe.step(clock.monotonic_ms()), !probe.trouble().empty(); }));
  EXPECT_EQ(probe.owes_ms(clock.monotonic_ms()), 0) << "what is gone does not hang";
}

TEST(Probes, WhatHangsIsEnded) {
  const Silent silent;
  std::atomic<int> killed = 0;
  const Probes probes({target_at(silent.port)}, 50,
                      {.is_halted = [](const std::string&) { return true; },
                       .patience = [](const std::string&) { return 1; },
                       .kill =
                           [&](const std::string& name, const std::string&) {
                             EXPECT_EQ(name, "users-queries-1");
                             ++killed;
                           }});
  EXPECT_TRUE(eventually([&] { return killed > 0; }));
}

TEST(Probes, WhoeverIsNotThereIsNotKilled) {
  std::uint16_t port = 0;
  {
    const Silent closed_soon;
    port = closed_soon.port;
  }
  std::atomic<int> killed = 0;
  const Probes probes({target_at(port)}, 1,
                      {.is_halted = [](const std::string&) { return true; },
                       .patience = [](const std::string&) { return 1; },
                       .kill = [&](const std::string&, const std::string&) { ++killed; }});
  EXPECT_TRUE(eventually([&] {
    const auto now = probes.now();
    return !now.empty() && now[0].trouble.find("refused") != std::string::npos;
  }));
  EXPECT_EQ(killed, 0);
}

}  // namespace sportapp::monitor
