#include "lab/report/page.hpp"

namespace sportapp::lab {
namespace {

constexpr std::string_view kEmptyData = R"(<script id="report-data" type="application/json">null</script>)";
constexpr std::string_view kNull = "null";

}  // namespace

std::string script_safe(std::string_view json) {
  std::string safe;
  safe.reserve(json.size() + json.size() / 16);
  for (const char c : json) {
    // In JSON these three stand only within texts, where their numbers mean the same.
    switch (c) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

Result<std::string> fill_page(std::string_view page, std::string_view json) {
  const auto at = page.find(kEmptyData);
  if (at == std::string_view::npos || page.find(kEmptyData, at + 1) != std::string_view::npos) {
    return Error{Retry::kNever, "the page's template has not one empty element for the data: rebuild it"};
  }
  const auto data = at + kEmptyData.find(kNull);
  std::string filled(page.substr(0, data));
  filled += script_safe(json);
  filled += page.substr(data + kNull.size());
  return filled;
}

}  // namespace sportapp::lab
