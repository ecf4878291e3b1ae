#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "lab/judge/truth.hpp"
#include "net/http/client.hpp"

namespace sportapp::lab {
namespace {

namespace json = boost::json;

constexpr int kPageLimit = 1000;
constexpr int kTimeoutMs = 60'000;

std::string member_text(const json::object& row, std::string_view member) {
  const auto* const found = row.if_contains({member.data(), member.size()});
  if (found == nullptr) return {};
  return found->is_string() ? std::string(std::string_view(found->get_string())) : json::serialize(*found);
}

std::string_view tagged_member(std::string_view service) {
  if (service == "users") return "username";
  return service == "products" ? "name" : "id";
}

Result<json::array> page_after(http::Client& client, const ForeignBackend& backend,
                               const std::string& service, const std::string& after) {
  const auto target =
      fmt::format("{}/api-queries/{}?limit={}&after={}", backend.base_path, service, kPageLimit, after);
  const auto answer = client.get(target);
  if (!answer) return answer.error();
  json::error_code failed;
  auto said = answer->status == 200 ? json::parse(answer->body, failed) : json::value();
  if (failed || !said.is_array()) {
    return Error{Retry::kLater, fmt::format("no list to judge by: {} answered {}: {}", target, answer->status,
                                            answer->body.substr(0, 200))};
  }
  return std::move(said.get_array());
}

}  // namespace

Result<ServiceTruth> read_list(const std::string& service, const ForeignBackend& backend,
                               Findings& findings) {
  http::Client client(backend.host, backend.port, kTimeoutMs);
  ServiceTruth truth(service, Ledger::Source::kList);
  std::vector<std::string> tagged;  // by place, for the names of what appears twice
  std::string after = "0";
  std::string first;
  for (;;) {
    const auto page = page_after(client, backend, service, after);
    if (!page) return page.error();
    if (page->empty()) break;
    for (const auto& row : *page) {
      if (!row.is_object())
        return Error{Retry::kNever, fmt::format("the list of {} has a row that is no object", service)};
    }
    const auto id = [&](const json::value& row) { return member_text(row.get_object(), "id"); };
    // Who does not know pages starts again.
    if (id(page->front()) == first) break;
    if (first.empty()) first = id(page->front());
    for (const auto& row : *page) {
      tagged.push_back(member_text(row.get_object(), tagged_member(service)));
      truth.ledger.add(tagged.back(), id(row), static_cast<std::int64_t>(tagged.size()));
    }
    if (page->size() < kPageLimit) break;
    after = id(page->back());
  }
  for (const auto place : truth.ledger.close()) {
    findings.doubled.add(fmt::format("{}: '{}' is in the list again", service, tagged[place - 1]));
  }
  return truth;
}

}  // namespace sportapp::lab
