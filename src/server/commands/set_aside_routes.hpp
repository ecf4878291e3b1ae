// GET /internal/events/set-aside and POST /internal/events/retry of a commands process.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "domain/domain.hpp"
#include "domain/set_aside.hpp"
#include "ha/hold/primary_location.hpp"
#include "net/http/message.hpp"
#include "net/http/router.hpp"
#include "store/journal/journal.hpp"

namespace sportapp::commands {

// Loop thread only; must outlive the server's last answer.
class SetAsideRoutes {
 public:
  // `primary`: where it is; elsewhere, it is to be asked.
  SetAsideRoutes(std::filesystem::path file, const domain::Domain& domain, journal::Journal& journal,
                 Loop& loop, std::function<const hold::PrimaryLocation&()> primary);
  void add_to(http::Router& router);

 private:
  struct Row {
    Id id;
    domain::SetAside event;
  };
  // A retry under way: one event after the other, oldest first.
  struct Round {
    http::Reply reply;
    std::vector<Row> rows;
    std::size_t at = 0;
    std::int64_t retried = 0;
  };

  [[nodiscard]] Result<std::vector<Row>> rows() const;
  [[nodiscard]] Result<std::vector<domain::SetAside>> list() const;
  void retry(const http::Reply& reply);
  void next();
  void clear();
  void submit(std::string key, domain::Command command, void (SetAsideRoutes::*then)(journal::Outcome));
  void took_effect(journal::Outcome outcome);
  void cleared(journal::Outcome outcome);
  void end(http::Response response);

  const std::filesystem::path file_;
  const domain::Domain& domain_;
  journal::Journal& journal_;
  Loop& loop_;
  const std::function<const hold::PrimaryLocation&()> primary_;
  std::optional<Round> round_;
};

}  // namespace sportapp::commands
