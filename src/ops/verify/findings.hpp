#pragma once
#include <functional>
#include <string>

#include "base/result.hpp"
#include "ops/verify/journal_checks.hpp"
#include "ops/verify/records.hpp"
#include "ops/verify/verify.hpp"

namespace sportapp::verify {

// Does checks one after another, tells what each found, and counts.
class Findings {
 public:
  explicit Findings(const Watcher& watcher) : watcher_(watcher) {}

  void run(const std::string& service, const std::string& file, const std::string& check,
           const std::function<Result<Checked>(const Progress&)>& body);
  void report(const Finding& finding);
  [[nodiscard]] Verdict verdict() const { return verdict_; }

 private:
  const Watcher& watcher_;
  Verdict verdict_;
};

}  // namespace sportapp::verify
