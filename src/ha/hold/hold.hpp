// Commands that this node cannot execute now: given to the primary, or kept until there is one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/clock.hpp"
#include "base/loop.hpp"
#include "ha/hold/primary_location.hpp"
#include "net/http/forwarder.hpp"
#include "net/http/message.hpp"
#include "store/journal/submission.hpp"

namespace sportapp::hold {

// A command from its arrival to its answer; in one place at a time.
struct Held {
  http::Reply reply;
  http::Request request;        // as http::passed_on() gives it
  std::uint64_t arrival = 0;    // in this order
  std::int64_t arrived_ms = 0;  // monotonic
  std::int64_t until_ms = 0;    // then 503
  bool forwarded = false;       // another node gave it on, and keeps it: never given on again, nor held
  bool tried = false;           // it may have taken effect somewhere
  journal::RequestTag fingerprint{};
  bool tried_apart = false;  // a trial of it went well
};
using HeldPtr = std::shared_ptr<Held>;

struct HoldCounts {
  std::size_t held = 0;        // kept at present
  std::size_t forwarding = 0;  // at the primary at present
  std::int64_t forwarded = 0;  // answered by another node, so far
  std::int64_t timeouts = 0;   // answered 503 since no primary took them in time
  std::int64_t refused = 0;    // answered 503 since too many were held
};

// What got no answer from the primary, or was told that it is none, is tried again when its location
// changes and every 25 ms, under its one key: whatever came of the first try, it takes effect once. Every
// command taken is answered once, or executed. Loop thread only.
class Hold {
 public:
  struct Limits {
    std::size_t count_max = 10'000;
    std::size_t bytes_max = 64U * 1024 * 1024;
    bool holds = true;  // false: none is kept, what the primary does not take now is answered 503
  };
  // `execute`: in order of arrival, once the primary is here.
  Hold(Limits limits, const Clock& clock, Loop& loop, http::Forwarder& forwarder,
       std::function<void(HeldPtr)> execute);
  ~Hold();

  void primary_is(PrimaryLocation primary);
  [[nodiscard]] const PrimaryLocation& primary() const { return primary_; }
  // One that cannot be executed here now, new or back from the journal. Never executed before take() returns.
  void take(HeldPtr held);
  [[nodiscard]] HoldCounts counts() const;

 private:
  void keep(HeldPtr held);
  void give_up(const Held& held);
  void forward(HeldPtr held);
  void answered(const HeldPtr& held, Result<http::Response> outcome);
  void go_on();
  void tick();
  void arm();
  void let_go(const Held& held);

  const Limits limits_;
  const Clock& clock_;
  Loop& loop_;
  http::Forwarder& forwarder_;
  const std::function<void(HeldPtr)> execute_;
  PrimaryLocation primary_ = Here{};
  std::map<std::uint64_t, HeldPtr> held_;  // by arrival
  std::size_t bytes_ = 0;                  // of those held and those at the primary
  Loop::TimerId timer_ = 0;                // 0: none
  HoldCounts counts_;
};

}  // namespace sportapp::hold
