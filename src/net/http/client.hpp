#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sportapp::http {

struct ClientResponse {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

// A blocking client to one server that keeps its connection. One thread at a time. An error means
// that no whole answer came within the time; any status is an answer.
class Client {
 public:
  // `credential`: sent as Sportapp-Key with every request, see http/authorization.hpp; empty: not sent.
  Client(std::string host, std::uint16_t port, int timeout_ms, std::string credential = {});
  ~Client();
  [[nodiscard]] Result<ClientResponse> get(const std::string& target);
  [[nodiscard]] Result<ClientResponse> post(const std::string& target, std::string_view body,
                                            const std::vector<std::string>& header_lines = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::http
