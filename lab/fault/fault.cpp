#include "lab/fault/fault.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <utility>

#include "lab/fault/injuries.hpp"
#include "lab/healer/task.hpp"

namespace sportapp::lab {
namespace {

constexpr int kTaskEndMs = 5000;  // what a command of ours still has when the run ends

class Kill final : public Fault {
 public:
  Kill(std::string target, const Means& means) : target_(std::move(target)), means_(means) {}
  Result<Blow> strike(const Now& now) override {
    const auto victims = find_victims(means_.subject, target_);
    if (!victims) return victims.error();
    Blow blow{now(), "kill -9 of " + names_of(*victims)};
    bool hit = false;
    for (const auto& victim : *victims) hit = process::signal_process(victim.id, SIGKILL) || hit;
    if (!hit) return Error{Retry::kLater, names_of(*victims) + " had ended already"};
    return blow;
  }

 private:
  const std::string target_;
  const Means means_;
};

// What the healer brings about and takes back.
class Injured final : public Fault {
 public:
  Injured(FaultPlan plan, const Means& means) : plan_(std::move(plan)), means_(means) {}
  Result<Blow> strike(const Now& now) override {
    auto choices = injuries_of(plan_, means_);
    if (!choices) return choices.error();
    Error last;
    for (const auto& choice : *choices) {
      Blow blow{now(), choice.what};
      auto struck = inflict(choice.injuries);
      if (struck) return blow;
      last = struck.error();
    }
    return last;
  }
  Result<bool> heal() override {
    bool something = false;
    Result<void> last;
    for (const auto& [number, injury] : inflicted_) {
      const auto* frozen = std::get_if<Frozen>(&injury);
      // A process that was ended while it was stopped is nothing to heal.
      something = something || frozen == nullptr || process::is_alive(frozen->id);
      if (auto healed = means_.healer.heal(number); !healed) last = healed;
    }
    if (!last) return last.error();
    return something;
  }

 private:
  Result<void> inflict(const std::vector<Injury>& injuries) {
    for (const auto& injury : injuries) {
      // On time even if the lab is busy or hangs then: the healer has a clock of its own.
      const auto number = means_.healer.inflict(injury, plan_.heal_after_ms);
      if (!number) {
        static_cast<void>(heal());  // the first error is the one that tells
        inflicted_.clear();
        return number.error();
      }
      inflicted_.emplace_back(*number, injury);
    }
    return {};
  }

  const FaultPlan plan_;
  const Means means_;
  std::vector<std::pair<int, Injury>> inflicted_;
};

// A command that runs beside the load; the fault is over when it has ended.
class Running : public Fault {
 public:
  explicit Running(const Means& means) : means_(means) {}
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
  Result<Blow> begin(const Now& now, std::vector<std::string> arguments, std::string what) {
    arguments_ = std::move(arguments);
    Blow blow{now(), std::move(what)};
    auto task = Task::start(arguments_, log());
    if (!task) return task.error();
    task_.emplace(std::move(*task));
    return blow;
  }
  [[nodiscard]] const Means& means() const { return means_; }

 private:
  [[nodiscard]] std::filesystem::path log() const { return means_.run / "commands.log"; }
  const Means means_;
  std::vector<std::string> arguments_;
  std::optional<Task> task_;
};

class OnPurpose final : public Running {
 public:
  OnPurpose(std::vector<std::string> words, const Means& means) : Running(means), words_(std::move(words)) {}
  Result<Blow> strike(const Now& now) override {
    return begin(now, means().subject.command(words_), fmt::format("sportapp {}", fmt::join(words_, " ")));
  }

 private:
  const std::vector<std::string> words_;
};

class UserCommand final : public Running {
 public:
  UserCommand(FaultPlan plan, const Means& means) : Running(means), plan_(std::move(plan)) {}
  Result<Blow> strike(const Now& now) override {
    if (!plan_.heal.empty()) {
      const auto noted = means().healer.inflict(Noted{plan_.heal}, plan_.heal_after_ms);
      if (!noted) return noted.error();
      noted_ = *noted;
    }
    auto blow = begin(now, {"sh", "-c", plan_.inject}, plan_.inject);
    if (!blow && noted_ != 0) static_cast<void>(means().healer.heal(noted_));
    return blow;
  }
  // With a command that heals it, it lasts until then.
  Result<bool> is_over() override {
    const auto over = Running::is_over();
    return over && noted_ != 0 ? Result<bool>(false) : over;
  }
  Result<bool> heal() override {
    auto ended = Running::heal();
    if (noted_ == 0) return ended;
    if (const auto healed = means().healer.heal(noted_); !healed) return healed.error();
    return ended ? Result<bool>(true) : ended;
  }

 private:
  const FaultPlan plan_;
  int noted_ = 0;
};

class Poison final : public Fault {
 public:
  Poison(std::string how, const Means& means) : how_(std::move(how)), means_(means) {}
  Result<Blow> strike(const Now& now) override {
    Blow blow{now(), {}};
    auto sent = means_.poison(how_);
    if (!sent) return sent.error();
    blow.what = std::move(*sent);
    return blow;
  }

 private:
  const std::string how_;
  const Means means_;
};

}  // namespace

std::unique_ptr<Fault> make_fault(const FaultPlan& plan, const Means& means) {
  switch (plan.kind) {
    case FaultKind::kKill:
      return std::make_unique<Kill>(plan.target, means);
    case FaultKind::kStop:
    case FaultKind::kFreeze:
    case FaultKind::kCut:
    case FaultKind::kSlowDisk:
    case FaultKind::kFullDisk:
    case FaultKind::kSqueeze:
      return std::make_unique<Injured>(plan, means);
    case FaultKind::kPoison:
      return std::make_unique<Poison>(plan.how, means);
    case FaultKind::kSwitchover:
      return std::make_unique<OnPurpose>(std::vector<std::string>{"switchover", plan.target}, means);
    case FaultKind::kRolling:
      return std::make_unique<OnPurpose>(std::vector<std::string>{"restart", "--rolling"}, means);
    case FaultKind::kCommand:
      return std::make_unique<UserCommand>(plan, means);
  }
  throw std::logic_error("a kind of fault that there is not");
}

}  // namespace sportapp::lab
