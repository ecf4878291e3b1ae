// Gives requests on to another server, over connections that are kept.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/http/message.hpp"
#include "net/http/server.hpp"
#include "net/http/upstream.hpp"

namespace sportapp::http {

// Of a request what is given on, headers by name: for whoever keeps it beyond the handler's call.
[[nodiscard]] Request passed_on(const Request& request);

// To one address at a time. Loop thread only.
class Forwarder {
 public:
  // Once for each request, possibly before send() returns: the answer, whatever its status, with the headers
  // that are given back; or an error when no whole answer came. What then came of the request is not known,
  // so it may only be sent again under the same Idempotency-Key.
  using Done = std::function<void(Result<Response>)>;

  virtual ~Forwarder() = default;  // what is under way gets no outcome any more
  // Requests go there from now on. Those under way to another address end in an error before this returns.
  virtual void go_to(const Upstream& upstream) = 0;
  // Every request under way ends in an error before this returns.
  virtual void abandon() = 0;
  // `request` as passed_on() gives it; it is there for the length of the call only.
  virtual void send(const Request& request, std::int64_t timeout_ms, Done done) = 0;
};

struct ForwarderOptions {
  std::string node;  // who forwards: the header Sportapp-Forwarded
  std::size_t connections_max = 128;
  std::size_t queue_max = 10'000;  // requests that wait for a connection; more: an error at once
};
// On the server's loop; must be gone before the server.
[[nodiscard]] std::unique_ptr<Forwarder> make_forwarder(Server& server, ForwarderOptions options);

}  // namespace sportapp::http
