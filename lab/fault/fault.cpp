#include "lab/fault/fault.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <utility>

#include "lab/agent/task.hpp"
#include "lab/fault/injections.hpp"

namespace sportapp::lab {
namespace {

constexpr int kTaskEndMs = 5000;  // what a command of ours still has when the run ends

class Kill final : public Fault {
 public:
  Kill(std::string target, const FaultContext& context) : target_(std::move(target)), context_(context) {}
  Result<FaultStart> strike(const Now& now) override {
    const auto targets = find_target_processes(context_.subject, target_);
    if (!targets) return targets.error();
    FaultStart start{now(), "kill -9 of " + names_of(*targets)};
    bool hit = false;
    for (const auto& target : *targets) hit = process::signal_process(target.id, SIGKILL) || hit;
    if (!hit) return Error{Retry::kLater, names_of(*targets) + " had ended already"};
    return start;
  }

 private:
  const std::string target_;
  const FaultContext context_;
};

// What the fault agent brings about and takes back.
class Injected final : public Fault {
 public:
  Injected(FaultPlan plan, const FaultContext& context) : plan_(std::move(plan)), context_(context) {}
  Result<FaultStart> strike(const Now& now) override {
    auto choices = injections_of(plan_, context_);
    if (!choices) return choices.error();
    Error last;
    for (const auto& choice : *choices) {
      FaultStart start{now(), choice.what};
      auto struck = inject(choice.injections);
      if (struck) return start;
      last = struck.error();
    }
    return last;
  }
  Result<bool> heal() override {
    bool something = false;
    Result<void> last;
    for (const auto& [number, injection] : inflicted_) {
      const auto* frozen = std::get_if<Frozen>(&injection);
      // A process that was ended while it was stopped is nothing to heal.
      something = something || frozen == nullptr || process::is_alive(frozen->id);
      if (auto healed = context_.agent.heal(number); !healed) last = healed;
    }
    if (!last) return last.error();
    return something;
  }

 private:
  Result<void> inject(const std::vector<Injection>& injections) {
    for (const auto& injection : injections) {
      // On time even if the lab is busy or hangs then: the fault agent has a clock of its own.
      const auto number = context_.agent.inject(injection, plan_.heal_after_ms);
      if (!number) {
        static_cast<void>(heal());  // the first error is the one that tells
        inflicted_.clear();
        return number.error();
      }
      inflicted_.emplace_back(*number, injection);
    }
    return {};
  }

  const FaultPlan plan_;
  const FaultContext context_;
  std::vector<std::pair<int, Injection>> inflicted_;
};

// A command that runs beside the load; the fault is over when it has ended.
class Running : public Fault {
 public:
  explicit Running(const FaultContext& context) : context_(context) {}
  Result<bool> is_over() override {
    const auto status = task_ ? task_->ended() : std::nullopt;
    if (!status) return false;
    if (const auto judged = judge_end(*status, arguments_, log()); !judged) return judged.error();
    return true;
  }
  Result<bool> heal() override {
    if (task_ && !task_->ended(kTaskEndMs)) {
      task_->kill();
      return Error{Retry::kNever, fmt::format("{} had not ended when the run did, and was killed",
                                              fmt::join(arguments_, " "))};
    }
    const auto over = is_over();
    return over ? Result<bool>(true) : over.error();
  }

 protected:
  Result<FaultStart> begin(const Now& now, std::vector<std::string> arguments, std::string what) {
    arguments_ = std::move(arguments);
    FaultStart start{now(), std::move(what)};
    auto task = Task::start(arguments_, log());
    if (!task) return task.error();
    task_.emplace(std::move(*task));
    return start;
  }
  [[nodiscard]] const FaultContext& context() const { return context_; }

 private:
  [[nodiscard]] std::filesystem::path log() const { return context_.run / "commands.log"; }
  const FaultContext context_;
  std::vector<std::string> arguments_;
  std::optional<Task> task_;
};

class OnPurpose final : public Running {
 public:
  OnPurpose(std::vector<std::string> words, const FaultContext& context)
      : Running(context), words_(std::move(words)) {}
  Result<FaultStart> strike(const Now& now) override {
    return begin(now, context().subject.command(words_), fmt::format("sportapp {}", fmt::join(words_, " ")));
  }

 private:
  const std::vector<std::string> words_;
};

class UserCommand final : public Running {
 public:
  UserCommand(FaultPlan plan, const FaultContext& context) : Running(context), plan_(std::move(plan)) {}
  Result<FaultStart> strike(const Now& now) override {
    if (!plan_.heal.empty()) {
      const auto noted = context().agent.inject(UndoCommand{plan_.heal}, plan_.heal_after_ms);
      if (!noted) return noted.error();
      noted_ = *noted;
    }
    auto start = begin(now, {"sh", "-c", plan_.inject}, plan_.inject);
    if (!start && noted_ != 0) static_cast<void>(context().agent.heal(noted_));
    return start;
  }
  // With a command that heals it, it lasts until then.
  Result<bool> is_over() override {
    const auto over = Running::is_over();
    return over && noted_ != 0 ? Result<bool>(false) : over;
  }
  Result<bool> heal() override {
    auto ended = Running::heal();
    if (noted_ == 0) return ended;
    if (const auto healed = context().agent.heal(noted_); !healed) return healed.error();
    return ended ? Result<bool>(true) : ended;
  }

 private:
  const FaultPlan plan_;
  int noted_ = 0;
};

class Poison final : public Fault {
 public:
  Poison(std::string how, const FaultContext& context) : how_(std::move(how)), context_(context) {}
  Result<FaultStart> strike(const Now& now) override {
    FaultStart start{now(), {}};
    auto sent = context_.poison(how_);
    if (!sent) return sent.error();
    start.what = std::move(*sent);
    return start;
  }

 private:
  const std::string how_;
  const FaultContext context_;
};

}  // namespace

std::unique_ptr<Fault> make_fault(const FaultPlan& plan, const FaultContext& context) {
  switch (plan.kind) {
    case FaultKind::kKill:
      return std::make_unique<Kill>(plan.target, context);
    case FaultKind::kStop:
    case FaultKind::kFreeze:
    case FaultKind::kCut:
    case FaultKind::kSlowDisk:
    case FaultKind::kFullDisk:
    case FaultKind::kSqueeze:
      return std::make_unique<Injected>(plan, context);
    case FaultKind::kPoison:
      return std::make_unique<Poison>(plan.how, context);
    case FaultKind::kSwitchover:
      return std::make_unique<OnPurpose>(std::vector<std::string>{"switchover", plan.target}, context);
    case FaultKind::kRolling:
      return std::make_unique<OnPurpose>(std::vector<std::string>{"restart", "--rolling"}, context);
    case FaultKind::kCommand:
      return std::make_unique<UserCommand>(plan, context);
  }
  throw std::logic_error("a kind of fault that there is not");
}

}  // namespace sportapp::lab
