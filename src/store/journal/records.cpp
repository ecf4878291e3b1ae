#include "store/journal/records.hpp"

#include <limits>

namespace sportapp::journal {
namespace {

class Cursor {
 public:
  explicit Cursor(const Pages& pages) : pages_(pages) {}

  // The record it stands on; nullptr at the end.
  Result<const Record*> peek() {
    if (at_ == page_.size() && !ended_) {
      const auto after = page_.empty() ? lowest() : page_.back().key;
      auto next = pages_(after);
      if (!next) return next.error();
      page_ = std::move(*next);
      at_ = 0;
      ended_ = page_.empty();
    }
    return ended_ ? nullptr : &page_[at_];
  }
  void advance() { ++at_; }

 private:
  const Pages& pages_;
  std::vector<Record> page_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

std::string place_of(const Key& key) {
  return key.group + (key.name.empty() ? " " + std::to_string(key.id) : " '" + key.name + "'");
}

std::optional<Difference> difference(const Record* expected, const Record* found) {
  const std::string nothing = "nothing";
  if (found == nullptr || (expected != nullptr && expected->key < found->key)) {
    return Difference{place_of(expected->key), expected->value, nothing};
  }
  if (expected == nullptr || found->key < expected->key) {
    return Difference{place_of(found->key), nothing, found->value};
  }
  if (expected->value == found->value) return std::nullopt;
  return Difference{place_of(expected->key), expected->value, found->value};
}

}  // namespace

Key lowest() {
  return {"", std::numeric_limits<std::int64_t>::min(), ""};
}

Result<Comparison> compare(const Pages& expected, const Pages& found,
                           const std::function<void(std::int64_t)>& progress) {
  Cursor left(expected);
  Cursor right(found);
  Comparison comparison;
  for (;; ++comparison.equal) {
    const auto want = left.peek();
    if (!want) return want.error();
    const auto have = right.peek();
    if (!have) return have.error();
    if (*want == nullptr && *have == nullptr) return comparison;
    comparison.first = difference(*want, *have);
    if (comparison.first) return comparison;
    left.advance();
    right.advance();
    if (comparison.equal % static_cast<std::int64_t>(kPageRecords) == 0) progress(comparison.equal);
  }
}

}  // namespace sportapp::journal
