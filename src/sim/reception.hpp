// Takes requests as a commands process does, by the real Hold: decides them as primary, otherwise holds them
// and passes them on to the primary.
#pragma once
#include <functional>
#include <string>

#include "ha/hold/hold.hpp"
#include "sim/network.hpp"
#include "sim/open_requests.hpp"
#include "sim/sim_forwarder.hpp"
#include "sim/sim_journal.hpp"
#include "sim/sim_loop.hpp"

namespace sportapp::simulator {

class Reception {
 public:
  struct Owner {
    std::function<bool()> decides;
    std::function<std::string()> primary;
    std::function<void(Command)> submit;
    std::function<void(const Request&, Said, std::int64_t)> answered;  // before the answer goes out
  };
  // `hop`: what it takes from thread to thread.
  Reception(Host& host, Network& network, Timeline& timeline, Owner owner, Us hop = 10);

  void request(LinkId link, const Request& request);
  void reply(LinkId link, const Reply& reply);  // of the node to which it was passed on
  void dialled(const std::string& to, std::optional<LinkId> link);
  void broken(LinkId link);
  [[nodiscard]] bool is_to(LinkId link) const { return forwarder_.has(link); }
  void look();  // who is primary may have changed

 private:
  void execute(hold::HeldPtr held);
  void take(const hold::HeldPtr& held);
  void ended(const hold::HeldPtr& held, std::optional<Reply> reply);

  Host& host_;
  Network& network_;
  const Owner owner_;
  const LoopClock clock_;
  SimLoop loop_;
  SimForwarder forwarder_;
  hold::Hold hold_;
  std::uint64_t arrivals_ = 0;
  std::string primary_;  // as the loop was told; empty: nobody
  OpenRequests open_;    // the first to go: what is left then need not be answered
};

}  // namespace sportapp::simulator
