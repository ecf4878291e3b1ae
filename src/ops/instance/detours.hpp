// For the lab: who reaches whom by another port than its own, because a proxy stands between them.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/result.hpp"
#include "ops/instance/layout.hpp"

namespace sportapp::instance {

class Detours {
 public:
  void add(const std::string& dials, const std::string& listens, std::uint16_t port);
  // The port by which one process reaches another, whose own port is `own`.
  [[nodiscard]] std::uint16_t port(const std::string& dials, const std::string& listens,
                                   std::uint16_t own) const;

  // DATA/run/detours.json: {"monitor":{"users-commands-a":31001}}. `sportapp experiment up` reads it; none
  // where there is no file.
  [[nodiscard]] static Result<Detours> read(const Layout& layout);
  [[nodiscard]] Result<void> write(const Layout& layout) const;

 private:
  std::map<std::string, std::map<std::string, std::uint16_t>> ports_;  // who dials, who listens
};

}  // namespace sportapp::instance
