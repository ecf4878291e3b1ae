// What an earlier start, another version or an accident left in the data folder that this start cannot use as
// it is. For who holds the folder's lock, before anything else is written.
#pragma once
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/instance/layout.hpp"

namespace sportapp::instance {

// Puts aside what stands in the place of a folder or a file that every start makes or can do without: the
// contents of run, logs and config, the monitor's list of events. Gives a sentence for each. No file of a
// journal, a read model or the monitor's record is touched: what is wrong with those is for their processes
// to say.
[[nodiscard]] Result<std::vector<std::string>> mend_places(const Layout& layout);

// Takes every permission of others than the owner from the data folder and what an instance makes in it: they
// hold names and e-mail addresses. Not from sportapp.toml, which its owner wrote, nor from what is strange to
// it. A sentence where something was changed or could not be.
[[nodiscard]] std::vector<std::string> make_private(const Layout& layout);

}  // namespace sportapp::instance
