#include "lab/run/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "domain/services/registry.hpp"
#include "lab/fault/conductor.hpp"
#include "lab/instance/instance.hpp"
#include "lab/instance/interruption.hpp"
#include "lab/load/load.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kUsPerS = 1'000'000;
constexpr int kWarmUpMs = 60'000;
constexpr std::int64_t kLookMs = 200;
constexpr std::int64_t kHealMs = 60'000;      // healing is a matter of moments
constexpr std::int64_t kCaughtUpMs = 60'000;  // read models follow in moments, a million entries in less
constexpr double kRedundantS = 60;            // waited for, where the scenario does not say
constexpr int kSamples = 200;                 // of its size, in a run
constexpr double kSampleEveryS = 2;           // and no oftener

// Where there is no instance of ours: nobody can be named.
class ForeignSubject final : public Subject {
 public:
  Result<std::vector<TargetProcess>> who(std::string_view target) override {
    return Error{Retry::kNever, fmt::format("nobody here is '{}': the target is foreign", target)};
  }
  std::string not_redundant() override { return {}; }
  std::vector<std::string> command(std::vector<std::string> arguments) override { return arguments; }
};

class Run {
 public:
  Run(const RunOptions& options, std::stop_token stop, RunProgress& progress)
      : options_(options), stop_(std::move(stop)), progress_(progress) {}

  Result<Verdict> run();

 private:
  Result<void> prepare();
  Result<void> start_instance();
  Result<void> start_load();
  Result<void> hold_steady();
  Result<void> strike();
  Result<void> become_redundant();
  Result<void> stop_load();
  Result<void> settle();
  Result<void> end();
  Result<Verdict> judge();

  // Watches the load until then; an error when it is wished to stop, or the load's log cannot be written.
  Result<void> watch_until(double load_s);
  Result<void> watch(const std::function<bool()>& done, double at_most_s);
  void show();
  void sample();
  [[nodiscard]] double load_s() const { return static_cast<double>(load_->now_us()) / kUsPerS; }
  [[nodiscard]] fs::path file(const char* name) const { return options_.folder / name; }

  const RunOptions& options_;
  const std::stop_token stop_;
  RunProgress& progress_;
  const SystemClock clock_;
  RunRecord record_;
  std::vector<FaultPlan> schedule_;
  std::atomic<int> struck_ = 0;  // faults; the conductor's thread counts them
  double next_sample_s_ = 0;

  // In the order in which they come; they end the other link round.
  std::unique_ptr<FaultAgent> agent_;
  ProxiedLinks links_;
  fs::path disk_table_;
  std::unique_ptr<InstanceUnderTest> instance_;
  ForeignSubject foreign_;
  std::unique_ptr<Load> load_;
  std::optional<FaultLog> struck_log_;
  std::unique_ptr<Conductor> conductor_;
  std::future<Conductor::Outcome> faults_;
  std::jthread faults_thread_;
};

Result<Verdict> Run::run() {
  using Step = Result<void> (Run::*)();
  for (const Step step : {&Run::prepare, &Run::start_instance, &Run::start_load, &Run::hold_steady,
                          &Run::strike, &Run::become_redundant, &Run::stop_load, &Run::settle, &Run::end}) {
    if (auto done = (this->*step)(); !done) return done.error();
    if (stop_.stop_requested()) return Error{Retry::kLater, "interrupted"};
  }
  return judge();
}

Result<void> Run::prepare() {
  progress_.phase("start");
  std::error_code error;
  fs::create_directories(options_.folder, error);
  if (error) {
    return Error{Retry::kNever, fmt::format("cannot make {}: {}; choose another folder with --out",
                                            options_.folder.string(), error.message())};
  }
  auto schedule = schedule_for(options_);
  if (!schedule) return schedule.error();
  schedule_ = std::move(*schedule);
  record_.scenario = options_.scenario;
  record_.seed = options_.seed;
  record_.duration_s = options_.duration_s;
  if (!options_.foreign) record_.tactics = tactics_of(options_.level);
  if (options_.foreign) {
    record_.subject = options_.foreign->url;
    record_.backend = options_.foreign->at;
  }
  record_.label = options_.label;
  record_.repeat = options_.repeat;
  record_.planned = static_cast<int>(schedule_.size());
  record_.machine = this_machine();
  auto log = FaultLog::create(file("faults.jsonl"));
  if (!log) return log.error();
  struck_log_.emplace(std::move(*log));
  auto agent = FaultAgent::start(options_.folder);
  if (!agent) return agent.error();
  agent_ = std::move(*agent);
  return {};
}

