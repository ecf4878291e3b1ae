#include <fmt/format.h>

#include <memory>

#include "base/command_line/command_line.hpp"
#include "ha/failover/monitor_rules.hpp"
#include "ha/failover/node_rules.hpp"
#include "ha/replication/peer_rules.hpp"
#include "ops/cli/commands.hpp"

namespace sportapp::cli {

void add_failover_command(command_line::Command& app) {
  auto* failover = app.add_command("failover", "Show how failures are decided");
  failover->require_command();
  failover->footer("Examples:\n  sportapp failover table\n  sportapp failover table --mermaid");
  auto* table = failover->add_command("table", "Print the rules of monitor, node and primary's peers");
  auto mermaid = std::make_shared<bool>(false);
  table->add_flag("--mermaid", *mermaid, "As state diagrams");
  table->footer("Examples:\n  sportapp failover table\n  sportapp failover table --mermaid");
  table->action([mermaid] {
    for (const auto* rules :
         {&failover::monitor_table(), &failover::node_table(), &replication::peer_table()}) {
      if (*mermaid) {
        fmt::print("```mermaid\n---\ntitle: {}\n---\n{}```\n\n", rules->name, failover::to_mermaid(*rules));
      } else {
        fmt::print("{}\n", failover::to_text(*rules));
      }
    }
  });
}

}  // namespace sportapp::cli
