#include "net/http/key_testing.hpp"
#include "net/http/server_fixture.hpp"
#include "net/messaging/consumer.hpp"
#include "net/messaging/testing.hpp"
#include "tests/support/closed_port.hpp"

namespace sportapp::messaging {
namespace {

using namespace testing;
using sportapp::testing::ClosedPort;
using sportapp::testing::eventually;

// A commands process, as far as a feed needs one.
class FeedTest : public ::testing::Test {
 protected:
  FeedTest() {
    server_.router.authorize_by(http::testing::authorization());
    server_.router.add(
        "GET", "/internal/feed", http::Audience::kInternal,
        [this](const http::Request& request, const http::Reply& reply) { answer(request, reply); });
    server_.router.add(
        "GET", "/internal/feed/hash", http::Audience::kInternal,
        [this](const http::Request& request, const http::Reply& reply) { tell_hash(request, reply); });
    server_.start();
  }
  void tell_hash(const http::Request& request, const http::Reply& reply) {
    http::Response response;
    response.status = status_;
    const auto hash = journal_.source()->hash_at(Seq{std::stoll(request.parameter("at").value_or(""))});
    if (!*hash) response.status = 404;
    if (*hash) response.body = hex(**hash);
    reply(std::move(response));
  }
  void answer(const http::Request& request, const http::Reply& reply) {
    http::Response response;
    response.status = status_;
    response.content_type = "application/x-ndjson";
    if (!instead_.empty()) {
      response.body = instead_;
      return reply(std::move(response));
    }
    const Seq after{std::stoll(request.parameter("after").value_or(""))};
    const auto limit = static_cast<std::size_t>(std::stoull(request.parameter("limit").value_or("")));
    const auto events = journal_.source()->read(after, limit);
    for (const auto& event : *events) response.body += sealed(event) + "\n";
    reply(std::move(response));
  }
  std::unique_ptr<EventSource> feed() const {
    return make_http_feed({{"127.0.0.1", server_.port}}, seal(), http::testing::credential());
  }

  MemoryJournal journal_;
  std::atomic<int> status_ = 200;
  std::string instead_;         // set before the first request
  http::RunningServer server_;  // last: it uses the others
};

TEST_F(FeedTest, GivesWhatComesAfterUpToTheLimit) {
  journal_.append(100);
  const auto feed = this->feed();
  const auto events = feed->read(Seq{40}, 25);
  ASSERT_TRUE(events) << events.error().what;
  ASSERT_EQ(events->size(), 25U);
  for (std::size_t i = 0; i < 25; ++i) {
    EXPECT_EQ(sealed((*events)[i]), sealed(event_number(41 + static_cast<std::int64_t>(i))));
  }
  const auto last = feed->read(Seq{99}, 25);
  ASSERT_TRUE(last && last->size() == 1);
  const auto none = feed->read(Seq{100}, 25);
  ASSERT_TRUE(none && none->empty());
}

TEST_F(FeedTest, WithoutTheKeyThereIsNone) {
  journal_.append(1);
  const auto events = make_http_feed({{"127.0.0.1", server_.port}}, seal(), "")->read(Seq{0}, 10);
  ASSERT_FALSE(events);
  EXPECT_NE(events.error().what.find("403"), std::string::npos) << events.error().what;
}

TEST_F(FeedTest, AnotherStatusThan200IsAnErrorThatNamesIt) {
  journal_.append(1);
  status_ = 503;
  const auto events = feed()->read(Seq{0}, 10);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().retry, Retry::kLater);
  EXPECT_NE(events.error().what.find("503"), std::string::npos) << events.error().what;
}

TEST_F(FeedTest, WhatIsGoneForGoodIsToldFromWhatFails) {
  status_ = 410;
  instead_ = R"({"title":"Gone","detail":"entries up to 1000 were deleted by retention"})";
  const auto events = feed()->read(Seq{0}, 10);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().retry, Retry::kNever);
  EXPECT_NE(events.error().what.find("up to 1000"), std::string::npos) << events.error().what;
}

TEST_F(FeedTest, ACutOrDamagedLineIsAnErrorAndNoEvent) {
  const auto whole = sealed(event_number(1)) + "\n";
  const auto second = sealed(event_number(2));
  for (const auto& body :
       {whole + second.substr(0, second.size() / 2), whole + "\n", whole + "x\n" + second}) {
    instead_ = body;
    EXPECT_FALSE(feed()->read(Seq{0}, 10)) << body;
  }
}

TEST_F(FeedTest, NobodyThereIsAnError) {
  server_.stop(0);
  EXPECT_FALSE(feed()->read(Seq{0}, 10));
}

TEST_F(FeedTest, TheNextNodeIsAskedWhenOneDoesNotAnswerOrIsNotPrimary) {
  journal_.append(3);
  std::atomic<int> asked_spare = 0;
  http::RunningServer spare;
  spare.router.authorize_by(http::testing::authorization());
  spare.router.add("GET", "/internal/feed", http::Audience::kInternal,
                   [&](const http::Request&, const http::Reply& reply) {
                     ++asked_spare;
                     http::Response response;
                     response.status = 503;
                     reply(std::move(response));
                   });
  spare.start();
  const ClosedPort closed;
  const auto feed =
      make_http_feed({{"127.0.0.1", closed.number()}, {"127.0.0.1", spare.port}, {"127.0.0.1", server_.port}},
                     seal(), http::testing::credential());
  for (int times = 0; times < 3; ++times) {
    const auto events = feed->read(Seq{0}, 10);
    ASSERT_TRUE(events) << events.error().what;
    EXPECT_EQ(events->size(), 3U);
  }
  EXPECT_EQ(asked_spare, 1) << "who answered once is asked first";
  status_ = 503;
  const auto none = feed->read(Seq{0}, 10);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().what.find(std::to_string(spare.port)), std::string::npos) << none.error().what;
  status_ = 200;
  EXPECT_TRUE(feed->read(Seq{0}, 10));
}

TEST_F(FeedTest, AConsumerLivesOnTheFeedAloneAndWaitsWhileItFails) {
  const ClosedPort closed;
  RecordingSink sink;
  const Consumer consumer({{"127.0.0.1", closed.number()}, seal(), 1000}, feed(), sink);
  journal_.append(5000);
  EXPECT_TRUE(eventually([&] { return sink.holds_exactly(5000); }));
  EXPECT_EQ(consumer.status().reading, "feed");
  status_ = 500;
  EXPECT_TRUE(eventually([&] { return consumer.status().reading == "nothing"; }));
  journal_.append(5);
  status_ = 200;
  EXPECT_TRUE(eventually([&] { return sink.holds_exactly(5005); }));
}

}  // namespace
}  // namespace sportapp::messaging