bool spoils_disks(const FaultPlan& plan) {
  return plan.kind == FaultKind::kSlowDisk || plan.kind == FaultKind::kFullDisk;
}

Result<void> Run::start_instance() {
  if (options_.foreign) return look_for(*options_.foreign);
  InstanceUnderTest::Options options;
  options.run = options_.folder;
  options.settings = instance::settings_text(settings_with(*record_.tactics, options_.scenario.settings));
  options.spares = record_.tactics->spares;
  if (std::any_of(schedule_.begin(), schedule_.end(), spoils_disks)) {
    disk_table_ = file("disks");
    if (auto made = make_disk_table(disk_table_); !made) return made;
    auto environment = disk_environment(disk_table_);
    if (!environment) return environment.error();
    options.environment = std::move(*environment);
  }
  auto links = ProxiedLinks::open(*agent_, InstanceUnderTest::layout(options_.folder), schedule_,
                                  instance::topology(services::names(), options.spares));
  if (!links) return links.error();
  links_ = std::move(*links);
  auto instance = InstanceUnderTest::start(std::move(options), stop_);
  if (!instance) return instance.error();
  instance_ = std::move(*instance);
  return agent_->guard(instance_->id());
}

Result<void> Run::start_load() {
  progress_.phase("steady state");
  auto load = options_.scenario.load;
  load.seed = options_.seed;
  if (options_.foreign) {
    load.host = options_.foreign->at.host;
    load.port = options_.foreign->at.port;
    load.base_path = options_.foreign->at.base_path;
    load.prefix = fmt::format("lab{:x}", clock_.wall_ms());  // it may have met an earlier load
  } else {
    load.port = instance_->port();
  }
  auto prepared = Load::prepare(load, file("requests.tsv"), kWarmUpMs);
  if (!prepared) return prepared.error();
  load_ = std::move(*prepared);
  load_->begin();
  record_.started_wall_us = clock_.wall_ms() * 1000 - load_->now_us();
  return {};
}

Result<void> Run::hold_steady() {
  const auto& steady = options_.scenario.steady;
  if (auto watched = watch_until(steady.seconds); !watched) return watched;
  const auto counts = load_->counts();
  const auto failed = counts.ended - counts.acknowledged;
  if (failed <= steady.failed && counts.acknowledged > 0) return {};
  return Error{
      Retry::kLater,
      fmt::format(
          "there is no steady state: before any fault {} of {} requests were not acknowledged, at most "
          "{} may; {} has them",
          failed, counts.ended, steady.failed, file("requests.tsv").string())};
}

