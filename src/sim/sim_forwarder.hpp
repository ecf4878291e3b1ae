// What gives requests on to another node, over the simulated network. As the real one it keeps connections,
// has one request at a time on each, and lets the rest wait.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "net/http/forwarder.hpp"
#include "sim/commands.hpp"
#include "sim/network.hpp"

namespace sportapp::simulator {

class SimForwarder final : public http::Forwarder {
 public:
  SimForwarder(Host& host, Network& network, Loop& loop) : host_(host), network_(network), loop_(loop) {}

  void go_to(const http::Upstream& upstream) override;  // its host is a node's name
  void abandon() override;
  void send(const http::Request& request, std::int64_t timeout_ms, Done done) override;

  void dialled(const std::string& to, std::optional<LinkId> link);
  void reply(LinkId link, const Reply& reply);
  void broken(LinkId link);
  [[nodiscard]] bool has(LinkId link) const { return connections_.contains(link); }

 private:
  using Number = std::uint64_t;  // of a request; never 0
  struct Sent {
    std::string bytes;
    Done done;
    Loop::TimerId timer = 0;
    LinkId link = 0;  // 0: it has none yet
  };
  [[nodiscard]] std::vector<Sent> drop_all();
  void pump();
  void put_on(LinkId link, Number number);
  void timed_out(Number number);
  void end(Number number, Result<http::Response> outcome);
  [[nodiscard]] Error no_answer(const std::string& why) const;

  Host& host_;
  Network& network_;
  Loop& loop_;
  std::string to_;                        // empty: no address is known
  std::map<Number, Sent> under_way_;      // waiting, dialling or on a connection
  std::deque<Number> queue_, dialling_;   // of the latter each waits for a connection of its own
  std::map<std::string, int> given_up_;   // dials of which nobody wants the connection any more
  std::map<LinkId, Number> connections_;  // with what is on each; 0: nothing
  Number last_ = 0;
};

}  // namespace sportapp::simulator
