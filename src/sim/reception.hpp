// Takes requests as a commands process does: decides them as primary, otherwise holds them and passes them on
// to the primary, once.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "sim/network.hpp"
#include "sim/sim_journal.hpp"

namespace sportapp::simulator {

class Reception {
 public:
  struct Owner {
    std::function<bool()> decides;
    std::function<std::string()> primary;
    std::function<void(Command)> submit;
    std::function<void(const Request&, Said, std::int64_t)> answered;  // before the answer goes out
  };
  Reception(Host& host, Network& network, Timeline& timeline, Owner owner)
      : host_(host), network_(network), timeline_(timeline), owner_(std::move(owner)) {}

  void request(LinkId link, const Request& request);
  void reply(LinkId link, const Reply& reply);  // of the node to which it was passed on
  void dialled(const std::string& to, std::optional<LinkId> link);
  void broken(LinkId link);
  [[nodiscard]] bool is_to(LinkId link) const { return link == link_; }
  void look();  // who is primary may have changed

 private:
  struct Held {
    LinkId link = 0;
    Request request;
    Us since = 0;
  };
  void decide(const Held& held);
  void pass_on();
  void refuse_old();
  void answer(const Held& held, Said said, std::int64_t id);

  Host& host_;
  Network& network_;
  Timeline& timeline_;
  const Owner owner_;
  std::deque<Held> held_;
  std::map<std::uint64_t, Held> passed_on_;
  std::uint64_t passed_ = 0;
  std::string link_to_;  // the primary to which it passes on
  LinkId link_ = 0;      // 0: none yet
  bool dialling_ = false;
};

}  // namespace sportapp::simulator
