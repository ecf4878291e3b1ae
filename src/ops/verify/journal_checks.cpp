#include "ops/verify/journal_checks.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace sportapp::verify {
namespace {

// Why a text of the entry is not JSON, if so.
std::optional<Difference> not_json(const journal::Entry& entry, const std::string& name,
                                   const std::string& text) {
  boost::json::error_code failed;
  static_cast<void>(boost::json::parse(text, failed));
  if (!failed) return std::nullopt;
  return Difference{fmt::format("entry {}, {}", entry.seq.value, name), "JSON",
                    text + " (" + failed.message() + ")"};
}

std::optional<Difference> fault_of(const journal::Entry& entry) {
  if (auto wrong = not_json(entry, "payload", entry.event.payload)) return wrong;
  // What an event of another service caused, nobody waits for: its key begins with a space.
  if (entry.answer.body.empty() && entry.key.starts_with(' ')) return std::nullopt;
  return not_json(entry, "answer", entry.answer.body);
}

}  // namespace

Result<Checked> check_chain(journal::Reader& reader, const Progress& progress) {
  return journal::check_chain(reader, progress, fault_of);
}

Result<Checked> check_mark(journal::Reader& reader, const std::filesystem::path& file,
                           const journal::Beside& beside) {
  auto found = journal::hold_against(reader, file, beside);
  if (!found) return found.error();
  if (!found->wrong.empty())
    return Checked{"", Difference{"the journal", "what its mark says", found->wrong}};
  const auto head = beside.mark ? beside.mark->head : beside.seal->head;
  return Checked{fmt::format("entry {}{}", head.seq.value, beside.seal ? ", closed in order" : ""),
                 std::nullopt};
}

}  // namespace sportapp::verify
