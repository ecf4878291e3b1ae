#include "lab/poison/poison.hpp"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "domain/domain_wrapper.hpp"

namespace sportapp::domain {
namespace {

constexpr std::string_view kInDecide = "poison:";
constexpr std::string_view kInParse = "poison-parse:";
constexpr std::size_t kPieceBytes = 64U * 1024 * 1024;
constexpr std::size_t kPiecesMax =
    16;  // where nothing bounds the process, others of the machine must live on

void use_up_memory() {
  std::vector<std::unique_ptr<char[]>> pieces;
  while (pieces.size() < kPiecesMax) {
    pieces.push_back(std::make_unique<char[]>(kPieceBytes));
    std::memset(pieces.back().get(), 1, kPieceBytes);
  }
  std::abort();  // as the kernel ends a process when the machine has no more
}

void take(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return;
  text.remove_prefix(prefix.size());
  if (text.starts_with("crash")) std::abort();
  if (text.starts_with("memory")) use_up_memory();
  while (text.starts_with("hang")) std::this_thread::sleep_for(std::chrono::seconds(1));
}

class Poisonous final : public DomainWrapper {
 public:
  using DomainWrapper::DomainWrapper;

  std::variant<Command, Refusal> parse(std::string_view method, std::optional<Id> id,
                                       std::string_view body) const override {
    take(first_text(body), kInParse);
    return wrapped().parse(method, id, body);
  }
  Decision decide(const StateReader& state, const Command& command) const override {
    take(first_text(command.body), kInDecide);
    return wrapped().decide(state, command);
  }
};

}  // namespace

std::unique_ptr<Domain> with_poison(std::unique_ptr<Domain> domain) {
  return std::make_unique<Poisonous>(std::move(domain));
}

std::string_view first_text(std::string_view json) {
  for (auto colon = json.find(':'); colon != std::string_view::npos; colon = json.find(':', colon + 1)) {
    const auto value = json.find_first_not_of(" \t\r\n", colon + 1);
    if (value == std::string_view::npos || json[value] != '"') continue;
    return json.substr(value + 1, json.find('"', value + 1) - value - 1);
  }
  return {};
}

}  // namespace sportapp::domain
