// Connections that are kept, each for one request at a time, and what became of each request. Loop thread
// only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lab/load/request_maker.hpp"
#include "lab/request/request.hpp"
#include "net/http/client_loop.hpp"
#include "net/http/outgoing_connection.hpp"

namespace sportapp::lab {

// A request on its way.
struct Exchange final : http::Outgoing {
  Exchange(std::string bytes_given, Request request_given, SimulatedUser* whose)
      : Outgoing(std::move(bytes_given)), request(std::move(request_given)), client(whose) {}
  Request request;
  SimulatedUser* client;  // null: nobody learns from it
  std::size_t slot = 0;
  Loop::TimerId timer = 0;
};
using ExchangePtr = std::shared_ptr<Exchange>;

class ConnectionSlots final : public http::OutgoingConnection::Owner {
 public:
  struct Options {
    http::Upstream upstream;
    std::size_t count = 0;
    std::int64_t timeout_us = 0;  // from when a request is due
    std::int64_t started_us = 0;  // of the load: times of requests count from it
  };
  // Told once for each request, when its outcome stands in it and its slot is free again; never within
  // send().
  using Ended = std::function<void(const ExchangePtr& exchange)>;
  ConnectionSlots(http::ClientLoop& loop, Options options, Ended ended);
  ~ConnectionSlots() override;
  ConnectionSlots(const ConnectionSlots&) = delete;
  ConnectionSlots& operator=(const ConnectionSlots&) = delete;

  // The slot must be free.
  void send(std::size_t slot, ExchangePtr exchange);
  [[nodiscard]] bool is_free(std::size_t slot) const { return slots_[slot].under_way == nullptr; }
  [[nodiscard]] std::int64_t now_us() const;
  // What is under way ends as timed out, now.
  void give_up();

 private:
  using Connection = std::shared_ptr<http::OutgoingConnection>;
  struct Slot {
    Connection connection;  // null: there is none, or none that could be used again
    std::int64_t used_us = 0;
    ExchangePtr under_way;
  };

  void answered(const Connection& connection, const http::OutgoingPtr& outgoing, http::Response response,
                bool reusable) override;
  void broken(const Connection& connection, const http::OutgoingPtr& outgoing, http::Breakage breakage,
              const std::string& why) override;
  void timed_out(const ExchangePtr& exchange);
  void drop(Slot& slot);
  void end(const ExchangePtr& exchange, std::string_view outcome);

  http::ClientLoop& loop_;
  const Options options_;
  const Ended ended_;
  std::vector<Slot> slots_;
  std::unordered_map<const http::OutgoingConnection*, std::size_t> slot_of_;
};

}  // namespace sportapp::lab
