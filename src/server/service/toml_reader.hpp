// Configuration files, read strictly: an error names file, line and what was expected, and a key that nobody
// asked for is one, since it is a typing mistake.
#pragma once
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sportapp::service {

inline constexpr std::int64_t kPortMax = 65'535;

class TomlReader {
 public:
  [[nodiscard]] static Result<TomlReader> open(const std::filesystem::path& file);

  // A key that is absent leaves `target` as it is. The first error counts; finish() gives it.
  void read(std::string_view key, std::string& target);
  void read(std::string_view key, std::filesystem::path& target);
  void read(std::string_view key, bool& target);
  // A whole number is one too.
  void read(std::string_view key, double& target, double least, double most);
  void read(std::string_view key, std::vector<std::string>& target);
  // Two numbers, the second not below the first; one number stands for both.
  void read(std::string_view key, std::pair<double, double>& target, double least, double most);
  // A text that stands for something: `from` knows which, `there_are` tells them to whoever wrote another.
  template <class T>
  void read(std::string_view key, T& target, std::optional<T> (*from)(std::string_view),
            std::string_view there_are) {
    std::string text;
    read(key, text);
    if (!has(key)) return;
    if (const auto found = from(text)) {
      target = *found;
    } else {
      refuse(key, no_such(text, there_are));
    }
  }
  template <std::integral T>
  void read(std::string_view key, T& target, std::int64_t least = 0,
            std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
    std::int64_t wide = static_cast<std::int64_t>(target);
    read_number(key, wide, least, most);
    target = static_cast<T>(wide);
  }
  // Whether the key is there; does not count as having read it.
  [[nodiscard]] bool has(std::string_view key) const;
  // Those of a table whose keys are names; does not count as having read them.
  [[nodiscard]] std::vector<std::string> keys() const;
  // An error at the key's line, at the table's where there is no such key.
  void refuse(std::string_view key, const std::string& what);
  // Refuses the table where the key is not in it.
  void require(std::string_view key);
  // "unknown value 'x'; known: a, b"
  [[nodiscard]] static std::string no_such(std::string_view text, std::string_view there_are);
  // The table of that name, empty when absent; shares errors with this reader.
  [[nodiscard]] TomlReader table(std::string_view key);
  [[nodiscard]] std::vector<TomlReader> tables(std::string_view key);  // [[key]]
  // The first error, also of the tables handed out; keys not read are errors.
  [[nodiscard]] Result<void> finish();
  // All of them, in the order of the file.
  [[nodiscard]] std::vector<std::string> mistakes();

 private:
  struct Document;
  struct Node;
  TomlReader(std::shared_ptr<Document> document, std::shared_ptr<Node> node);
  void refuse_unknown_keys();
  void read_number(std::string_view key, std::int64_t& target, std::int64_t least, std::int64_t most);
  std::shared_ptr<Document> document_;
  std::shared_ptr<Node> node_;
};

}  // namespace sportapp::service
