// What one service holds in the end, compact enough for millions.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lab/request/request.hpp"

namespace sportapp::lab {

[[nodiscard]] std::uint64_t tag_of(std::string_view text);

// What holds a command's effect: a journal's entry, or a row of a list.
struct Held {
  std::uint64_t tag = 0;     // of the idempotency key; in a list of the name, or of an order's id
  std::uint32_t answer = 0;  // of the body it was answered with; in a list of the id
  std::uint32_t place = 0;   // seq; in a list from 1
};

class Ledger {
 public:
  enum class Source : std::uint8_t { kJournal, kList };
  explicit Ledger(Source source) : source_(source) {}

  void add(std::string_view tagged, std::string_view answer, std::int64_t place);
  // After the last, before the first find(). The places that share a tag with an earlier one.
  [[nodiscard]] std::vector<std::uint32_t> close();

  [[nodiscard]] std::size_t size() const { return held_.size(); }
  // What holds the effect of that command, if anything does; it counts as asked for from now on.
  [[nodiscard]] std::optional<Held> find(const Request& command);
  // Whether `held` was answered so.
  [[nodiscard]] bool says(const Held& held, const Request& command) const;
  // The places that nobody asked for. None in a list: it may be older than the load.
  [[nodiscard]] std::vector<std::uint32_t> unasked() const;

 private:
  [[nodiscard]] std::uint64_t tag_of_command(const Request& command) const;

  Source source_;
  std::vector<Held> held_;
  std::vector<bool> asked_;
};

}  // namespace sportapp::lab
