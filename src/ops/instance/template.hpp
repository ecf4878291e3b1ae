// The little that configuration templates need:
//   {{name}}                      a value
//   {{#if name}} ... {{/if}}      kept when the value is there and not empty
//   {{#each name}} ... {{/each}}  once for every item; values of the item go before outer ones
// A block's marks stand on lines of their own, which vanish.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sportapp::instance {

struct TemplateValues {
  std::map<std::string, std::string> text;
  std::map<std::string, std::vector<TemplateValues>> lists;
};

// An unknown name or an unclosed block is an error naming the line.
[[nodiscard]] Result<std::string> render(std::string_view source, const TemplateValues& values);

}  // namespace sportapp::instance
