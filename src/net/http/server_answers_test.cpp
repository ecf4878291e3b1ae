// Answers that come later, never, in pieces, from other threads, or to nobody.
#include <atomic>
#include <chrono>
#include <condition_variable>

#include "net/http/server_fixture.hpp"

namespace sportapp::http {
namespace {

// Replies that handlers left behind, for a test to answer.
struct Waiting {
  Handler handler() {
    return [this](const Request&, const Reply& reply) {
      const std::lock_guard lock(mutex);
      replies.push_back(reply);
      came.notify_all();
    };
  }
  std::vector<Reply> take(std::size_t count) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(came.wait_for(lock, std::chrono::seconds(20), [&] { return replies.size() >= count; }));
    return std::exchange(replies, {});
  }
  std::mutex mutex;
  std::condition_variable came;
  std::vector<Reply> replies;
};

std::string get(std::string_view path, std::string_view version = "1.1") {
  return "GET " + std::string(path) + " HTTP/" + std::string(version) + "\r\nHost: t\r\n\r\n";
}

// Counts to `last`, one number a piece.
std::function<std::optional<std::string>()> counting(int last) {
  return [n = 0, last]() mutable -> std::optional<std::string> {
    if (n == last) return std::nullopt;
    return std::to_string(++n) + ";";
  };
}

void add_stream(RunningServer& running, std::function<std::function<std::optional<std::string>()>()> make) {
  running.router.add("GET", "/stream", Audience::kPublic,
                     [make = std::move(make)](const Request&, const Reply& reply) {
                       auto response = text("0;");
                       response.next_chunk = make();
                       reply(std::move(response));
                     });
}

}  // namespace

TEST(ServerAnswers, AnswerMayComeLaterFromAnotherThreadsPost) {
  Waiting waiting;
  RunningServer running;
  running.router.add("GET", "/later", Audience::kPublic, waiting.handler());
  running.start();
  std::vector<std::unique_ptr<RawConnection>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawConnection>(running.port));
    clients.back()->send(get("/later"));
  }
  for (auto& reply : waiting.take(50)) {
    running.server->post([reply = std::move(reply)] { reply(text("done")); });
  }
  for (auto& client : clients) EXPECT_EQ(client->receive().body, "done");
}

TEST(ServerAnswers, OnlyTheFirstAnswerCounts) {
  RunningServer running;
  running.router.add("GET", "/twice", Audience::kPublic, [](const Request&, const Reply& reply) {
    reply(text("first"));
    reply(text("second"));
  });
  running.start();
  RawConnection client(running.port);
  client.send(get("/twice") + get("/hello"));
  EXPECT_EQ(client.receive().body, "first");
  EXPECT_EQ(client.receive().body, "hello");
}

TEST(ServerAnswers, ReplyLetGoUnansweredIsA500) {
  Waiting waiting;
  RunningServer running;
  running.router.add("GET", "/later", Audience::kPublic, waiting.handler());
  running.router.add("GET", "/never", Audience::kPublic, [](const Request&, const Reply&) {});
  running.start();
  RawConnection client(running.port);
  client.send(get("/never"));
  EXPECT_EQ(client.receive().status, 500);
  client.send(get("/later"));
  waiting.take(1).clear();  // on this thread, which is not the loop's
  EXPECT_EQ(client.receive().status, 500);
  client.send(kGetHello);
  EXPECT_EQ(client.receive().status, 200);
}

TEST(ServerAnswers, HandlerThatThrowsIsA500) {
  RunningServer running;
  running.router.add("GET", "/throws", Audience::kPublic,
                     [](const Request&, const Reply&) { throw std::runtime_error("by the test"); });
  running.start();
  RawConnection client(running.port);
  client.send(get("/throws") + get("/hello"));
  EXPECT_EQ(client.receive().status, 500);
  EXPECT_EQ(client.receive().body, "hello");
}

TEST(ServerAnswers, HeaderThatWouldSplitTheAnswerIsA500) {
  RunningServer running;
  running.router.add("GET", "/split", Audience::kPublic, [](const Request&, const Reply& reply) {
    auto response = text("x");
    response.headers.emplace_back("X-A", "1\r\nX-B: 2");
    reply(std::move(response));
  });
  running.start();
  RawConnection client(running.port);
  client.send(get("/split"));
  const auto answer = client.receive();
  EXPECT_EQ(answer.status, 500);
  EXPECT_FALSE(answer.says("X-B"));
}

TEST(ServerAnswers, StatusWithoutABodyHasNone) {
  RunningServer running;
  running.router.add("GET", "/same", Audience::kPublic, [](const Request&, const Reply& reply) {
    auto response = text("not sent");
    response.status = 304;
    response.headers.emplace_back("ETag", "\"1\"");
    reply(std::move(response));
  });
  running.start();
  RawConnection client(running.port);
  client.send(get("/same") + get("/hello"));
  const auto answer = client.receive();
  EXPECT_EQ(answer.status, 304);
  EXPECT_TRUE(answer.says("ETag: \"1\""));
  EXPECT_EQ(client.receive().body, "hello");
}

