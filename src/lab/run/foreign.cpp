#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <charconv>

#include "lab/run/run.hpp"

namespace sportapp::lab {

Result<ForeignTarget> foreign_target(const std::string& url) {
  const auto wrong = [&](const std::string& what) {
    return Error{Retry::kNever, fmt::format("--target {}: {}", url, what)};
  };
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->scheme() != "http" || parsed->host().empty()) {
    return wrong("must be a URL as http://127.0.0.1:5000");
  }
  ForeignTarget target{url, {}, {}};
  auto host = parsed->host();
  if (host == "localhost") host = "127.0.0.1";
  if (!host.starts_with("127.") || parsed->host_type() == boost::urls::host_type::none) {
    return wrong(
        "is not on this machine's loopback (127.0.0.1); a load may end what it meets, so it goes nowhere "
        "else");
  }
  target.at.host = host;
  target.at.port = parsed->has_port() ? parsed->port_number() : 80;
  if (target.at.port == 0) return wrong("the port must be 1 to 65535");
  target.at.base_path = std::string(parsed->encoded_path());
  while (target.at.base_path.ends_with('/')) target.at.base_path.pop_back();
  return target;
}

}  // namespace sportapp::lab
