#include "ops/import/attempt.hpp"

#include <gtest/gtest.h>

#include "ops/import/progress.hpp"

namespace sportapp::importing {
namespace {

Answer with(int status, std::string body = {}) {
  return {.status = status, .failure = {}, .body = std::move(body)};
}

TEST(Attempt, WhatMayPassLaterIsTriedAgainAndWhatIsWrongIsNot) {
  for (const int status : {0, 408, 429, 502, 503, 504}) EXPECT_EQ(verdict(with(status)), Verdict::kTryAgain);
  for (const int status : {400, 409, 413, 415, 422, 500}) EXPECT_EQ(verdict(with(status)), Verdict::kRefused);
  for (const int status : {301, 401, 403, 404, 405}) EXPECT_EQ(verdict(with(status)), Verdict::kWrongServer);
  EXPECT_EQ(verdict(with(200)), Verdict::kRegistered);
  auto again = with(200);
  again.replayed = true;
  EXPECT_EQ(verdict(again), Verdict::kReplayed);
}

TEST(Attempt, TheReasonIsTheServicesOwn) {
  EXPECT_EQ(reason(with(409, R"({"title":"Already taken","detail":"the username 'ana' is taken"})")),
            "the username 'ana' is taken");
  EXPECT_EQ(reason(with(400, R"({"detail":"x","errors":[{"field":"/username","detail":"is required"},)"
                             R"({"field":"/email","detail":"must be an e-mail address"}]})")),
            "username is required; email must be an e-mail address");
  EXPECT_EQ(reason(with(400, R"({"error":"one sentence"})")), "one sentence");
  EXPECT_EQ(reason(with(500, "<html>")), "HTTP 500");
  EXPECT_EQ(reason(with(400, R"({"detail":"a\nb\u001b[31m"})")), R"(a\x0ab\x1b[31m)")
      << "a terminal stays as it is";
}

TEST(Attempt, BackoffGrowsToABoundAndDoesWhatTheServiceAsks) {
  std::minstd_rand random;
  EXPECT_LE(backoff_ms(1, 0, random), 75);
  EXPECT_GE(backoff_ms(4, 0, random), 400);
  for (const int attempts : {7, 20, 1'000'000}) {
    EXPECT_GE(backoff_ms(attempts, 0, random), 2000);
    EXPECT_LE(backoff_ms(attempts, 0, random), 3000);
  }
  EXPECT_GE(backoff_ms(1, 3, random), 3000);
  EXPECT_LE(backoff_ms(1, 1'000'000, random), 30'100);
}

TEST(Progress, SaysWhatIsKnown) {
  ProgressView view;
  view.counts.registered = 81'234;
  view.lines_per_s = 10'119.6;
  EXPECT_EQ(progress_line(view), "81,234 lines  10,120/s");
  view.bytes_read = 43;
  view.bytes_total = 100;
  view.left_s = 72;
  view.counts.refused = 3;
  view.counts.retries = 1700;
  EXPECT_EQ(progress_line(view),
            " 43% [########------------]  81,237 lines  10,120/s  1:12 left  3 refused  1,700 retried");
  view.left_s = 3725;
  view.trouble = "HTTP 503: starting";
  EXPECT_NE(progress_line(view).find("1:02:05 left"), std::string::npos);
  EXPECT_NE(progress_line(view).find("waiting: HTTP 503: starting"), std::string::npos);
}

TEST(Progress, SummaryCountsWhatIsNotKnownOnlyWhereThereIsSome) {
  Outcome outcome;
  outcome.counts = {.registered = 1000, .replayed = 20, .refused = 3};
  outcome.elapsed_ms = 500;
  EXPECT_EQ(summary(outcome), "1,000 registered, 20 already there, 3 refused; 0.5 s, 2,046 lines/s");
  outcome.counts.unsettled = 64;
  EXPECT_NE(summary(outcome).find("64 without a final answer"), std::string::npos);
}

}  // namespace
}  // namespace sportapp::importing
