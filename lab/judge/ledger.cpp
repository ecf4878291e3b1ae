#include "lab/judge/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tuple>

#include "lab/request/answer.hpp"

namespace sportapp::lab {

std::uint64_t tag_of(std::string_view text) {
  return std::hash<std::string_view>()(text);
}

void Ledger::add(std::string_view tagged, std::string_view answer, std::int64_t place) {
  held_.push_back(
      {tag_of(tagged), static_cast<std::uint32_t>(tag_of(answer)), static_cast<std::uint32_t>(place)});
}

std::vector<std::uint32_t> Ledger::close() {
  std::sort(held_.begin(), held_.end(),
            [](const Held& a, const Held& b) { return std::tie(a.tag, a.place) < std::tie(b.tag, b.place); });
  std::vector<std::uint32_t> repeated;
  for (std::size_t i = 1; i < held_.size(); ++i) {
    if (held_[i].tag == held_[i - 1].tag) repeated.push_back(held_[i].place);
  }
  asked_.resize(held_.size());
  return repeated;
}

std::uint64_t Ledger::tag_of_command(const Request& command) const {
  if (source_ == Source::kJournal) return tag_of(command.key);
  if (command.op == Op::kOrder) return tag_of(fmt::format("{}", id_in(command.answer)));
  return tag_of(command.subject);
}

std::optional<Held> Ledger::find(const Request& command) {
  const auto tag = tag_of_command(command);
  auto found = std::lower_bound(held_.begin(), held_.end(), tag,
                                [](const Held& held, std::uint64_t wanted) { return held.tag < wanted; });
  if (found == held_.end() || found->tag != tag) return std::nullopt;
  const auto first = *found;
  for (; found != held_.end() && found->tag == tag; ++found)
    asked_[static_cast<std::size_t>(found - held_.begin())] = true;
  return first;
}

bool Ledger::says(const Held& held, const Request& command) const {
  const auto answer = source_ == Source::kJournal ? command.answer : fmt::format("{}", id_in(command.answer));
  return held.answer == static_cast<std::uint32_t>(tag_of(answer));
}

std::vector<std::uint32_t> Ledger::unasked() const {
  std::vector<std::uint32_t> found;
  if (source_ == Source::kList) return found;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (!asked_[i]) found.push_back(held_[i].place);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace sportapp::lab