Result<void> Run::strike() {
  progress_.phase("faults");
  FaultContext context{.subject = instance_ ? static_cast<Subject&>(*instance_) : foreign_,
                       .agent = *agent_,
                       .links = links_,
                       .run = options_.folder,
                       .disk_table = disk_table_,
                       .poison = [this](const std::string& how) -> Result<std::string> {
                         load_->poison(how);
                         return fmt::format("a request that makes its process {}",
                                            how == "memory" ? "use up the memory" : how);
                       }};
  const Conductor::Bounds bounds{.end_us = static_cast<std::int64_t>(options_.duration_s * kUsPerS)};
  conductor_ = std::make_unique<Conductor>(
      schedule_, context, *struck_log_, [this] { return load_->now_us(); }, bounds,
      [this](const InjectedFault& fault) {
        if (!fault.healed_us) ++struck_;
      });
  std::packaged_task<Conductor::Outcome(std::stop_token)> task(
      [this](const std::stop_token& stop) { return conductor_->run(stop); });
  faults_ = task.get_future();
  faults_thread_ = std::jthread(std::move(task));
  auto watched = watch_until(options_.duration_s);
  if (!watched) {
    faults_thread_.request_stop();  // it heals, before its thread is joined
    return watched;
  }
  progress_.phase("heal");
  const auto is_over = [this] {
    return faults_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  if (auto healed = watch(is_over, kHealMs / 1000); !healed) return healed;
  if (!is_over())
    return Error{Retry::kLater, "the faults are not healed in time; see: sportapp experiment heal"};
  auto outcome = faults_.get();
  record_.troubles = std::move(outcome.troubles);
  return {};
}

Result<void> Run::become_redundant() {
  if (options_.foreign || !record_.tactics->restart) return {};
  progress_.phase("redundant again");
  const auto faults_over_us = load_->now_us();
  std::string missing;
  const auto is_redundant = [&] { return (missing = instance_->not_redundant()).empty(); };
  const auto within_s = std::max(kRedundantS, options_.scenario.expect.redundant_within_s.value_or(0));
  // Where nobody looks for hangs, waiting for what hangs is in vain.
  const auto at_most_s = record_.tactics->detect_hangs ? within_s : 5;
  if (auto watched = watch(is_redundant, at_most_s); !watched) return watched;
  if (missing.empty()) {
    record_.redundant_after_s = static_cast<double>(load_->now_us() - faults_over_us) / kUsPerS;
  } else {
    record_.troubles.push_back("not redundant again: " + missing);
  }
  return {};
}

Result<void> Run::stop_load() {
  progress_.phase("load's end");
  record_.load_us = load_->now_us();
  load_->stop();
  const auto is_over = [this] { return load_->finished(); };
  constexpr double kBeyondS = 5;
  const auto timeout_s = static_cast<double>(options_.scenario.load.timeout_ms) / 1000;
  if (auto watched = watch(is_over, timeout_s + kBeyondS); !watched) return watched;
  return load_->wait(0);
}

Result<void> Run::settle() {
  if (options_.foreign) {
    progress_.phase("what it does later");
    if (!await_still_list(options_.foreign->at, kCaughtUpMs, stop_)) {
      record_.troubles.emplace_back(
          "the target's list of users went on changing: what it lacks may only be late");
    }
    return {};
  }
  progress_.phase("read models catch up");
  for (auto& done : instance_->repair()) record_.troubles.push_back("after the load: " + done);
  std::string missing;
  const auto is_caught_up = [&] { return (missing = instance_->not_caught_up()).empty(); };
  if (auto watched = watch(is_caught_up, kCaughtUpMs / 1000); !watched) return watched;
  if (!missing.empty()) record_.troubles.push_back("a read model did not catch up: " + missing);
  return {};
}

Result<void> Run::end() {
  progress_.phase("end");
  record_.watched_us = load_->now_us();
  if (instance_) {
    if (const auto ended = instance_->end(); !ended) record_.troubles.push_back(ended.error().what);
  }
  if (auto finished = agent_->finish(); !finished) return finished;
  return write_record(options_.folder, record_);
}

Result<Verdict> Run::judge() {
  const auto data = InstanceUnderTest::layout(options_.folder).data;
  auto verdict = judge_run(options_.folder, record_, data, progress_);
  if (!verdict) return verdict;
  const auto written =
      write_file(file("result.json"), boost::json::serialize(to_json(verdict->result)) + "\n");
  if (!written) return written.error();
  if (!options_.foreign && !options_.keep_data && !verdict->keep_data) {
    std::error_code stays;
    fs::remove_all(data, stays);
  }
  return verdict;
}

Result<void> Run::watch_until(double until_s) {
  return watch([this, until_s] { return load_s() >= until_s; }, until_s - load_s() + 1);
}

Result<void> Run::watch(const std::function<bool()>& done, double at_most_s) {
  const auto until_ms = clock_.monotonic_ms() + static_cast<std::int64_t>(at_most_s * 1000);
  while (!done() && clock_.monotonic_ms() < until_ms) {
    show();
    sample();
    if (!pause(stop_, kLookMs)) return Error{Retry::kLater, "interrupted"};
  }
  return {};
}

void Run::show() {
  const auto counts = load_->counts();
  const int faults = struck_;
  const auto of_s = options_.duration_s;
  progress_.detail(fmt::format("{:.0f} of {:.0f} s, {} requests, {} not acknowledged, {} of {} faults",
                               std::min(load_s(), of_s), of_s, counts.ended,
                               counts.ended - counts.acknowledged, faults, schedule_.size()));
}

void Run::sample() {
  if (!instance_ || load_s() < next_sample_s_ || load_s() > options_.duration_s) return;
  next_sample_s_ = load_s() + std::max(kSampleEveryS, options_.duration_s / kSamples);
  const auto size = instance_->size();
  record_.growth.push_back({load_s(), size.memory_mib, size.journal_mib});
}

}  // namespace

Result<Verdict> run_once(const RunOptions& options, const std::stop_token& stop, RunProgress& progress) {
  return Run(options, stop, progress).run();
}

}  // namespace sportapp::lab
