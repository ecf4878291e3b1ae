// Links between processes that can be broken: TCP proxies on loopback, all on one thread of their own.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "lab/agent/link_rule.hpp"

namespace sportapp::lab {

class Proxy {
 public:
  // On which port of 127.0.0.1 the listener is now; asked at each connection, on the thread of the proxy.
  // Nothing: there is none, and the connection is refused.
  using Target = std::function<std::optional<std::uint16_t>()>;
  // Connections at one time, of all links; more are refused.
  static constexpr std::size_t kConnectionsMax = 400;

  [[nodiscard]] static Result<std::unique_ptr<Proxy>> start();
  ~Proxy();  // every connection ends
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // A new link, and the port of 127.0.0.1 on which it takes connections. Any thread.
  [[nodiscard]] Result<std::uint16_t> open(Target target);
  // From when this returns, every byte read is treated so. Any thread.
  [[nodiscard]] Result<void> treat(std::uint16_t port, Direction direction, const LinkRule& rule);

 private:
  struct Impl;
  explicit Proxy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::lab
