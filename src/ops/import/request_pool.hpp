#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/import/attempt.hpp"

namespace sportapp::importing {

// Many POSTs in flight to one address, each in its own slot, on connections that are kept. One thread; what
// is under way when the pool ends is cut off.
class RequestPool {
 public:
  struct Options {
    std::string url;  // http:// or https://
    std::size_t slots = 64;
    int timeout_ms = 60'000;  // from the start of a request to its whole answer
  };
  struct Finished {
    std::size_t slot;
    Answer answer;
  };

  // An error says what is wrong with the URL.
  [[nodiscard]] static Result<std::unique_ptr<RequestPool>> make(Options options);
  ~RequestPool();

  // The slot must be free.
  void start(std::size_t slot, std::string_view body, const std::string& key);
  // What has finished by now, without waiting.
  [[nodiscard]] std::vector<Finished> collect();
  // Until something happens on a connection or one of `fds` can be read, or for timeout_ms.
  void wait(const std::vector<int>& fds, std::int64_t timeout_ms);

 private:
  struct Impl;
  explicit RequestPool(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::importing
