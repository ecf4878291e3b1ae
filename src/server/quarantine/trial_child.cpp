#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <stdexcept>

#include "base/clock.hpp"
#include "domain/overlay_state.hpp"
#include "server/quarantine/trial.hpp"
#include "server/quarantine/trial_protocol.hpp"
#include "store/journal/state_reader.hpp"

namespace sportapp::quarantine {
namespace {

constexpr rlim_t kMemoryMax = rlim_t{512} * 1024 * 1024;
constexpr rlim_t kCpuSecondsMax = 5;
constexpr unsigned kLifeSecondsMax = 20;  // where nobody is there any more to end it
constexpr std::size_t kRequestBytesMax = 128U * 1024 * 1024;

void set_limit(int resource, rlim_t most) {
  const rlimit limit{most, most};
  if (::setrlimit(resource, &limit) != 0) throw std::runtime_error("a limit cannot be set");
}

void limit_self() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(kLifeSecondsMax);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_CPU, kCpuSecondsMax);
// A sanitizer needs more addresses than there is memory.
#ifndef SPORTAPP_SANITIZED
  set_limit(RLIMIT_AS, kMemoryMax);
#endif
}

void say(std::string_view word) {
  while (!word.empty()) {
    const auto written = ::write(STDOUT_FILENO, word.data(), word.size());
    if (written <= 0) return;  // nobody listens
    word.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_all() {
  std::string all;
  char bytes[64 * 1024];
  for (;;) {
    const auto got = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (got < 0) throw std::runtime_error("its request cannot be read");
    if (got == 0) return all;
    all.append(bytes, static_cast<std::size_t>(got));
    if (all.size() > kRequestBytesMax) throw std::runtime_error("its request is too long");
  }
}

void execute(const domain::Domain& domain, const TrialRequest& request, const journal::StateAt& at) {
  auto parsed = domain.parse(request.method, request.id, request.body);
  const auto* command = std::get_if<domain::Command>(&parsed);
  if (command == nullptr) return;
  auto decision = domain.decide(*at.state, *command);
  const auto* effect = std::get_if<domain::Effect>(&decision);
  if (effect == nullptr) return;
  domain::OverlayState state(*at.state);
  domain.apply(state, {at.head.next(), SystemClock().wall_ms(), effect->event});
}

}  // namespace

int run_trial(const domain::Domain& domain) {
  try {
    limit_self();
    const auto request = trial::decode(read_all());
    if (!request) throw std::runtime_error("its request is not well-formed");
    const auto at = journal::read_state(request->journal);
    if (!at) throw std::runtime_error(at.error().what);
    say(trial::kBegun);
    try {
      execute(domain, *request, *at);
    } catch (const std::bad_alloc&) {
      say(trial::kMemory);
      return 0;
    } catch (const std::exception&) {
      // A defect that the journal undoes and answers.
    }
    say(trial::kOk);
  } catch (const std::exception& failed) {
    say(std::string(trial::kCannot) + failed.what());
  }
  return 0;
}

}  // namespace sportapp::quarantine
