#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/import/attempt.hpp"

namespace sportapp::importing {

// Many POSTs in flight to one address, each in its own slot, on connections that are kept (libcurl's multi
// interface). One thread; what is under way when the pool ends is cut off.
class RequestPool {
 public:
  struct Options {
    std::string url;
    std::size_t slots = 64;
    int timeout_ms = 60'000;  // from the start of a request to its whole answer
  };
  struct Finished {
    std::size_t slot;
    Answer answer;
  };

  [[nodiscard]] static Result<std::unique_ptr<RequestPool>> make(Options options);
  ~RequestPool();

  // `body` must stay where it is until the slot has finished.
  [[nodiscard]] Result<void> start(std::size_t slot, std::string_view body, const std::string& key);
  // What has finished by now, without waiting.
  [[nodiscard]] Result<std::vector<Finished>> collect();
  // Until something happens on a connection or on one of `fds`, or for timeout_ms.
  [[nodiscard]] Result<void> wait(const std::vector<int>& fds, std::int64_t timeout_ms);

 private:
  struct Impl;
  explicit RequestPool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::importing
