// What the tests of the queries side share: a process without sockets, of views that are names.
#pragma once
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "net/http/key_testing.hpp"
#include "net/http/router.hpp"
#include "net/messaging/testing.hpp"
#include "server/queries/live_model.hpp"
#include "server/queries/query_routes.hpp"
#include "server/queries/rebuild.hpp"
#include "server/queries/view_set_aside.hpp"
#include "server/service/position_waiters.hpp"
#include "store/projection/testing.hpp"
#include "tests/support/hand_loop.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::queries::testing {

class QueriesTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kWaitersMax = 3;

  QueriesTest() {
    routes_.add_to(router_);
    rebuild_->add_to(router_);
    set_aside_->add_to(router_);
  }

  void open() {
    const auto opened = live_.open();
    ASSERT_TRUE(opened) << opened.error().what;
  }
  // Appends names and lets the read model follow.
  void given(const std::vector<std::string>& names) {
    for (const auto& name : names) journal_.append(name);
    head_ = {head_.value + static_cast<std::int64_t>(names.size())};
    ASSERT_TRUE(loop_.run_until([this] { return live_.position() == head_; }));
  }

  struct Sent final : http::Reply::Target {
    void send(http::Response response) override {
      if (!answer) answer = std::move(response);
    }
    std::optional<http::Response> answer;
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  std::shared_ptr<Sent> ask(std::string target, Headers headers = {}, std::string method = "GET") {
    http::Request request;
    request.method = std::move(method);
    const auto mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) request.query = target.substr(mark + 1);
    request.headers = std::move(headers);
    if (http::needs_credential(request.path)) request.headers.push_back(http::testing::key_header());
    auto sent = std::make_shared<Sent>();
    router_.route(request, http::Reply(sent));
    return sent;
  }
  // For a query that does not wait.
  http::Response get(const std::string& target, Headers headers = {}) {
    const auto sent = ask(target, std::move(headers));
    if (!sent->answer) throw std::logic_error("not answered at once: " + target);
    return *sent->answer;
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [given, value] : response.headers) {
      if (given == name) return value;
    }
    return "";
  }
  static std::string whole(http::Response response) {
    auto body = std::move(response.body);
    while (response.next_chunk) {
      const auto piece = response.next_chunk();
      if (!piece) break;
      body += *piece;
    }
    return body;
  }

  // What the feed has no more is in the file `base_`, if anything is.
  Result<bool> fetch_base(const std::filesystem::path& to) {
    if (base_.empty()) return false;
    std::filesystem::copy_file(base_, to);
    return true;
  }
  // The names up to `seq` are deleted in the journal, and are in a base model.
  void given_base(Seq seq) {
    base_ = folder_.path() / "base.db";
    {
      auto model =
          projection::ReadModel::open({.file = base_, .on_written = {}, .on_damaged = {}}, names_, clock_);
      const auto events = journal_.source()->read({}, static_cast<std::size_t>(seq.value));
      ASSERT_TRUE(model && events && (*model)->write(*events));
      ASSERT_TRUE(projection::ReadModel::seal(std::move(*model)));
    }
    journal_.deleted = seq.value;
  }

  sportapp::testing::TempFolder folder_;
  SystemClock clock_;
  projection::testing::Names names_;
  messaging::testing::MemoryJournal journal_;
  std::filesystem::path base_;
  Seq head_;
  sportapp::testing::HandLoop loop_;
  http::Router router_{http::testing::authorization()};
  service::PositionWaiters waiters_{loop_, kWaitersMax};
  LiveModel live_{{.file = folder_.path() / "read_model.db",
                   .consumer = {.redis = {"127.0.0.1", 1},
                                .seal = messaging::testing::seal("names")},  // nobody there: the feed is read
                   .make_feed = [this] { return journal_.source(); },
                   .on_written = {},
                   .on_position = [this](Seq position) { waiters_.reached(position); },
                   .on_damaged = [this] { rebuild_->start_for_damage(); },
                   .on_gone = [this] { rebuild_->start_for_gone(); },
                   .on_other_history = [this] { rebuild_->start_for_other_history(); }},
                  names_,
                  clock_,
                  loop_};
  std::unique_ptr<Rebuild> rebuild_ = std::make_unique<Rebuild>(
      Rebuild::Options{.make_feed = [this] { return journal_.source(); },
                       .on_end = {},
                       .feed_pause_ms = 1,
                       .fetch_base = [this](const auto& to, const auto&) { return fetch_base(to); }},
      live_, names_, clock_);
  std::unique_ptr<ViewSetAside> set_aside_ =
      std::make_unique<ViewSetAside>("names", live_, loop_, [this] { (void)rebuild_->start(); });
  QueryRoutes routes_{names_, live_, waiters_};
};

}  // namespace sportapp::queries::testing
