// One setting of an instance: all that reading, showing, checking and documenting it need.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "ops/instance/settings.hpp"
#include "server/service/toml_reader.hpp"

namespace sportapp::instance {

// Both count. Nothing for what is no number.
struct Bounds {
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int32_t>::max();
};

struct Setting {
  std::string_view table;   // [gateway]
  std::string_view key;     // port; its unit stands at its end
  std::string_view option;  // of `sportapp up`, which goes before it; empty: none
  std::string_view help;    // Markdown, one sentence or more, without a capital and a full stop
  bool is_number = false;
  Bounds bounds{};
  // Takes it from its table; what is wrong with it stands in the reader then.
  void (*read)(service::TomlReader& table, Settings& settings, const Setting& setting);
  // As a settings file has it: "127.0.0.1" with its quotes.
  std::string (*text)(const Settings& settings);
};

// What is wrong with a value beyond its bounds; empty where it is right.
template <class T>
using Complaint = std::string (*)(const T& value);

template <class T>
std::string setting_text(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return boost::json::serialize(boost::json::string(value.string()));
  } else {
    return boost::json::serialize(boost::json::string(value));
  }
}

// The one that is `settings.*Part.*Member`.
template <auto Part, auto Member>
struct SettingOf {
  using Type = std::remove_cvref_t<decltype((std::declval<Settings&>().*Part).*Member)>;
  static constexpr bool kIsNumber = std::is_integral_v<Type> && !std::is_same_v<Type, bool>;

  template <Complaint<Type> complaint>
  static void read(service::TomlReader& table, Settings& settings, const Setting& setting) {
    auto& value = (settings.*Part).*Member;
    if constexpr (kIsNumber) {
      table.read(setting.key, value, setting.bounds.least, setting.bounds.most);
    } else {
      table.read(setting.key, value);
    }
    if constexpr (complaint != nullptr) {
      if (const auto wrong = complaint(value); !wrong.empty()) table.refuse(setting.key, wrong);
    }
  }
  static std::string text(const Settings& settings) { return setting_text((settings.*Part).*Member); }

  template <Complaint<Type> complaint = nullptr>
  static constexpr Setting make(std::string_view table, std::string_view key, std::string_view option,
                                Bounds bounds, std::string_view help) {
    return {table, key, option, help, kIsNumber, bounds, read<complaint>, text};
  }
};

// All of them, those of a table beside each other. [network.addresses] is not among them: its keys are names.
[[nodiscard]] std::span<const Setting> all_settings();
// "1 to 65535"; empty where any value of its kind will do.
[[nodiscard]] std::string allowed(const Setting& setting);
// The table of docs/configuration.md.
[[nodiscard]] std::string settings_markdown();

}  // namespace sportapp::instance
