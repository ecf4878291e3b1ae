// A base model on its way to a read model, over HTTP but for the sockets.
#include "server/commands/base_routes.hpp"

#include <boost/json.hpp>

#include "net/http/key_testing.hpp"
#include "store/journal/testing.hpp"
#include "store/projection/base_model.hpp"
#include "store/projection/testing.hpp"
#include "store/retention/retention.hpp"
#include "tests/support/hand_loop.hpp"

namespace sportapp::commands {
namespace {

class BaseRoutesTest : public journal::JournalTest {
 protected:
  void SetUp() override {
    open();
    routes_ = std::make_unique<BaseRoutes>(file(), *journal_, clock_, loop_,
                                           [this]() -> const hold::PrimaryLocation& { return primary_; });
    routes_->add_to(router_);
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "journal.db"; }
  struct Sent final : http::Reply::Target {
    void send(http::Response response) override { answer = std::move(response); }
    http::Response answer;
  };
  http::Response get(const std::string& path, const std::string& query = "") {
    http::Request request;
    request.method = "GET";
    request.path = path;
    request.query = query;
    request.headers.push_back(http::testing::key_header());
    auto sent = std::make_shared<Sent>();
    router_.route(request, http::Reply(sent));
    return sent->answer;
  }
  // Of `count` entries all but the last `kept`, whoever reads them yet.
  void delete_some(int count, int kept) {
    for (auto i = journal_->status().head.value + 1; i <= count; ++i) {
      ASSERT_TRUE(added("k" + std::to_string(i), "n" + std::to_string(i)));
    }
    retention::Retention retention({file(), {.keep_entries = kept, .keep_keys_s = 0}, {}}, *journal_, views_,
                                   clock_);
    for (int i = 0; i < 2000 && journal_->status().base.seq.value < count - kept; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_EQ(journal_->status().base.seq, Seq{count - kept});
  }

  sportapp::testing::HandLoop loop_;
  projection::testing::Names views_;
  http::Router router_{http::testing::authorization()};
  hold::PrimaryLocation primary_ = hold::Here{};
  std::unique_ptr<BaseRoutes> routes_;
};

TEST_F(BaseRoutesTest, ThereIsNoneWhereNothingWasDeleted) {
  EXPECT_EQ(get("/internal/base").status, 404);
}

TEST_F(BaseRoutesTest, OnlyThePrimaryGivesIt) {
  delete_some(10, 3);
  primary_ = hold::Nowhere{};
  EXPECT_EQ(get("/internal/base").status, 503);
}

TEST_F(BaseRoutesTest, ItComesInPiecesAndIsWhole) {
  delete_some(60, 10);
  EXPECT_EQ(routes_->held_after(), std::nullopt);
  EXPECT_EQ(get("/internal/base").status, 202);
  ASSERT_TRUE(loop_.run_until([this] { return get("/internal/base").status == 200; }));
  EXPECT_EQ(routes_->held_after(), Seq{50}) << "what follows it is needed next";
  const auto offer = boost::json::parse(get("/internal/base").body);
  EXPECT_EQ(offer.at("position").to_number<std::int64_t>(), 50);
  const auto path = "/internal/base/" + std::to_string(offer.at("copy").to_number<std::int64_t>());
  std::string bytes;
  for (auto piece = get(path, "offset=0").body; !piece.empty();
       piece = get(path, "offset=" + std::to_string(bytes.size())).body) {
    bytes += piece;
  }
  EXPECT_EQ(bytes.size(), offer.at("bytes").to_number<std::size_t>());
  EXPECT_EQ(hex(Hasher().bytes(bytes).finish()), offer.at("hash").as_string());
  const auto copy = folder_.path() / "copy.db";
  std::ofstream(copy, std::ios::binary) << bytes;
  EXPECT_EQ((*projection::base_end_of(copy))->position, Seq{50});
  EXPECT_EQ(get("/internal/base/99", "offset=0").status, 404) << "of a copy that is there no more";
  EXPECT_EQ(get(path, "offset=99999999999").status, 400);
}

TEST_F(BaseRoutesTest, ACopyWhoseNextEntriesAreDeletedIsNotOffered) {
  delete_some(60, 10);
  ASSERT_TRUE(loop_.run_until([this] { return get("/internal/base").status == 200; }));
  delete_some(80, 10);
  EXPECT_EQ(get("/internal/base").status, 202) << "another is made";
  ASSERT_TRUE(loop_.run_until([this] { return get("/internal/base").status == 200; }));
  const auto offer = boost::json::parse(get("/internal/base").body);
  EXPECT_EQ(offer.at("position").to_number<std::int64_t>(), 70);
}

}  // namespace
}  // namespace sportapp::commands
