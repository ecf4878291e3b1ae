#pragma once
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "lab/result/result.hpp"
#include "lab/run/progress.hpp"
#include "lab/run/record.hpp"

namespace sportapp::lab {

struct Verdict {
  bool pass = false;
  std::string line;
  result::Result result;
  bool keep_data = false;  // something in the data is not as it must be: whoever looks into it needs it
};

// Holds a run's logs against the data of its instance, which has ended, or against what its backend answers
// now. An error: it cannot be judged. `data`: is not looked at where the run has a backend.
[[nodiscard]] Result<Verdict> judge_run(const std::filesystem::path& run, const RunRecord& record,
                                        const std::filesystem::path& data, RunProgress& progress);

// On standard output: the verdict, and what of the expectations is broken. `note`: goes behind a verdict that
// is none.
void tell(const std::string& name, const Verdict& verdict, const std::string& note = {});

}  // namespace sportapp::lab
