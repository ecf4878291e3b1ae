#include "server/commands/base_routes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <limits>
#include <system_error>
#include <utility>

#include "base/hash.hpp"
#include "ha/hold/primary_location.hpp"
#include "net/http/content.hpp"
#include "net/http/document.hpp"
#include "net/http/problem.hpp"
#include "store/projection/base_model.hpp"

namespace sportapp::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUnusedMs = 15'000;  // then a copy goes
constexpr std::int64_t kLookEveryMs = 5'000;

Result<Hash> hash_of_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  Hasher hasher;
  std::string piece(std::size_t{1} << 20, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    hasher.bytes(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount())));
  }
  if (in.bad() || !in.eof()) return Error{Retry::kLater, file.string() + " cannot be read"};
  return hasher.finish();
}

}  // namespace

BaseRoutes::BaseRoutes(fs::path journal_file, journal::Journal& journal, const Clock& clock, Loop& loop,
                       std::function<const hold::PrimaryLocation&()> primary)
    : journal_file_(std::move(journal_file)),
      file_(projection::base_file_of(journal_file_).string() + ".sent"),
      journal_(journal),
      clock_(clock),
      loop_(loop),
      primary_(std::move(primary)),
      worker_(std::make_unique<Worker>()) {
  std::error_code ignored;  // of a process that was killed
  fs::remove(file_, ignored);
}

BaseRoutes::~BaseRoutes() {
  worker_.reset();
  std::error_code ignored;
  fs::remove(file_, ignored);
}

void BaseRoutes::add_to(http::Router& router) {
  router.add("GET", "/internal/base", http::Audience::kInternal,
             [this](const http::Request&, const http::Reply& reply) { reply(describe()); });
  router.add("GET", "/internal/base/{copy}", http::Audience::kInternal,
             [this](const http::Request& request, const http::Reply& reply) { reply(piece(request)); });
}

std::optional<Seq> BaseRoutes::held_after() const {
  const std::lock_guard lock(mutex_);
  if (clock_.monotonic_ms() - used_ms_ > kUnusedMs) return std::nullopt;
  return held_;
}

void BaseRoutes::touch() {
  const std::lock_guard lock(mutex_);
  used_ms_ = clock_.monotonic_ms();
}

// Only the primary's goes with the primary's feed.
http::Response BaseRoutes::describe() {
  if (!hold::is_here(primary_())) return http::unavailable(hold::only_the_primary(primary_()));
  if (journal_.status().base.seq == Seq{}) {
    return http::problem(404, "No base model", "no event was deleted here: the feed has all of them");
  }
  if (!failed_.empty()) return http::unavailable(std::exchange(failed_, {}));
  // Nobody used it for so long that it held nothing any more: what follows it is not in the feed.
  if (copy_ && copy_->position < journal_.status().base.seq) drop();
  if (copy_) {
    touch();
    return http::document({{"copy", copy_->number},
                           {"position", copy_->position.value},
                           {"bytes", copy_->bytes},
                           {"hash", copy_->hash}});
  }
  make();
  return http::document({{"state", "being made"}}, 202);
}

void BaseRoutes::make() {
  if (std::exchange(making_, true)) return;
  worker_->post([this, number = ++last_number_] {
    const auto outcome = [&]() -> Result<Copy> {
      const auto held = projection::HeldBase::open(projection::base_file_of(journal_file_));
      if (!held) return held.error();
      const auto end = (*held)->hold();
      if (!end) return end.error();
      {
        const std::lock_guard lock(mutex_);
        held_ = end->position;
        used_ms_ = clock_.monotonic_ms();
      }
      const auto bytes = (*held)->copy(file_, {});
      if (!bytes) return bytes.error();
      const auto hash = hash_of_file(file_);
      if (!hash) return hash.error();
      return Copy{number, end->position, *bytes, hex(*hash)};
    }();
    loop_.post([this, outcome] { made(outcome); });
  });
}

void BaseRoutes::made(Result<Copy> copy) {
  making_ = false;
  if (!copy) {
    spdlog::error("the base model cannot be given to a read model: {}", copy.error().what);
    failed_ = copy.error().what;
    return;
  }
  copy_ = std::move(*copy);
  bytes_ = std::ifstream(file_, std::ios::binary);
  touch();
  loop_.after(kLookEveryMs, [this] { look_whether_used(); });
}

void BaseRoutes::look_whether_used() {
  if (held_after()) {
    loop_.after(kLookEveryMs, [this] { look_whether_used(); });
    return;
  }
  drop();
}

void BaseRoutes::drop() {
  copy_.reset();
  bytes_.close();
  std::error_code ignored;
  fs::remove(file_, ignored);
}

http::Response BaseRoutes::piece(const http::Request& request) {
  const auto number = http::parse_decimal(request.captures[0], 1, std::numeric_limits<std::int64_t>::max());
  if (!number || !copy_ || copy_->number != *number) {
    return http::problem(404, "Not found", "that copy is gone; start again with GET /internal/base");
  }
  const auto offset = http::parse_decimal(request.parameter("offset").value_or("0"), 0,
                                          static_cast<std::int64_t>(copy_->bytes));
  if (!offset) return http::problem(400, "Bad request", "offset must be within the copy");
  touch();
  http::Response response;
  response.content_type = "application/octet-stream";
  response.body.resize(kPieceBytes);
  bytes_.clear();
  bytes_.seekg(static_cast<std::streamoff>(*offset));
  bytes_.read(response.body.data(), static_cast<std::streamsize>(kPieceBytes));
  if (bytes_.bad()) return http::unavailable(file_.string() + " cannot be read");
  response.body.resize(static_cast<std::size_t>(bytes_.gcount()));
  return response;
}

}  // namespace sportapp::commands
