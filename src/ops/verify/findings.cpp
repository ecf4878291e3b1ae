#include "ops/verify/findings.hpp"

#include <chrono>

namespace sportapp::verify {

void Findings::run(const std::string& service, const std::string& file, const std::string& check,
                   const std::function<Result<Checked>(const Progress&)>& body) {
  const auto start = std::chrono::steady_clock::now();
  const auto under_way = file + " " + check;
  const auto checked =
      body([&](std::int64_t done, std::int64_t of) { watcher_.progress(under_way, done, of); });
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  Finding finding{service, file, check, "", elapsed.count(), std::nullopt, std::nullopt};
  if (checked) {
    finding.summary = checked->summary;
    finding.first = checked->first;
  } else {
    finding.unreadable = checked.error();
  }
  report(finding);
}

void Findings::report(const Finding& finding) {
  ++verdict_.checks;
  if (finding.first) ++verdict_.different;
  if (finding.unreadable) ++verdict_.unreadable;
  watcher_.found(finding);
}

}  // namespace sportapp::verify
