#include "ops/instance/detours.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/files.hpp"

namespace sportapp::instance {

namespace json = boost::json;

void Detours::add(const std::string& dials, const std::string& listens, std::uint16_t port) {
  ports_[dials][listens] = port;
}

std::uint16_t Detours::port(const std::string& dials, const std::string& listens, std::uint16_t own) const {
  const auto of_dialler = ports_.find(dials);
  if (of_dialler == ports_.end()) return own;
  const auto found = of_dialler->second.find(listens);
  return found == of_dialler->second.end() ? own : found->second;
}

Result<Detours> Detours::read(const Layout& layout) {
  Detours detours;
  const auto text = read_file(layout.detours_file());
  if (!text) return detours;
  try {
    const auto said = json::parse(*text);
    for (const auto& [dials, listeners] : said.as_object()) {
      for (const auto& [listens, port] : listeners.as_object()) {
        detours.add(dials, listens, port.to_number<std::uint16_t>());
      }
    }
  } catch (const std::exception& wrong) {
    return Error{Retry::kNever, fmt::format("{} is damaged: {}; remove it, or rewrite it",
                                            layout.detours_file().string(), wrong.what())};
  }
  return detours;
}

Result<void> Detours::write(const Layout& layout) const {
  json::object all;
  for (const auto& [dials, listeners] : ports_) {
    json::object of_dialler;
    for (const auto& [listens, port] : listeners) of_dialler[listens] = port;
    all[dials] = std::move(of_dialler);
  }
  return write_file(layout.detours_file(), json::serialize(all) + "\n");
}

}  // namespace sportapp::instance
