#include "ops/instance/template.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

namespace sportapp::instance {
namespace {

using Scopes = std::vector<const TemplateValues*>;  // innermost last

struct Line {
  std::string_view text;
  std::size_t number;
};

[[noreturn]] void fail(const Line& line, const std::string& what) {
  throw std::invalid_argument(fmt::format("template line {}: {}", line.number, what));
}

const std::string& value_of(const Scopes& scopes, const std::string& name, const Line& line) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    const auto found = (*scope)->text.find(name);
    if (found != (*scope)->text.end()) return found->second;
  }
  fail(line, fmt::format("unknown name '{}'", name));
}

const std::vector<TemplateValues>& list_of(const Scopes& scopes, const std::string& name, const Line& line) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    const auto found = (*scope)->lists.find(name);
    if (found != (*scope)->lists.end()) return found->second;
  }
  fail(line, fmt::format("unknown list '{}'", name));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The name in a line that is `{{#WORD name}}`.
std::optional<std::string> opened(std::string_view line, std::string_view word) {
  line = trimmed(line);
  const auto start = fmt::format("{{{{#{} ", word);
  if (!line.starts_with(start) || !line.ends_with("}}")) return std::nullopt;
  return std::string(line.substr(start.size(), line.size() - start.size() - 2));
}

std::string substituted(const Line& line, const Scopes& scopes) {
  std::string out;
  auto rest = line.text;
  for (auto open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
    const auto close = rest.find("}}", open);
    if (close == std::string_view::npos) fail(line, "{{ without }}");
    out += rest.substr(0, open);
    out += value_of(scopes, std::string(rest.substr(open + 2, close - open - 2)), line);
    rest.remove_prefix(close + 2);
  }
  out += rest;
  return out + '\n';
}

class Renderer {
 public:
  explicit Renderer(std::string_view source) {
    for (std::size_t number = 1; !source.empty(); ++number) {
      const auto end = source.find('\n');
      lines_.push_back({source.substr(0, end), number});
      source.remove_prefix(end == std::string_view::npos ? source.size() : end + 1);
    }
  }
  std::string render(std::size_t from, std::size_t to, Scopes& scopes) const {
    std::string out;
    for (auto at = from; at < to; ++at) {
      const auto& line = lines_[at];
      if (const auto condition = opened(line.text, "if")) {
        const auto end = block_end(at, "if");
        if (!value_of(scopes, *condition, line).empty()) out += render(at + 1, end, scopes);
        at = end;
      } else if (const auto list = opened(line.text, "each")) {
        const auto end = block_end(at, "each");
        for (const auto& item : list_of(scopes, *list, line)) {
          scopes.push_back(&item);
          out += render(at + 1, end, scopes);
          scopes.pop_back();
        }
        at = end;
      } else {
        out += substituted(line, scopes);
      }
    }
    return out;
  }
  [[nodiscard]] std::size_t size() const { return lines_.size(); }

 private:
  [[nodiscard]] std::size_t block_end(std::size_t start, std::string_view word) const {
    std::size_t depth = 0;
    for (auto at = start; at < lines_.size(); ++at) {
      if (opened(lines_[at].text, word)) ++depth;
      if (trimmed(lines_[at].text) == fmt::format("{{{{/{}}}}}", word) && --depth == 0) return at;
    }
    fail(lines_[start], fmt::format("block '{}' without its end", word));
  }

  std::vector<Line> lines_;
};

}  // namespace

Result<std::string> render(std::string_view source, const TemplateValues& values) {
  try {
    const Renderer renderer(source);
    Scopes scopes{&values};
    return renderer.render(0, renderer.size(), scopes);
  } catch (const std::invalid_argument& wrong) {
    return Error{Retry::kNever, wrong.what()};
  }
}

}  // namespace sportapp::instance
