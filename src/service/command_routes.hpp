// The routes of one service's commands, and the feed of its journal.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/loop.hpp"
#include "domain/domain.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "journal/journal.hpp"
#include "messaging/event_source.hpp"
#include "service/position_waiters.hpp"

namespace sportapp::service {

// Loop thread only; must outlive the server's last answer.
class CommandRoutes {
 public:
  // `events`: for the feed.
  CommandRoutes(const domain::Domain& domain, journal::Journal& journal, messaging::EventSource& events,
                const Clock& clock, Loop& loop);
  void add_to(http::Router& router);
  // The events of `source`, one of the domain's, are taken in up to `position`.
  void taken_in(std::string_view source, Seq position);

 private:
  struct Source {
    Source(Loop& loop, std::size_t waiters_max) : waiters(loop, waiters_max) {}
    Seq position;
    PositionWaiters waiters;
  };
  // A command between its request and its answer.
  struct Asked {
    http::Reply reply;
    journal::Submission submission;
    std::map<std::string, Seq, std::less<>> wishes{};  // positions of sources to be reached first
    std::int64_t wait_ms = 0;
    std::int64_t waits_until_ms = 0;
    std::string preference_applied{};
    int tries_left = 0;
  };
  using AskedPtr = std::shared_ptr<Asked>;

  void command(const http::Request& request, bool one, const http::Reply& reply);
  [[nodiscard]] bool read_wishes(const http::Request& request, Asked& asked) const;
  void await(AskedPtr asked);
  void submit(AskedPtr asked);
  void ended(const AskedPtr& asked, journal::Outcome outcome);
  [[nodiscard]] bool tries_again(const AskedPtr& asked, const journal::Outcome& outcome);
  [[nodiscard]] http::Response feed(const http::Request& request);

  const domain::Domain& domain_;
  journal::Journal& journal_;
  messaging::EventSource& events_;
  const Clock& clock_;
  Loop& loop_;
  const std::string service_;
  std::map<std::string, Source, std::less<>> sources_;
  std::size_t early_ = 0;  // commands that wait for another try
};

}  // namespace sportapp::service
