#include "server/quarantine/quarantine.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <utility>

#include "net/http/content.hpp"
#include "net/http/document.hpp"
#include "net/http/problem.hpp"
#include "server/service/log.hpp"

namespace sportapp::quarantine {
namespace {

constexpr std::int64_t kOpenOthersEveryMs = 100;
constexpr std::size_t kWaitingMax = 1000;

TrialRequest trial_of(const http::Request& asked, const std::filesystem::path& journal) {
  TrialRequest request{journal, asked.method, {}, asked.body};
  if (asked.captures.empty()) return request;
  const auto most = std::numeric_limits<std::int64_t>::max();
  if (const auto id = http::parse_decimal(asked.captures[0], 0, most)) request.id = Id{*id};
  return request;
}

}  // namespace

struct Quarantine::Suspicion {
  std::int64_t since_ms = -1;    // the latest time at which it was in hand when a process died
  std::int64_t cleared_ms = -1;  // and at which it was executed all the same
  std::optional<KnownRequest> quarantined{};
};

std::unique_ptr<Quarantine> Quarantine::open(Options options, const Clock& clock, Loop& loop) {
  std::unique_ptr<Quarantine> made(new Quarantine(std::move(options), clock, loop));
  if (made->options_.folder.empty()) return made;
  if (const auto opened = made->open_own(); !opened) {
    spdlog::error("a request that ends this process will not be remembered: {}", opened.error().what);
  }
  return made;
}

Quarantine::Quarantine(Options options, const Clock& clock, Loop& loop)
    : options_(std::move(options)), clock_(clock), loop_(loop), program_(program_identity()) {
  for (const auto& name : options_.others) others_.push_back({options_.folder / name, nullptr});
}

Quarantine::~Quarantine() = default;

Result<void> Quarantine::open_own() {
  std::error_code exists;
  std::filesystem::create_directories(options_.folder, exists);
  auto own = InHandFile::open_own(options_.folder / options_.name);
  if (!own) return own.error();
  own_ = std::move(*own);
  suspect_what_another_program_met();
  open_others();
  trials_ = std::make_unique<Trials>(options_.trials);
  return {};
}

// Another build may have mended it: a trial tells.
void Quarantine::suspect_what_another_program_met() {
  for (auto& request : own_->all_known()) {
    if (request.mark != Mark::kQuarantined || request.program == program_) continue;
    request.mark = Mark::kSuspect;
    request.since_ms = machine_ms();
    remember(std::move(request));
  }
}

void Quarantine::open_others() {
  others_tried_ms_ = machine_ms();
  for (auto& other : others_) {
    if (other.file) continue;
    if (auto opened = InHandFile::open_other(other.path)) other.file = std::move(*opened);
  }
}

Quarantine::Verdict Quarantine::verdict(const Fingerprint& request) {
  if (!own_) return Verdict::kInnocent;
  Suspicion suspicion;
  if (own_->knows_any()) {
    if (const auto known = own_->known(request)) {
      if (known->mark == Mark::kQuarantined) return Verdict::kQuarantined;
      if (known->mark == Mark::kPassed) return Verdict::kInnocent;
      (known->mark == Mark::kSuspect ? suspicion.since_ms : suspicion.cleared_ms) = known->since_ms;
    }
  }
  for (const auto& other : others_) {
    if (other.file) consider(*other.file, request, suspicion);
    if (!other.file && machine_ms() - others_tried_ms_ >= kOpenOthersEveryMs) open_others();
  }
  if (suspicion.quarantined) {
    remember(std::move(*suspicion.quarantined));
    return Verdict::kQuarantined;
  }
  return suspicion.since_ms >= 0 && suspicion.cleared_ms <= suspicion.since_ms ? Verdict::kSuspect
                                                                               : Verdict::kInnocent;
}

void Quarantine::consider(const InHandFile& other, const Fingerprint& request, Suspicion& suspicion) const {
  std::int64_t since_ms = -1;
  const bool stands =
      other.stands(request, since_ms) && (machine_ms() - since_ms >= kHangsAfterMs || !other.owner_lives());
  if (stands) suspicion.since_ms = std::max(suspicion.since_ms, since_ms);
  if (!other.knows_any()) return;
  auto known = other.known(request);
  if (!known) return;
  if (known->mark == Mark::kCleared) {
    suspicion.cleared_ms = std::max(suspicion.cleared_ms, known->since_ms);
    return;
  }
  suspicion.since_ms = std::max(suspicion.since_ms, known->since_ms);
  if (known->program != program_) return;
  if (known->mark == Mark::kPassed && stands) {
    known->mark = Mark::kQuarantined;
    known->what = "its trial went well, and the process died of it all the same";
  }
  if (known->mark == Mark::kQuarantined) suspicion.quarantined = std::move(known);
}

void Quarantine::try_apart(const http::Request& asked, const Fingerprint& fingerprint,
                           std::function<void(TrialOutcome::Kind)> then) {
  if (waiting_count_ >= kWaitingMax) return then(TrialOutcome::Kind::kNotTried);
  auto& waiting = waiting_[fingerprint];
  waiting.push_back(std::move(then));
  ++waiting_count_;
  if (waiting.size() > 1) return;  // the trial under way is theirs, too
  KnownRequest request{.request = fingerprint,
                       .key = std::string(asked.header("Idempotency-Key")),
                       .method = asked.method,
                       .path = asked.path,
                       .what = ""};
  auto done = [this, request](TrialOutcome outcome) {
    loop_.post([this, request, outcome = std::move(outcome)] { tried(request, outcome); });
  };
  if (!trials_->ask(trial_of(asked, options_.journal), std::move(done))) {
    tried(std::move(request), {TrialOutcome::Kind::kNotTried, "too many wait for a trial"});
  }
}

void Quarantine::tried(KnownRequest request, TrialOutcome outcome) {
  const auto waiting = std::move(waiting_[request.request]);
  waiting_.erase(request.request);
  waiting_count_ -= waiting.size();
  const auto about = fmt::format("method={} path={} key={}", request.method, service::log_value(request.path),
                                 service::log_value(request.key));
  request.what = outcome.what;
  switch (outcome.kind) {
    case TrialOutcome::Kind::kPassed:
      spdlog::info("a request that was in hand when a process died is executed, its trial went well {}",
                   about);
      request.mark = Mark::kPassed;
      remember(std::move(request));
      break;
    case TrialOutcome::Kind::kFailed:
      spdlog::error("a request is quarantined, it ends the process that executes it: {} {}", outcome.what,
                    about);
      request.mark = Mark::kQuarantined;
      remember(std::move(request));
      break;
    case TrialOutcome::Kind::kNotTried:
      spdlog::warn("a request that was in hand when a process died cannot be tried: {} {}", outcome.what,
                   about);
      break;
  }
  for (const auto& then : waiting) then(outcome.kind);
}

void Quarantine::remember(KnownRequest request) {
  if (request.mark != Mark::kSuspect) request.since_ms = machine_ms();
  request.time_ms = clock_.wall_ms();
  request.program = program_;
  if (const auto gone = own_->remember(request)) {
    spdlog::error(
        "more requests are quarantined than are remembered; the oldest is executed again: method={} "
        "path={} key={}",
        gone->method, service::log_value(gone->path), service::log_value(gone->key));
  }
}

void Quarantine::executed(const Fingerprint& request) {
  auto known = own_ ? own_->known(request) : std::nullopt;
  if (!known || known->mark != Mark::kPassed) return;
  known->mark = Mark::kCleared;
  remember(std::move(*known));
}

http::Response Quarantine::answer(const Fingerprint& request) const {
  const auto known = own_ ? own_->known(request) : std::nullopt;
  return http::problem(
      500, "Request quarantined",
      fmt::format("this request ended the process that executed it ({}), so it is no longer executed; its "
                  "operator sees it in `sportapp status` and in /internal/quarantine",
                  known ? known->what : "another node says so"));
}

Quarantine::Reading::Reading(Quarantine& quarantine, const Fingerprint& request, std::string_view key)
    : own_(quarantine.own_.get()) {
  if (own_ != nullptr) own_->begin(Executing::kReading, request, key);
}

Quarantine::Reading::~Reading() {
  if (own_ != nullptr) own_->end(Executing::kReading);
}

journal::OnDeciding Quarantine::on_deciding() {
  if (!own_) return {};
  return [own = own_.get()](const journal::Submission* submission) {
    if (submission == nullptr || submission->request == Fingerprint{}) return own->end(Executing::kDeciding);
    own->begin(Executing::kDeciding, submission->request, submission->key);
  };
}

std::int64_t Quarantine::longest_in_hand_ms() const {
  return own_ ? own_->longest_ms() : 0;
}

std::vector<KnownRequest> Quarantine::quarantined() const {
  std::map<Fingerprint, KnownRequest> all;
  const auto add = [&](const InHandFile& file) {
    for (auto& known : file.all_known()) {
      if (known.mark == Mark::kQuarantined && known.program == program_) all.emplace(known.request, known);
    }
  };
  if (own_) add(*own_);
  for (const auto& other : others_) {
    if (other.file) add(*other.file);
  }
  std::vector<KnownRequest> sorted;
  for (auto& [request, known] : all) sorted.push_back(std::move(known));
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& one, const auto& other) { return one.time_ms < other.time_ms; });
  return sorted;
}

void Quarantine::add_to(http::Router& router) {
  router.add("GET", "/internal/quarantine", http::Audience::kInternal,
             [this](const http::Request&, const http::Reply& reply) {
               boost::json::array requests;
               for (const auto& known : quarantined()) {
                 requests.push_back(boost::json::object{{"method", known.method},
                                                        {"path", known.path},
                                                        {"key", known.key},
                                                        {"what", known.what},
                                                        {"time_ms", known.time_ms}});
               }
               reply(http::document({{"quarantined", std::move(requests)}}));
             });
}

}  // namespace sportapp::quarantine
