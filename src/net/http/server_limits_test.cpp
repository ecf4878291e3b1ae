#include <fcntl.h>
#include <sys/resource.h>

#include "net/http/server_fixture.hpp"

namespace sportapp::http {
namespace {

std::string post_of(std::size_t bytes) {
  return "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
         std::string(bytes, 'x');
}

}  // namespace

TEST(ServerLimits, LargestBodyPassesAndOneByteMoreDoesNot) {
  RunningServer running;
  running.start();
  RawConnection client(running.port);
  client.send(post_of(64 * 1024));
  EXPECT_EQ(client.receive().body.size(), 64U * 1024);
  client.send(post_of(64 * 1024 + 1));
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.is_closed());
}

TEST(ServerLimits, ClientInTheMiddleOfAHugeBodyStillReadsTheRefusal) {
  RunningServer running;
  running.start();
  RawConnection client(running.port);
  client.send(post_of(8 * 1024 * 1024));
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.is_closed());
}

TEST(ServerLimits, ChunksCountTogether) {
  RunningServer running;
  running.start();
  RawConnection client(running.port);
  client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 65; ++i) client.send("400\r\n" + std::string(1024, 'x') + "\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST(ServerLimits, HeadersCountTogetherWithTheTarget) {
  RunningServer running;
  running.start();
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "X-Header-" + std::to_string(i) + ": some value\r\n";
  RawConnection client(running.port);
  client.send("GET /hello HTTP/1.1\r\nHost: t\r\n" + hundred + "\r\n");
  EXPECT_EQ(client.receive().status, 200);

  std::string many;
  for (int i = 0; i < 6; ++i)
    many += "X-Header-" + std::to_string(i) + ": " + std::string(3000, 'v') + "\r\n";
  for (const auto& request : {"GET /hello HTTP/1.1\r\nHost: t\r\n" + many + "\r\n",
                              "GET /" + std::string(17'000, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n",
                              "GET /hello HTTP/1.1\r\nHost: t\r\nX: " + std::string(200'000, 'v')}) {
    RawConnection other(running.port);
    other.send(request);
    EXPECT_EQ(other.receive().status, 431);
    EXPECT_TRUE(other.is_closed());
  }
}

TEST(ServerLimits, EndlessChunkExtensionsAndTrailersAreCutOff) {
  RunningServer running;
  running.start();
  const std::string start = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& rest : {"1;" + std::string(200'000, 'e'), "0\r\nX: " + std::string(200'000, 't')}) {
    RawConnection client(running.port);
    client.send(start + rest);
    EXPECT_EQ(client.receive().status, 431);
  }
}

TEST(ServerLimits, SlowRequestTimesOut) {
  Limits limits;
  limits.request_timeout_ms = 50;
  RunningServer running(limits);
  running.start();
  for (const auto* part :
       {"GET /hello HT", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nab"}) {
    RawConnection client(running.port);
    client.send(part);
    EXPECT_EQ(client.receive().status, 408);
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(ServerLimits, IdleConnectionIsClosedInSilence) {
  Limits limits;
  limits.idle_timeout_ms = 50;
  RunningServer running(limits);
  running.start();
  RawConnection fresh(running.port);
  EXPECT_TRUE(fresh.is_closed());
  RawConnection used(running.port);
  used.send(kGetHello);
  EXPECT_EQ(used.receive().status, 200);
  EXPECT_TRUE(used.is_closed());
}

TEST(ServerLimits, ConnectionTooManyIsToldSo) {
  Limits limits;
  limits.connections = 2;
  RunningServer running(limits);
  running.start();
  RawConnection first(running.port);
  first.send(kGetHello);
  EXPECT_EQ(first.receive().status, 200);
  {
    RawConnection second(running.port);
    second.send(kGetHello);
    EXPECT_EQ(second.receive().status, 200);
    RawConnection third(running.port);
    third.send(kGetHello);
    const auto answer = third.receive();
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.says("Retry-After: 1"));
    EXPECT_TRUE(third.is_closed());
    RawConnection silent(running.port);
    EXPECT_TRUE(silent.is_closed()) << "no answer before a question";
  }
  for (;;) {  // the room that the second gave back
    RawConnection fourth(running.port);
    fourth.send(kGetHello);
    if (fourth.receive().status == 200) break;
  }
}

TEST(ServerLimits, ConnectionsWaitWhileThereAreNoFilesForThem) {
  RunningServer running;
  running.start();
  std::promise<void> released;
  running.server->post([&] { released.get_future().get(); });
  RawConnection client(running.port);  // taken by the system; the server does not get to it yet
  client.send(kGetHello);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  rlimit none_left = before;
  none_left.rlim_cur = static_cast<rlim_t>(next);
  ::close(next);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
  released.set_value();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(running.on_loop([&] { return running.server->connections(); }), 0);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(client.receive().body, "hello");
}

TEST(ServerLimits, ManyIdleConnectionsLeaveRoomForOthers) {
  RunningServer running;
  running.start();
  std::vector<std::unique_ptr<RawConnection>> idle;
  for (int i = 0; i < 400; ++i) idle.push_back(std::make_unique<RawConnection>(running.port));
  RawConnection client(running.port);
  client.send(kGetHello);
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(running.on_loop([&] { return running.server->connections(); }), 401);
}

}  // namespace sportapp::http