TEST(ServerAnswers, HandlerThatDoesNotAnswerInTimeIsA503AndItsLateAnswerGoesNowhere) {
  Waiting waiting;
  Limits limits;
  limits.answer_timeout_ms = 50;
  RunningServer running(limits);
  running.router.add("GET", "/later", Audience::kPublic, waiting.handler());
  running.start();
  RawConnection client(running.port);
  client.send(get("/later"));
  const auto replies = waiting.take(1);
  EXPECT_EQ(client.receive().status, 503);
  running.on_loop([&] {
    replies[0](text("late"));
    return 0;
  });
  client.send(kGetHello);
  EXPECT_EQ(client.receive().body, "hello");
}

TEST(ServerAnswers, AnswerToAClientThatWentAwayIsDropped) {
  Waiting waiting;
  RunningServer running;
  running.router.add("GET", "/later", Audience::kPublic, waiting.handler());
  running.start();
  {
    RawConnection client(running.port);
    client.send(get("/later"));
    for (auto& reply : waiting.take(1)) {
      client.close();
      running.server->post([reply = std::move(reply)] { reply(text(std::string(8 << 20, 'x'))); });
    }
  }
  RawConnection other(running.port);
  other.send(kGetHello);
  EXPECT_EQ(other.receive().status, 200);
}

TEST(ServerAnswers, ReplyMayOutliveTheServer) {
  Waiting waiting;
  std::optional<RunningServer> running(std::in_place);
  running->router.add("GET", "/later", Audience::kPublic, waiting.handler());
  running->start();
  RawConnection client(running->port);
  client.send(get("/later"));
  auto replies = waiting.take(1);
  running->stop(0);
  running.reset();
  EXPECT_TRUE(client.is_closed());
  replies[0](text("to nobody"));
  replies.clear();
}

TEST(ServerAnswers, LongAnswerGoesInChunks) {
  RunningServer running;
  add_stream(running, [] { return counting(3); });
  running.start();
  RawConnection client(running.port);
  client.send(get("/stream") + get("/hello"));
  const auto answer = client.receive();
  EXPECT_TRUE(answer.says("Transfer-Encoding: chunked"));
  EXPECT_EQ(answer.body, "2\r\n0;\r\n2\r\n1;\r\n2\r\n2;\r\n2\r\n3;\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "hello");
}

TEST(ServerAnswers, LongAnswerToHttp10EndsWithTheConnection) {
  RunningServer running;
  add_stream(running, [] { return counting(3); });
  running.start();
  RawConnection client(running.port);
  client.send(get("/stream", "1.0"));
  EXPECT_FALSE(client.receive(true).says("Transfer-Encoding"));
  EXPECT_EQ(client.receive_all(), "0;1;2;3;");
}

TEST(ServerAnswers, LongAnswerThatFailsIsSeenToBeCut) {
  RunningServer running;
  add_stream(running, [] {
    return [n = 0]() mutable -> std::optional<std::string> {
      if (++n == 3) throw std::runtime_error("by the test");
      return "piece";
    };
  });
  running.start();
  RawConnection old(running.port);
  old.send(get("/stream", "1.0"));
  bool cut = false;
  old.receive_all(&cut);
  EXPECT_TRUE(cut);
  RawConnection client(running.port);
  client.send(get("/stream"));
  EXPECT_EQ(client.receive_all().find("0\r\n\r\n"), std::string::npos);
}

TEST(ServerAnswers, LongAnswerIsNotMadeFasterThanItIsTaken) {
  constexpr int kPieces = 2000;
  std::atomic<int> made = 0;
  RunningServer running;
  add_stream(running, [&] {
    return [&]() -> std::optional<std::string> {
      if (made == kPieces) return std::nullopt;
      ++made;
      return std::string(64 * 1024, 'x');
    };
  });
  running.start();
  RawConnection slow(running.port, 16 * 1024);
  slow.send(get("/stream"));
  EXPECT_EQ(slow.receive(true).status, 200);
  RawConnection other(running.port);
  for (int i = 0; i < 200; ++i) {  // others are served meanwhile
    other.send(kGetHello);
    EXPECT_EQ(other.receive().status, 200);
  }
  EXPECT_LT(made, kPieces);
}

TEST(ServerAnswers, ClientThatTakesNothingIsCutOff) {
  Limits limits;
  limits.answer_timeout_ms = 50;
  RunningServer running(limits);
  add_stream(running, [] { return [] { return std::optional(std::string(64 * 1024, 'x')); }; });
  running.start();
  RawConnection stuck(running.port, 16 * 1024);
  stuck.send(get("/stream"));
  EXPECT_EQ(stuck.receive(true).status, 200);
  while (running.on_loop([&] { return running.server->connections(); }) != 0) std::this_thread::yield();
}

}  // namespace sportapp::http
