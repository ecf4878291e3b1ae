#include "net/http/client.hpp"

#include "net/http/server_fixture.hpp"

namespace sportapp::http {

TEST(Client, AsksAgainOnTheConnectionItHas) {
  RunningServer running;
  running.start();
  Client client("127.0.0.1", running.port, 20'000);
  for (int i = 0; i < 3; ++i) {
    const auto response = client.get("/hello").value();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.header("content-type"), "text/plain");
    EXPECT_EQ(client.post("/echo", "some {json}").value().body, "some {json}");
  }
  EXPECT_EQ(running.on_loop([&] { return running.server->connections(); }), 1);
}

TEST(Client, SendsTheHeadersItIsGiven) {
  RunningServer running;
  running.router.add("POST", "/headers", Audience::kPublic, [](const Request& request, const Reply& reply) {
    reply(text(std::string(request.header("content-type")) + "|" +
               std::string(request.header("idempotency-key"))));
  });
  running.start();
  Client client("127.0.0.1", running.port, 20'000);
  EXPECT_EQ(client.post("/headers", "", {"Idempotency-Key: k1"}).value().body, "application/json|k1");
  EXPECT_EQ(client.post("/headers", "x", {"CONTENT-TYPE: text/csv"}).value().body, "text/csv|");
  EXPECT_EQ(client.get("/headers").value().status, 405);
}

TEST(Client, LargeAnswerInPiecesComesWhole) {
  RunningServer running;
  running.router.add("GET", "/stream", Audience::kPublic, [](const Request&, const Reply& reply) {
    auto response = text("");
    response.next_chunk = [n = 0]() mutable -> std::optional<std::string> {
      if (++n > 100) return std::nullopt;
      return n % 10 == 0 ? std::string() : std::string(50'000, 'x');
    };
    reply(std::move(response));
  });
  running.start();
  Client client("127.0.0.1", running.port, 20'000);
  EXPECT_EQ(client.get("/stream").value().body.size(), 90U * 50'000);
}

TEST(Client, ConnectionThatTheServerClosedMeanwhileIsMadeAnew) {
  Limits limits;
  limits.idle_timeout_ms = 20;
  RunningServer running(limits);
  running.start();
  Client client("127.0.0.1", running.port, 20'000);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.post("/echo", "x").value().body, "x");
    while (running.on_loop([&] { return running.server->connections(); }) != 0) std::this_thread::yield();
  }
}

TEST(Client, NobodyThereIsAnErrorThatNamesTheAddress) {
  std::uint16_t port = 0;
  {
    RunningServer gone;
    gone.start();
    port = gone.port;
  }
  Client client("127.0.0.1", port, 5000);
  const auto result = client.post("/echo", "x");
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().retry, Retry::kLater);
  EXPECT_NE(result.error().what.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST(Client, AnswerThatDoesNotComeLeavesTheOutcomeUnknown) {
  std::vector<Reply> held;
  RunningServer running;
  running.router.add("POST", "/hangs", Audience::kPublic,
                     [&](const Request&, const Reply& reply) { held.push_back(reply); });
  running.router.add("GET", "/hangs", Audience::kPublic,
                     [&](const Request&, const Reply& reply) { held.push_back(reply); });
  running.start();
  Client client("127.0.0.1", running.port, 100);
  EXPECT_EQ(client.post("/hangs", "x").error().retry, Retry::kOutcomeUnknown);
  EXPECT_EQ(client.get("/hangs").error().retry, Retry::kLater);
  running.stop(0);
}

}  // namespace sportapp::http
