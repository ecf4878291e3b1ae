#include "ops/import/importer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "net/http/problem.hpp"
#include "net/http/server.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::importing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

// A commands service as far as an import can tell: remembers keys, refuses what is taken or empty.
class Service {
 public:
  // Gives an answer in place of the service's own; nothing lets it answer itself. Loop thread.
  using Trouble = std::function<std::optional<http::Response>(const http::Request&)>;

  explicit Service(Trouble trouble = nullptr)
      : trouble_(std::move(trouble)), server_({}, router_, [](const http::Served&) {}) {
    router_.add("POST", "/api-commands/users", http::Audience::kPublic,
                [this](const http::Request& request, const http::Reply& reply) { reply(answer(request)); });
    port_ = server_.listen("127.0.0.1", 0).value();
    thread_ = std::thread([this] { server_.run(); });
  }
  ~Service() { stop(); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void stop() {
    if (!thread_.joinable()) return;
    server_.post([this] { server_.stop(1000); });
    thread_.join();
  }
  [[nodiscard]] std::string url() const {
    return fmt::format("http://127.0.0.1:{}/api-commands/users", port_);
  }

  // Only after stop(), or on the loop thread.
  std::map<std::string, std::string> by_key;  // key -> body
  std::multiset<std::string> registered;      // bodies
  int requests = 0;

 private:
  http::Response answer(const http::Request& request) {
    ++requests;
    if (trouble_) {
      if (auto instead = trouble_(request)) return *std::move(instead);
    }
    return take(request);
  }

 public:
  http::Response take(const http::Request& request) {
    const auto key = std::string(request.header("Idempotency-Key"));
    if (const auto known = by_key.find(key); known != by_key.end()) {
      http::Response again;
      again.body = known->second;
      again.headers.emplace_back("Idempotency-Replayed", "true");
      return again;
    }
    if (request.body.find("username") == std::string::npos)
      return http::problem(400, "Bad request", "username is required");
    if (registered.contains(request.body)) return http::problem(409, "Already taken", "that name is taken");
    by_key[key] = request.body;
    registered.insert(request.body);
    http::Response made;
    made.body = request.body;
    return made;
  }

 private:
  Trouble trouble_;
  http::Router router_;
  http::Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

class Heard final : public Listener {
 public:
  void line_refused(std::int64_t line, std::string_view why) override {
    refused.push_back(fmt::format("{}: {}", line, why));
  }
  void progress(const Counts&, const LineSource&, const std::string& trouble) override {
    if (!trouble.empty()) last_trouble = trouble;
  }
  std::vector<std::string> refused;
  std::string last_trouble;
};

class ImporterTest : public ::testing::Test {
 protected:
  std::string file_of(std::string_view text) {
    const auto path = folder_.path() / "users.csv";
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  std::string file_of_names(int count) {
    std::string text = "username\n";
    for (int i = 1; i <= count; ++i) text += fmt::format("name{}\n", i);
    return file_of(text);
  }
  Outcome import(const std::string& file, Importer::Options options) {
    auto source = LineSource::open({.file = file});
    EXPECT_TRUE(source) << source.error().what;
    return Importer(std::move(options), **source, KeyMaker("users.csv", "users"), clock_, heard_).run();
  }

  sportapp::testing::TempFolder folder_;
  SystemClock clock_;
  Heard heard_;
};

TEST_F(ImporterTest, EveryLineIsRegisteredOnce) {
  Service service;
  const auto outcome = import(file_of_names(2000), {.url = service.url(), .connections = 16});
  service.stop();
  EXPECT_EQ(outcome.ending, Ending::kAll) << outcome.why;
  EXPECT_EQ(outcome.counts.registered, 2000);
  EXPECT_EQ(service.registered.size(), 2000U);
  EXPECT_EQ(service.registered.count(R"({"username":"name2000"})"), 1U);
  EXPECT_THAT(heard_.refused, ElementsAre());
}

TEST_F(ImporterTest, ASecondRunFindsAllOfItThere) {
  Service service;
  const auto file = file_of_names(50);
  static_cast<void>(import(file, {.url = service.url()}));
  const auto again = import(file, {.url = service.url()});
  service.stop();
  EXPECT_EQ(again.counts.registered, 0);
  EXPECT_EQ(again.counts.replayed, 50);
  EXPECT_EQ(service.registered.size(), 50U);
}

TEST_F(ImporterTest, RefusedLinesAreToldWithTheirNumberAndTheServicesReason) {
  Service service;
  const auto outcome = import(file_of("username,email\nana,\n,x@y.zz\nana,\nx\nluz,\n"),
                              {.url = service.url(), .connections = 1});
  EXPECT_EQ(outcome.ending, Ending::kAll);
  EXPECT_EQ(outcome.counts.registered, 2);
  EXPECT_EQ(outcome.counts.refused, 3);
  EXPECT_THAT(heard_.refused, UnorderedElementsAre("3: username is required", "4: that name is taken",
                                                   HasSubstr("5: has 1 field")));
}

TEST_F(ImporterTest, WhatTheServiceCannotTakeNowIsSentAgainUnderTheSameKey) {
  std::map<std::string, int> attempts;
  Service service([&](const http::Request& request) -> std::optional<http::Response> {
    const int attempt = ++attempts[std::string(request.header("Idempotency-Key"))];
    if (attempt == 1) return http::problem(502, "Bad gateway", "away");
    if (attempt == 2) return http::problem(429, "Too many", "slower");
    return std::nullopt;
  });
  const auto outcome = import(file_of_names(20), {.url = service.url(), .connections = 8});
  service.stop();
  EXPECT_EQ(outcome.ending, Ending::kAll) << outcome.why;
  EXPECT_EQ(outcome.counts.registered, 20);
  EXPECT_EQ(outcome.counts.retries, 40);
  EXPECT_EQ(attempts.size(), 20U) << "a key a line";
}

TEST_F(ImporterTest, AnAnswerThatWasLostDoesNotRegisterTwice) {
  Service* self = nullptr;
  std::set<std::string> lost;
  Service service([&](const http::Request& request) -> std::optional<http::Response> {
    if (!lost.insert(std::string(request.header("Idempotency-Key"))).second) return std::nullopt;
    static_cast<void>(self->take(request));
    return http::problem(504, "Gateway timeout", "no answer in time");
  });
  self = &service;
  const auto outcome = import(file_of_names(20), {.url = service.url(), .connections = 4});
  service.stop();
  EXPECT_EQ(outcome.counts.replayed, 20);
  EXPECT_EQ(outcome.counts.registered, 0);
  EXPECT_EQ(service.registered.size(), 20U);
}

TEST_F(ImporterTest, RetryAfterIsKept) {
  bool first = true;
  Service service([&](const http::Request&) -> std::optional<http::Response> {
    if (!std::exchange(first, false)) return std::nullopt;
    return http::unavailable("starting", 1);
  });
  const auto outcome = import(file_of_names(1), {.url = service.url()});
  EXPECT_EQ(outcome.counts.registered, 1);
  EXPECT_GE(outcome.elapsed_ms, 1000);
}

TEST_F(ImporterTest, GivesUpWhenNothingGoesIn) {
  std::string url;
  {
    Service gone;
    url = gone.url();
  }
  const auto outcome = import(file_of_names(200), {.url = url, .connections = 4, .give_up_after_ms = 300});
  EXPECT_EQ(outcome.ending, Ending::kGaveUp);
  EXPECT_EQ(outcome.counts.settled(), 0);
  EXPECT_EQ(outcome.counts.unsettled, 4) << "no more lines were taken than there are connections";
  EXPECT_THAT(outcome.why, HasSubstr(url));
}

TEST_F(ImporterTest, GivesUpWithTheServicesOwnWordsWhenItTakesNothing) {
  Service service([](const http::Request&) { return http::unavailable("the disk is full"); });
  const auto outcome =
      import(file_of_names(200), {.url = service.url(), .connections = 4, .give_up_after_ms = 300});
  EXPECT_EQ(outcome.ending, Ending::kGaveUp);
  EXPECT_EQ(outcome.counts.unsettled, 4);
  EXPECT_THAT(outcome.why, HasSubstr("HTTP 503: the disk is full"));
}

TEST_F(ImporterTest, AnAddressWithoutSuchAServiceIsToldAtOnce) {
  Service service;
  const auto outcome = import(file_of_names(200), {.url = service.url() + "-not", .connections = 4});
  EXPECT_EQ(outcome.ending, Ending::kFailed);
  EXPECT_THAT(outcome.why, HasSubstr("404"));
  EXPECT_THAT(heard_.refused, ElementsAre());
}

TEST_F(ImporterTest, AFileThatGoesBadEndsItWithFileAndLine) {
  Service service;
  const auto outcome = import(file_of("name,mail\nana,\n"), {.url = service.url()});
  EXPECT_EQ(outcome.ending, Ending::kAll) << "any header will do where no column is required";
  auto source = LineSource::open({.file = file_of("name,name\nana,\n")});
  ASSERT_TRUE(source);
  const auto bad =
      Importer({.url = service.url()}, **source, KeyMaker("users.csv", "users"), clock_, heard_).run();
  EXPECT_EQ(bad.ending, Ending::kFailed);
  EXPECT_THAT(bad.why, HasSubstr("users.csv: line 1"));
}

TEST_F(ImporterTest, AskedToStopItLetsFinishWhatIsInFlightAndALaterRunGoesOn) {
  const int stop = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  ASSERT_GE(stop, 0);
  int served = 0;
  Service service([&](const http::Request&) -> std::optional<http::Response> {
    if (++served == 100) {
      EXPECT_EQ(::eventfd_write(stop, 1), 0);
    }
    return std::nullopt;
  });
  const auto file = file_of_names(20'000);
  const auto cut = import(file, {.url = service.url(), .connections = 8, .stop_fd = stop});
  EXPECT_EQ(cut.ending, Ending::kStopped);
  EXPECT_EQ(cut.counts.unsettled, 0) << "what was in flight was answered";
  EXPECT_GE(cut.counts.registered, 100);
  EXPECT_LT(cut.counts.registered, 20'000);
  const auto rest = import(file, {.url = service.url(), .connections = 8});
  service.stop();
  ::close(stop);
  EXPECT_EQ(rest.ending, Ending::kAll);
  EXPECT_EQ(rest.counts.replayed, cut.counts.registered);
  EXPECT_EQ(service.registered.size(), 20'000U);
}

TEST_F(ImporterTest, ARateIsNotExceeded) {
  Service service;
  const auto outcome = import(file_of_names(100), {.url = service.url(), .lines_per_s_max = 200});
  EXPECT_EQ(outcome.counts.registered, 100);
  EXPECT_GE(outcome.elapsed_ms, 99 * 5 - 100) << "100 lines at 200 a second";
}

}  // namespace
}  // namespace sportapp::importing
