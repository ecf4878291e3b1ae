#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "base/position.hpp"
#include "domain/domain.hpp"

namespace sportapp::journal {

// One line of the log: what happened, under which key, and what was answered.
struct Entry {
  Seq seq;
  Epoch epoch;
  std::int64_t time_ms = 0;
  std::string key;
  std::string fingerprint;  // of the request: 16 bytes
  domain::Event event;
  domain::Answer answer;
  Hash hash{};
};

// Entries in the order of the journal, which nobody changes any more. A copy shares them: the journal, the
// node and the link to each spare hold the same ones. Any thread.
class SharedEntries {
 public:
  SharedEntries() = default;
  SharedEntries(std::vector<Entry> entries)  // NOLINT(google-explicit-constructor): a list is one of these
      : all_(std::make_shared<const std::vector<Entry>>(std::move(entries))) {}

  // Without those up to `seq`.
  [[nodiscard]] SharedEntries after(Seq seq) const;

  [[nodiscard]] const Entry* begin() const { return all_ ? all_->data() + first_ : nullptr; }
  [[nodiscard]] const Entry* end() const { return all_ ? all_->data() + all_->size() : nullptr; }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end() - begin()); }
  [[nodiscard]] bool empty() const { return begin() == end(); }
  [[nodiscard]] const Entry& back() const { return all_->back(); }
  [[nodiscard]] const Entry& operator[](std::size_t index) const { return begin()[index]; }

 private:
  std::shared_ptr<const std::vector<Entry>> all_;
  std::size_t first_ = 0;
};

// The last entry that counts for good: a primary committed it when every node in sync had it. Zeros: none is
// known.
struct Settled {
  Seq seq;
  Hash hash{};
  Epoch epoch{};  // of the entry
  bool operator==(const Settled&) const = default;
};

// The entries of one batch together are no larger, so that one frame carries them.
inline constexpr std::size_t kBatchBytesMax = std::size_t{4} << 20;
// Bytes of text in it.
[[nodiscard]] std::size_t size_of(const Entry& entry);
// H(previous, every other field of the entry). Two journals are equal up to n exactly when their hashes at n
// are.
[[nodiscard]] Hash chained(const Hash& previous, const Entry& entry);
[[nodiscard]] std::string fingerprint(const domain::Command& command);
// The key of the entry by which events of `source` up to `upto` count. It begins with a space, as no key of a
// client can, and sorts as the positions do.
[[nodiscard]] std::string key_of_consumed(std::string_view source, Seq upto);
// The way back: `upto`, if `key` is such a key of `source`.
[[nodiscard]] std::optional<Seq> consumed_by(std::string_view key, std::string_view source);
// What such an entry answers to the events: the hash of the last of them in their own journal. So every node,
// and every copy, knows of which history they were.
[[nodiscard]] std::string answer_to_consumed(const Hash& hash);
// The way back; nothing where the entry is of a version that kept none.
[[nodiscard]] std::optional<Hash> hash_of_consumed(std::string_view answer);

}  // namespace sportapp::journal
