// The server as the process's loop: tasks, timers, signals, its beginning and its end.
#include <sys/un.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fstream>

#include "net/http/server_fixture.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::http {

TEST(ServerLoop, TasksOfManyThreadsAllRunOnTheLoopInOrderOfEach) {
  RunningServer running;
  running.start();
  constexpr int kThreads = 4;
  constexpr int kTasks = 5000;
  const auto loop = running.on_loop([] { return std::this_thread::get_id(); });
  std::array<int, kThreads> last{};
  bool in_order = true;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 1; i <= kTasks; ++i) {
        running.server->post([&, thread, i] {
          in_order = in_order && std::this_thread::get_id() == loop && last.at(thread) == i - 1;
          last.at(thread) = i;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(running.on_loop([&] { return in_order; }));
  for (const int count : last) EXPECT_EQ(count, kTasks);
}

TEST(ServerLoop, TaskThatThrowsLeavesTheLoopRunning) {
  RunningServer running;
  running.start();
  running.server->post([] { throw std::runtime_error("by the test"); });
  EXPECT_EQ(running.on_loop([] { return 7; }), 7);
}

TEST(ServerLoop, TimersRunInOrderAndNotWhenCancelled) {
  RunningServer running;
  running.start();
  std::string order;
  std::promise<void> done;
  running.server->post([&] {
    auto& server = *running.server;
    const auto cancelled = server.after(10, [&] { order += 'x'; });
    server.after(30, [&] {
      order += 'c';
      done.set_value();
    });
    server.after(20, [&] { order += 'b'; });
    server.after(0, [&, cancelled] {
      order += 'a';
      server.cancel(cancelled);
    });
  });
  done.get_future().get();
  EXPECT_EQ(order, "abc");
}

TEST(ServerLoop, ALocalSocketServesTooAndReplacesWhatAKilledProcessLeft) {
  const sportapp::testing::TempFolder folder;
  const auto path = folder.path() / "http.sock";
  std::ofstream(path) << "left behind";
  RunningServer running;
  running.start();
  EXPECT_TRUE(running.on_loop([&] { return running.server->listen_local(path).has_value(); }));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string request = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(::send(client, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string answer;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = ::recv(client, piece.data(), piece.size(), 0)) > 0;) {
    answer.append(piece.data(), static_cast<std::size_t>(got));
  }
  ::close(client);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(answer.ends_with("hello")) << answer;
}

TEST(ServerLoop, ALocalSocketWhosePathIsTooLongIsRefused) {
  RunningServer running;
  running.start();
  const auto refused =
      running.on_loop([&] { return running.server->listen_local("/tmp/" + std::string(200, 'x')); });
  ASSERT_TRUE(refused.has_error());
  EXPECT_NE(refused.error().what.find("too long"), std::string::npos);
}

TEST(ServerLoop, PortInUseIsNamed) {
  RunningServer running;
  running.start();
  Server second(Limits{}, running.router, {});
  const auto result = second.listen("127.0.0.1", running.port);
  ASSERT_TRUE(result.has_error());
  EXPECT_NE(result.error().what.find("127.0.0.1:" + std::to_string(running.port)), std::string::npos);
  EXPECT_NE(result.error().what.find("in use"), std::string::npos);
}

TEST(ServerLoop, AddressOfNobodyIsNamed) {
  const Router router;
  Server server(Limits{}, router, {});
  const auto result = server.listen("192.0.2.1", 0);
  ASSERT_TRUE(result.has_error());
  EXPECT_NE(result.error().what.find("192.0.2.1:0"), std::string::npos);
}

TEST(ServerLoop, StopAnswersWhatIsUnderWayAndClosesWhatIsIdle) {
  std::promise<Reply> held;
  RunningServer running;
  running.router.add("GET", "/later", Audience::kPublic,
                     [&](const Request&, const Reply& reply) { held.set_value(reply); });
  running.start();
  RawConnection idle(running.port);
  idle.send(kGetHello);
  EXPECT_EQ(idle.receive().status, 200);
  RawConnection busy(running.port);
  busy.send("GET /later HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto reply = held.get_future().get();
  running.on_loop([&] {
    running.server->stop(60'000);
    return 0;
  });
  EXPECT_TRUE(idle.is_closed());
  running.server->post([&] { reply(text("at last")); });
  const auto answer = busy.receive();
  EXPECT_EQ(answer.body, "at last");
  EXPECT_TRUE(answer.says("Connection: close"));
  EXPECT_TRUE(busy.is_closed());
  running.thread.join();
}

TEST(ServerLoop, StopEndsWithinItsBoundWhateverIsUnderWay) {
  std::promise<Reply> held;
  RunningServer running;
  running.router.add("GET", "/later", Audience::kPublic,
                     [&](const Request&, const Reply& reply) { held.set_value(reply); });
  running.start();
  RawConnection busy(running.port);
  busy.send("GET /later HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto reply = held.get_future().get();
  running.stop(50);
  EXPECT_TRUE(busy.is_closed());
}

TEST(ServerLoop, SignalIsToldOnTheLoop) {
  RunningServer running;
  running.server.emplace(running.limits, running.router, nullptr);
  running.server->on_signal([&] { running.server->stop(1000); });
  running.port = running.server->listen("127.0.0.1", 0).value();
  running.thread = std::thread([&] { running.server->run(); });
  RawConnection client(running.port);
  client.send(kGetHello);
  EXPECT_EQ(client.receive().status, 200);
  ::raise(SIGTERM);
  running.thread.join();
}

TEST(ServerLoop, SignalWithNobodyToldStopsTheServer) {
  RunningServer running;
  running.start();
  EXPECT_EQ(running.on_loop([] { return 1; }), 1);
  ::raise(SIGINT);
  running.thread.join();
}

TEST(ServerLoop, EveryAnswerIsCounted) {
  RunningServer running;
  running.start();
  RawConnection client(running.port);
  client.send(std::string(kGetHello) + "GET /nothing HTTP/1.1\r\nHost: t\r\n\r\nnonsense\r\n\r\n");
  client.receive_all();
  running.stop(0);
  EXPECT_EQ(running.served(), (std::vector<int>{200, 404, 400}));
}

}  // namespace sportapp::http
