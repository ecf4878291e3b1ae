// Where the events of one other service go: each that concerns the domain becomes a command of the journal.
#pragma once
#include <functional>
#include <span>
#include <string>

#include "domain/domain.hpp"
#include "net/messaging/event_source.hpp"
#include "store/journal/journal.hpp"
#include "store/retention/retention_policy.hpp"

namespace sportapp::commands {

// An event that the domain does not understand, or whose command is refused or hits a defect, is set aside,
// so that it holds up nothing else. One thread; position() and what is written to the journal stay in step
// whatever fails, since the journal takes each event in its turn only.
class Intake final : public messaging::EventSink {
 public:
  // After each event or run of events that was taken in, on the same thread.
  using OnPosition = std::function<void(Seq)>;

  // `policy`: of the source's journal, which has the same settings. Where it deletes entries, events that ask
  // for nothing are made to count durably before they are deleted.
  Intake(std::string source, const domain::Domain& domain, journal::Journal& journal, OnPosition on_position,
         const retention::RetentionPolicy& policy = {});
  // At least what durably counted; beyond it, events that ask for nothing, which are read again after a
  // restart.
  [[nodiscard]] messaging::Place place() override;
  bool step_back() override;
  [[nodiscard]] Result<void> write(std::span<const domain::CommittedEvent> events) override;

 private:
  using Events = std::span<const domain::CommittedEvent>;

  // Events beyond what durably counted.
  struct Passed {
    std::int64_t others = 0;
    std::int64_t notes = 0;  // that tell of passing by themselves: two services must not answer them for ever
    std::int64_t since_ms = 0;
  };
  void passed(Events events);
  [[nodiscard]] bool must_account() const;
  void account();
  [[nodiscard]] Result<std::size_t> take(Events events);
  [[nodiscard]] std::vector<domain::Reaction> react(Events events) const;
  [[nodiscard]] Result<std::size_t> take_fewer(Events events, const std::string& why);
  [[nodiscard]] Result<std::size_t> submit(Events events, std::vector<domain::Reaction> reactions);
  [[nodiscard]] Result<std::size_t> set_aside(const domain::CommittedEvent& event, const std::string& why);

  const std::string source_;
  const domain::Domain& domain_;
  journal::Journal& journal_;
  const OnPosition on_position_;
  messaging::Place at_;
  Seq one_by_one_until_;
  const retention::RetentionPolicy policy_;
  Passed passed_;
};

}  // namespace sportapp::commands
