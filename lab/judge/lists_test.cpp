// Another backend has no journals: its lists are the truth.
#include <gmock/gmock.h>

#include <algorithm>

#include "lab/judge/testing.hpp"
#include "net/http/server_fixture.hpp"

namespace sportapp::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class ListsTest : public JudgeFixture {
 protected:
  ListsTest() {
    for (int number = 1; number <= kUsers; ++number) rows_.push_back(body_of(number));
    for (auto& request : requests_) request.position = "";
    server_.router.add(
        "GET", "/base/api-queries/users", http::Audience::kPublic,
        [this](const http::Request& request, const http::Reply& reply) {
          ++asked_;
          std::size_t first = 0, count = rows_.size();
          if (pages_) {
            first = std::min(rows_.size(), std::stoul(request.parameter("after").value()));
            count = std::min(rows_.size() - first, std::stoul(request.parameter("limit").value()));
          }
          http::Response response;
          response.status = status_;
          response.body =
              fmt::format("[{}]", fmt::join(rows_.begin() + static_cast<std::ptrdiff_t>(first),
                                            rows_.begin() + static_cast<std::ptrdiff_t>(first + count), ","));
          reply(std::move(response));
        });
    server_.start();
    evidence_.backend = ForeignBackend{"127.0.0.1", server_.port, "/base"};
  }
  ~ListsTest() override { server_.stop(0); }

  std::vector<std::string> rows_;
  bool pages_ = true;
  int status_ = 200;
  int asked_ = 0;
  http::RunningServer server_;
};

TEST_F(ListsTest, WhereAllIsWellNothingIsFound) {
  rows_.push_back(R"({"id":301,"username":"somebody before the load"})");
  EXPECT_THAT(found(judged()), IsEmpty());
}

TEST_F(ListsTest, OneLostAndOneDoubled) {
  rows_[16] = R"({"id":17,"username":"u-18"})";
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("lost", 1), Pair("doubled", 1), Pair("different", 1)));
  EXPECT_THAT(judgement.findings.lost.examples, ElementsAre(HasSubstr("u-17")));
  EXPECT_THAT(judgement.findings.doubled.examples, ElementsAre(HasSubstr("'u-18'")));
}

TEST_F(ListsTest, AListIsJudgedBesideTheJournals) {
  rows_.erase(rows_.begin() + 16);
  evidence_.journals = {{"users", {{"a", a_}, {"b", b_}}}};
  const auto judgement = judged();
  EXPECT_THAT(found(judgement), ElementsAre(Pair("lost", 1)));
  EXPECT_THAT(judgement.findings.lost.examples, ElementsAre(HasSubstr("is not in the list of users")));
}

TEST_F(ListsTest, OneAnsweredWithAnotherId) {
  at(17).answer = body_of(16);
  EXPECT_THAT(found(judged()), ElementsAre(Pair("different", 1)));
}

TEST_F(ListsTest, ALongListIsReadToItsEndByPagesOrAtOnce) {
  for (int number = kUsers + 1; number <= 2500; ++number) {
    rows_.push_back(body_of(number));
    requests_.push_back(registration(number));
    requests_.back().position = "";
  }
  EXPECT_THAT(found(judged()), IsEmpty());
  EXPECT_EQ(asked_, 3);
  pages_ = false;
  EXPECT_THAT(found(judged()), IsEmpty());
  EXPECT_EQ(asked_, 5) << "the second answer starts again: there are no pages";
  rows_.erase(rows_.begin() + 1999);
  EXPECT_THAT(found(judged()), ElementsAre(Pair("lost", 1)));
}

TEST_F(ListsTest, AListThatCannotBeHadIsAnError) {
  (void)judged();
  status_ = 502;
  const auto judgement = judge(evidence_);
  ASSERT_FALSE(judgement);
  EXPECT_THAT(judgement.error().what, HasSubstr("/base/api-queries/users?limit=1000&after=0 answered 502"));
}

}  // namespace
}  // namespace sportapp::lab
