#include "lab/jtl/jtl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <system_error>

#include "ops/import/csv.hpp"

namespace sportapp::lab {
namespace {

namespace json = boost::json;
constexpr std::size_t kPieceBytes = 64U * 1024;
constexpr std::int64_t kUsPerMs = 1000;
constexpr std::array<std::string_view, 5> kNeeded = {"timeStamp", "elapsed", "label", "responseCode",
                                                     "success"};

struct Cause {
  std::string_view word;  // of the exception that JMeter puts in the status's place, or of its message
  std::string_view outcome;
};
// The first that fits. What is not among them, a protocol violated for example, is kOutcomeBroken.
constexpr std::array kCauses = {
    Cause{"Too many open files", kOutcomeUnsent}, Cause{"BindException", kOutcomeUnsent},
    Cause{"HttpHostConnect", kOutcomeRefused},    Cause{"Timeout", kOutcomeTimeout},
    Cause{"ConnectException", kOutcomeRefused},   Cause{"NoRouteToHost", kOutcomeRefused},
    Cause{"UnknownHost", kOutcomeRefused},        Cause{"NoHttpResponse", kOutcomeCut},
    Cause{"SocketException", kOutcomeCut},        Cause{"ConnectionClosed", kOutcomeCut},
    Cause{"EOFException", kOutcomeCut},
};

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [parsed, failed] = std::from_chars(text.data(), end, value);
  return failed == std::errc() && parsed == end ? std::optional(value) : std::nullopt;
}

// http://127.0.0.1:5000/api-queries/users/1 -> /api-queries/users/1
std::string path_of(const std::string& url) {
  const auto host = url.find("://");
  const auto path = host == std::string::npos ? host : url.find('/', host + 3);
  return path == std::string::npos ? url : url.substr(path);
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file), csv_({}) {}

  Result<std::vector<Request>> read() {
    std::ifstream in(file_, std::ios::binary);
    std::string piece(kPieceBytes, '\0');
    while (in) {
      in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      const auto read = static_cast<std::size_t>(in.gcount());
      auto taken = take(csv_.push(std::string_view(piece).substr(0, read)));
      if (!taken) return taken.error();
    }
    if (!in.eof()) {
      const auto cause = std::make_error_code(static_cast<std::errc>(errno)).message();
      return Error{Retry::kNever, fmt::format("cannot read {}: {}", file_.string(), cause)};
    }
    if (auto taken = take(csv_.finish()); !taken) return taken.error();
    if (requests_.empty()) {
      return Error{Retry::kNever, file_.string() + ": has no request; JMeter's own log says why"};
    }
    return std::move(requests_);
  }

 private:
  // The records that are whole by now.
  Result<void> take(Result<void> pushed) {
    if (!pushed) return Error{Retry::kNever, file_.string() + ": " + pushed.error().what};
    while (const auto record = csv_.next()) {
      if (!record->problem.empty()) return wrong(*record, record->problem + ": was the file cut off?");
      auto request = request_of(*record, json::parse(record->body).as_object());
      if (!request) return request.error();
      requests_.push_back(*std::move(request));
    }
    return {};
  }

  Error wrong(const importing::Record& record, std::string_view what) const {
    return {Retry::kNever, fmt::format("{}:{}: {}", file_.string(), record.line, what)};
  }

  Result<Request> request_of(const importing::Record& record, const json::object& values) {
    // An empty value is left out of a record.
    const auto text = [&](std::string_view name) -> std::string {
      const auto* value = values.if_contains(name);
      return value == nullptr ? std::string() : std::string(value->as_string());
    };
    for (const auto name : kNeeded) {
      if (text(name).empty()) {
        return wrong(record, fmt::format("has no {}: JMeter must save it, and the names in the first line "
                                         "(jmeter.save.saveservice.print_field_names=true)",
                                         name));
      }
    }
    const auto sent_ms = integer_of(text("timeStamp"));
    const auto took_ms = integer_of(text("elapsed"));
    if (!sent_ms || !took_ms || *took_ms < 0) {
      return wrong(record, fmt::format("timeStamp '{}' and elapsed '{}' must be milliseconds: set "
                                       "jmeter.save.saveservice.timestamp_format=ms",
                                       text("timeStamp"), text("elapsed")));
    }
    const auto op = op_of(text("label"));
    if (!op) {
      return wrong(record,
                   fmt::format("the label '{}' does not say what was asked for: name the sampler register, "
                               "product, order, read or poison",
                               text("label")));
    }
    Request request;
    request.client = client(text("threadName"));
    request.op = *op;
    request.key = text("key");
    request.subject = *op == Op::kRead ? path_of(text("URL")) : text("username");
    request.due_us = request.sent_us = *sent_ms * kUsPerMs;
    request.answered_us = request.sent_us + *took_ms * kUsPerMs;
    request.outcome = outcome(text("responseCode"), text("responseMessage"), text("success") == "true");
    // Without a status it would be the exception.
    if (integer_of(request.outcome)) request.answer = text("answer");
    return request;
  }

  // Threads get numbers in the order in which they are seen.
  int client(const std::string& thread) {
    return clients_.try_emplace(thread, static_cast<int>(clients_.size())).first->second;
  }

  static std::string outcome(const std::string& code, const std::string& message, bool success) {
    if (const auto status = integer_of(code); status && *status >= 100 && *status <= 599) {
      // An assertion of the plan did not like what came under a good status.
      return std::string(*status < 400 && !success ? kOutcomeBroken : std::string_view(code));
    }
    for (const auto& [word, outcome] : kCauses) {
      if (code.find(word) != std::string::npos || message.find(word) != std::string::npos)
        return std::string(outcome);
    }
    return std::string(kOutcomeBroken);
  }

  const std::filesystem::path file_;
  importing::CsvReader csv_;
  std::map<std::string, int> clients_;
  std::vector<Request> requests_;
};

}  // namespace

Result<Jtl> read_jtl(const std::filesystem::path& file) {
  auto read = Reader(file).read();
  if (!read) return read.error();
  Jtl jtl;
  jtl.requests = *std::move(read);
  // JMeter writes a request when it has ended.
  std::stable_sort(jtl.requests.begin(), jtl.requests.end(),
                   [](const Request& one, const Request& other) { return one.sent_us < other.sent_us; });
  jtl.started_wall_us = jtl.requests.front().sent_us;
  std::int64_t number = 0;
  for (auto& request : jtl.requests) {
    request.number = ++number;
    for (auto* time : {&request.due_us, &request.sent_us, &request.answered_us}) *time -= jtl.started_wall_us;
  }
  return jtl;
}

}  // namespace sportapp::lab
