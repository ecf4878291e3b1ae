// simulate: failover and replication from many seeds; see --help.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>

#include "base/command_line/command_line.hpp"
#include "sim/faults.hpp"

namespace {

using namespace sportapp::simulator;

struct Asked {
  std::uint64_t from = 1, seeds = 1000, seed = 0, steps = 0;
  std::string nodes = "mixed";
  bool brief = false;
  bool trace = false, quiet = false;
};

struct Done {
  std::uint64_t seeds = 0, steps = 0, answers = 0;
};

int nodes_of(const std::string& asked) {
  return asked == "mixed" ? 0 : asked == "2" ? 2 : 3;
}

void print(const std::string& line) {
  fmt::print("{}", line);
}

// False: it showed a defect, which is printed.
bool one(std::uint64_t seed, const Asked& asked, Done& done) {
  World world(settings_of(seed, nodes_of(asked.nodes), asked.brief), asked.trace ? print : Trace::Sink());
  bool passed = true;
  try {
    run(world);
  } catch (const std::exception& exception) {
    passed = false;
    fmt::print("seed {} after {} steps, at {} ms: {}\nreplay: simulate --seed {} --nodes {}{} --trace\n",
               seed, world.timeline().steps(), world.timeline().now_ms(), exception.what(), seed, asked.nodes,
               asked.brief ? " --brief" : "");
  }
  ++done.seeds;
  done.steps += world.timeline().steps();
  done.answers += world.checker().answers();
  return passed;
}

int many(const Asked& asked) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  auto shown = start;
  Done done;
  const auto rate = [&] {
    const auto seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return fmt::format("{} seeds, {} steps, {} answers in {:.1f} s: {:.0f} seeds and {:.0f} steps a second",
                       done.seeds, done.steps, done.answers, seconds,
                       static_cast<double>(done.seeds) / seconds, static_cast<double>(done.steps) / seconds);
  };
  for (auto seed = asked.from; seed < asked.from + asked.seeds || done.steps < asked.steps; ++seed) {
    if (!one(seed, asked, done)) return 1;
    if (asked.quiet || Clock::now() - shown < std::chrono::seconds(5)) continue;
    shown = Clock::now();
    fmt::print(stderr, "{}\n", rate());
  }
  fmt::print("{}: no defect\n", rate());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  spdlog::set_level(spdlog::level::off);  // the trace says it, with the time of the run
  sportapp::command_line::Program app(
      "Runs monitor, nodes and clients over a simulated network, disk and clock, each run from one seed.",
      "simulate");
  Asked asked;
  app.add_option("--seeds", asked.seeds, "so many seeds")->show_default();
  app.add_option("--from", asked.from, "the first of them")->show_default();
  app.add_option("--steps", asked.steps, "go on until so many steps were done");
  app.add_option("--nodes", asked.nodes, "of the service")->one_of({"2", "3", "mixed"})->show_default();
  app.add_flag("--brief", asked.brief, "shorter runs: what is not found soon is not looked for");
  auto* seed = app.add_option("--seed", asked.seed, "this one only");
  app.add_flag("--trace", asked.trace, "print what happens, step by step")->needs(seed);
  app.add_flag("--quiet", asked.quiet, "no progress");
  app.footer(
      "Examples:\n"
      "  simulate --seeds 20000              seeds 1 to 20000, two or three nodes\n"
      "  simulate --seeds 1000000 --nodes 3  a million with three nodes; progress every five seconds\n"
      "  simulate --steps 10000000 --seeds 1 until ten million steps are done\n"
      "  simulate --seed 42 --trace          what happens in seed 42, the same each time\n"
      "Exit status: 0 no defect, 1 a seed showed one (it is printed with the command that replays it).");
  int exit_status = 0;
  if (!app.parse(argc, argv, exit_status)) return exit_status;
  if (seed->given()) {
    Done done;
    return one(asked.seed, asked, done) ? 0 : 1;
  }
  return many(asked);
}
