#include "store/journal/entry.hpp"

#include <fmt/format.h>

#include <charconv>

namespace sportapp::journal {

SharedEntries SharedEntries::after(Seq seq) const {
  auto rest = *this;
  while (!rest.empty() && rest.begin()->seq <= seq) ++rest.first_;
  return rest;
}

std::size_t size_of(const Entry& entry) {
  return entry.key.size() + entry.fingerprint.size() + entry.event.type.size() + entry.event.payload.size() +
         entry.answer.body.size() + entry.answer.location.size();
}

Hash chained(const Hash& previous, const Entry& entry) {
  return Hasher()
      .field(std::string_view(reinterpret_cast<const char*>(previous.data()), previous.size()))
      .field(entry.seq.value)
      .field(entry.epoch.value)
      .field(entry.time_ms)
      .field(entry.key)
      .field(entry.fingerprint)
      .field(entry.event.type)
      .field(entry.event.version)
      .field(entry.event.payload)
      .field(entry.answer.status)
      .field(entry.answer.body)
      .field(entry.answer.location)
      .finish();
}

std::string fingerprint(const domain::Command& command) {
  const auto hash = Hasher().field(command.type).field(command.body).finish();
  return {reinterpret_cast<const char*>(hash.data()), 16};
}

std::string key_of_consumed(std::string_view source, Seq upto) {
  return fmt::format(" {}/{:019}", source, upto.value);
}

std::optional<Seq> consumed_by(std::string_view key, std::string_view source) {
  const auto prefix = fmt::format(" {}/", source);
  if (!key.starts_with(prefix)) return std::nullopt;
  Seq seq;
  const auto* end = key.data() + key.size();
  const auto [parsed, failed] = std::from_chars(key.data() + prefix.size(), end, seq.value);
  return failed == std::errc() && parsed == end ? std::optional(seq) : std::nullopt;
}

std::string answer_to_consumed(const Hash& hash) {
  return fmt::format(R"({{"taken_in":"{}"}})", hex(hash));
}

std::optional<Hash> hash_of_consumed(std::string_view answer) {
  constexpr std::string_view kBefore = R"({"taken_in":")";
  constexpr std::string_view kAfter = R"("})";
  if (!answer.starts_with(kBefore) || !answer.ends_with(kAfter)) return std::nullopt;
  answer.remove_prefix(kBefore.size());
  return answer.size() < kAfter.size() ? std::nullopt
                                       : hash_of_hex(answer.substr(0, answer.size() - kAfter.size()));
}

}  // namespace sportapp::journal
