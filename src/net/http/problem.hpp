// RFC 9457 answers, with the family's member `error` beside.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "net/http/message.hpp"

namespace sportapp::http {

struct FieldProblem {
  std::string field;  // JSON pointer
  std::string detail;
};

// `title` is short and the same for every case of a kind; `detail` says what of this request, and what to do.
[[nodiscard]] Response problem(int status, std::string_view title, std::string_view detail,
                               const std::vector<FieldProblem>& fields = {});
// 503 with Retry-After.
[[nodiscard]] Response unavailable(std::string_view detail, int retry_after_s = 1);

}  // namespace sportapp::http
