// What goes over the wire: framing, persistence and everything that is not a proper request.
#include "net/http/server_fixture.hpp"

namespace sportapp::http {
namespace {

class ServerProtocol : public ::testing::Test {
 protected:
  ServerProtocol() { running_.start(); }
  Answer ask(std::string_view request) {
    RawConnection client(running_.port);
    client.send(request);
    return client.receive();
  }
  // An answer of this status and then the end of the connection, while others are served as before.
  void expect_refused(std::string_view request, int status) {
    RawConnection client(running_.port);
    client.send(request);
    const auto answer = client.receive();
    EXPECT_EQ(answer.status, status) << request.substr(0, 80);
    EXPECT_TRUE(answer.says("Content-Type: application/problem+json")) << answer.head;
    EXPECT_TRUE(answer.says("Connection: close")) << answer.head;
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(ask(kGetHello).status, 200);
  }
  RunningServer running_;
};

}  // namespace

TEST_F(ServerProtocol, ConnectionIsKeptBetweenRequests) {
  RawConnection client(running_.port);
  for (int i = 0; i < 3; ++i) {
    client.send(kGetHello);
    const auto answer = client.receive();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_FALSE(answer.says("Connection:"));
  }
  EXPECT_EQ(running_.on_loop([&] { return running_.server->connections(); }), 1);
}

TEST_F(ServerProtocol, WhatNeedsACredentialIsRefusedBeforeItsBodyIsAskedFor) {
  for (const auto* headers : {"Content-Length: 100\r\n", "Content-Length: 100\r\nExpect: 100-continue\r\n",
                              "Transfer-Encoding: chunked\r\n"}) {
    expect_refused(std::string("POST /internal/orders HTTP/1.1\r\nHost: t\r\n") + headers + "\r\n", 403);
  }
}

TEST_F(ServerProtocol, ARefusalWithoutABodyKeepsTheConnection) {
  RawConnection client(running_.port);
  for (int i = 0; i < 2; ++i) {
    client.send("GET /internal/orders HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(client.receive().status, 403);
    client.send(kGetHello);
    EXPECT_EQ(client.receive().body, "hello");
  }
}

TEST_F(ServerProtocol, PipelinedRequestsAreAnsweredInOrder) {
  RawConnection client(running_.port);
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    const auto body = std::to_string(i);
    requests += "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body;
  }
  client.send(requests);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.receive().body, std::to_string(i));
}

TEST_F(ServerProtocol, RequestMayComeByteByByte) {
  RawConnection client(running_.port);
  for (const char byte : std::string("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc")) {
    client.send({&byte, 1});
  }
  EXPECT_EQ(client.receive().body, "abc");
}

TEST_F(ServerProtocol, ConnectionCloseIsObeyed) {
  RawConnection client(running_.port);
  client.send("GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  const auto answer = client.receive();
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.says("Connection: close"));
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerProtocol, Http10ClosesUnlessAskedToKeep) {
  RawConnection once(running_.port);
  once.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(once.receive().says("Connection: close"));
  EXPECT_TRUE(once.is_closed());

  RawConnection kept(running_.port);
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto answer = kept.receive();
    EXPECT_EQ(answer.body, "hello");
    EXPECT_TRUE(answer.says("Connection: keep-alive"));
  }
}

TEST_F(ServerProtocol, HeadHasTheLengthButNotTheBody) {
  RawConnection client(running_.port);
  client.send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto head = client.receive(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.says("Content-Length: 5"));
  client.send(kGetHello);
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(ServerProtocol, ChunkedBodyIsPutTogetherAndTrailersAreDropped) {
  RawConnection client(running_.port);
  client.send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nSportapp-Via: x\r\n\r\n");
  EXPECT_EQ(client.receive().body, "abcdefgh");
  client.send(kGetHello);
  EXPECT_EQ(client.receive().body, "hello");
}

TEST_F(ServerProtocol, ExpectContinueIsToldToGoOn) {
  RawConnection client(running_.port);
  client.send("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.receive(true).status, 100);
  client.send("ok");
  EXPECT_EQ(client.receive().body, "ok");
}

TEST_F(ServerProtocol, ExpectContinueWithABodyTooLargeIsRefusedAtOnce) {
  expect_refused("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 65537\r\n\r\n",
                 413);
}

TEST_F(ServerProtocol, PathsAreMatchedAsTheyCame) {
  for (const auto* path :
       {"/x/../hello", "/%68ello", "/hello%00", "/hello/", "//hello", "/hello;a", "/hell\xC3\xB3"}) {
    EXPECT_EQ(ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: t\r\n\r\n").status, 404) << path;
  }
  EXPECT_EQ(ask("GET /hello?a=%zz HTTP/1.1\r\nHost: t\r\n\r\n").status, 400);
}

TEST_F(ServerProtocol, HalfClosedClientStillGetsItsAnswer) {
  RawConnection client(running_.port);
  client.send(kGetHello);
  client.finish_sending();
  EXPECT_EQ(client.receive().body, "hello");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(ServerProtocol, AbsoluteTargetsAndStrayLineBreaksAreTaken) {
  EXPECT_EQ(ask("GET http://some.where/hello?x=1 HTTP/1.1\r\nHost: t\r\n\r\n").body, "hello");
  EXPECT_EQ(ask("\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n").body, "hello");
}

TEST_F(ServerProtocol, WhatIsNotHttpIsABadRequest) {
  for (const auto* request :
       {"hello\r\n\r\n", "\x16\x03\x01\x02 tls\r\n\r\n", "GET\r\n\r\n",
        "GET /hello HTTP/2.0\r\nHost: t\r\n\r\n", "GET /hello\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost t\r\n\r\n", "GET /hello HTTP/1.1\r\nHo st: t\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: t\r\nX: a\x01\r\n\r\n", "GET hello HTTP/1.1\r\nHost: t\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: t\r\n\r\n", "GET /hel lo HTTP/1.1\r\nHost: t\r\n\r\n"}) {
    expect_refused(request, 400);
  }
  expect_refused(std::string("GET /hello HTTP/1.1\r\nHost: t\r\nX: a") + '\0' + "b\r\n\r\n", 400);
}

TEST_F(ServerProtocol, AmbiguousRequestsAreRefused) {
  const std::string start = "POST /echo HTTP/1.1\r\nHost: t\r\n";
  for (const auto* headers :
       {"Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: -1\r\n", "Content-Length: 1x\r\n",
        "Content-Length: 99999999999999999999\r\n", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, gzip\r\n", "Host: other\r\n"}) {
    expect_refused(start + headers + "\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n", 400);
  }
  expect_refused("GET /hello HTTP/1.1\r\n\r\n", 400);
  expect_refused("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  expect_refused(start + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400);
  expect_refused(start + "Expect: a-miracle\r\nContent-Length: 1\r\n\r\n", 417);
}

TEST_F(ServerProtocol, ClientThatGoesAwayInTheMiddleHarmsNobody) {
  for (const auto* part : {"", "GE", "GET /hello HTTP/1.1\r\nHo",
                           "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nab"}) {
    RawConnection client(running_.port);
    client.send(part);
  }
  EXPECT_EQ(ask(kGetHello).status, 200);
}

}  // namespace sportapp::http
