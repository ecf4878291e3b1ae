// Requests and answers as handlers see them, apart from the server that carries them.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sportapp::http {

struct Request {
  std::string method;
  std::string path;   // raw: percent-encoding untouched, no query
  std::string query;  // raw, without '?'
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::vector<std::string> captures;  // what the route's {placeholders} matched, in order

  // The first header of that name, ignoring case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  // The first query parameter of that name, decoded (%XX, and + for a space); nothing when it is absent. The
  // router refuses a query that cannot be decoded, so a handler never sees one.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
};

// Whether it decodes to UTF-8 without NUL.
[[nodiscard]] bool is_well_formed_query(std::string_view query);

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // Set for an answer of unknown length: called on the loop thread each time the client took the last piece;
  // nothing ends the answer. `body` goes out first. A HEAD request never calls it. Throwing breaks the
  // connection, so that a cut is seen.
  std::function<std::optional<std::string>()> next_chunk;
};

// Where the answer goes. Copies share one answer: the first send counts, and must be on the loop thread.
// When the last copy is gone unsent, the server answers 500 and logs a defect.
class Reply {
 public:
  class Target {
   public:
    virtual ~Target() = default;
    virtual void send(Response response) = 0;
  };
  explicit Reply(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  void operator()(Response response) const { target_->send(std::move(response)); }

 private:
  std::shared_ptr<Target> target_;
};

// Called on the loop thread; must not block. May answer at once or later; the request is there for the length
// of the call only.
using Handler = std::function<void(const Request&, const Reply&)>;

}  // namespace sportapp::http
