// Commands and answers as the program's own parts carry them.
#pragma once
#include "net/http/message.hpp"
#include "sim/commands.hpp"

namespace sportapp::simulator {

[[nodiscard]] http::Request to_http(const Request& request);
[[nodiscard]] Request request_of(const http::Request& request);
[[nodiscard]] http::Response to_http(const Reply& reply);
// `request`: what it answers to.
[[nodiscard]] Reply reply_of(std::uint64_t request, const http::Response& response);

}  // namespace sportapp::simulator
