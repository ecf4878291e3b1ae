// A load while it runs: clients, their slots and the log. Loop thread only, but for counts() and fail().
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "lab/load/load.hpp"
#include "lab/load/options.hpp"
#include "lab/load/request_maker.hpp"
#include "lab/load/slots.hpp"
#include "lab/request/log.hpp"
#include "net/http/client_loop.hpp"

namespace sportapp::lab {

class LoadRunner {
 public:
  LoadRunner(http::ClientLoop& loop, const LoadOptions& options, RequestMaker maker, RequestLogWriter& log,
             std::int64_t started_us);
  virtual ~LoadRunner() = default;
  LoadRunner(const LoadRunner&) = delete;
  LoadRunner& operator=(const LoadRunner&) = delete;

  // Its requests are numbered from after `last_number`.
  void begin(std::int64_t last_number);
  void poison(const std::string& what);
  // Nothing more becomes due. What is under way, or waits, gets its outcome; then the loop ends.
  void stop();
  // What is left ends as timed out or unsent, and the loop ends.
  void give_up();

  [[nodiscard]] LoadCounts counts() const;  // any thread
  // The log's error; once the loop has ended.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 protected:
  virtual void start() = 0;
  // An outcome stands in it; not told of poison.
  virtual void ended(const ExchangePtr& exchange) = 0;
  virtual void give_up_waiting() {}

  [[nodiscard]] ExchangePtr make_due(const Planned& planned, std::int64_t due_us, SimulatedUser* client);
  void send(std::size_t slot, ExchangePtr exchange);
  void leave_unsent(const ExchangePtr& exchange);
  [[nodiscard]] std::int64_t now_us() const { return slots_.now_us(); }
  // `task` at a time of the load; not once it has stopped.
  void at(std::int64_t time_us, Loop::Task task);
  [[nodiscard]] bool stopped() const { return stopped_; }

  const LoadOptions options_;
  const RequestMaker maker_;
  std::vector<std::unique_ptr<SimulatedUser>> clients_;  // 1, 2, 3...

 private:
  void on_ended(const ExchangePtr& exchange);
  void note(const Request& request);
  void flush();
  void fail(const Error& error);
  void end_if_done();

  http::ClientLoop& loop_;
  RequestLogWriter& log_;
  const std::int64_t started_us_;
  const std::size_t slots_of_clients_;  // those after them are for poison
  ConnectionSlots slots_;
  SimulatedUser poisoner_;
  bool stopped_ = false;
  std::int64_t open_ = 0;  // due, and without an outcome
  std::int64_t last_number_ = 0;
  std::optional<Error> error_;
  std::atomic<std::int64_t> due_{0}, ended_count_{0}, acknowledged_{0};
};

[[nodiscard]] std::unique_ptr<LoadRunner> make_closed_loop(http::ClientLoop& loop, const LoadOptions& options,
                                                           RequestMaker maker, RequestLogWriter& log,
                                                           std::int64_t started_us);
[[nodiscard]] std::unique_ptr<LoadRunner> make_open_loop(http::ClientLoop& loop, const LoadOptions& options,
                                                         RequestMaker maker, RequestLogWriter& log,
                                                         std::int64_t started_us);

}  // namespace sportapp::lab
