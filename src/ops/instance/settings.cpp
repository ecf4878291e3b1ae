#include "ops/instance/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "ops/instance/address.hpp"
#include "ops/instance/setting.hpp"

namespace sportapp::instance {
namespace {

using service::TomlReader;

// The settings of one table.
std::span<const Setting> settings_of(std::string_view table) {
  const auto all = all_settings();
  const auto in_it = [&](const Setting& setting) { return setting.table == table; };
  const auto begin = std::find_if(all.begin(), all.end(), in_it);
  return {begin, std::find_if_not(begin, all.end(), in_it)};
}

// In the order of a settings file.
std::vector<std::string_view> all_tables() {
  std::vector<std::string_view> tables;
  for (const auto& setting : all_settings()) {
    if (tables.empty() || tables.back() != setting.table) tables.push_back(setting.table);
  }
  return tables;
}

std::string table_text(std::string_view table, const Settings& settings) {
  auto text = fmt::format("[{}]\n", table);
  for (const auto& setting : settings_of(table)) {
    text += fmt::format("{} = {}\n", setting.key, setting.text(settings));
  }
  return text;
}

void read_addresses(TomlReader addresses, std::map<std::string, std::string>& by_name) {
  for (const auto& name : addresses.keys()) {
    auto& address = by_name[name];
    addresses.read(name, address);
    if (!is_ip_address(address)) addresses.refuse(name, no_ip_address(name, address));
  }
}

std::string addresses_text(const std::map<std::string, std::string>& by_name) {
  if (by_name.empty()) return {};
  std::string text = "\n[network.addresses]\n";
  for (const auto& [name, address] : by_name) {
    text += fmt::format("{} = {}\n", setting_text(name), setting_text(address));
  }
  return text;
}

}  // namespace

void read_settings(TomlReader& tables, Settings& settings) {
  for (const auto name : all_tables()) {
    auto table = tables.table(name);
    for (const auto& setting : settings_of(name)) setting.read(table, settings, setting);
    if (name == "network") read_addresses(table.table("addresses"), settings.network.addresses);
  }
}

Result<Settings> load_settings(const std::filesystem::path& file) {
  auto reader = TomlReader::open(file);
  if (!reader) return reader.error();
  Settings settings;
  read_settings(*reader, settings);
  if (auto read = reader->finish(); !read) return read.error();
  return settings;
}

std::vector<std::string> mistakes_in(const std::filesystem::path& file) {
  auto reader = TomlReader::open(file);
  if (!reader) return {reader.error().what};
  Settings settings;
  read_settings(*reader, settings);
  return reader->mistakes();
}

std::string retention_text(const retention::RetentionPolicy& retention) {
  Settings settings;
  settings.retention = retention;
  return table_text("retention", settings);
}

std::string limits_text(const http::Limits& limits) {
  Settings settings;
  settings.limits = limits;
  return table_text("limits", settings);
}

std::string settings_text(const Settings& settings) {
  std::string text;
  for (const auto table : all_tables()) {
    text += (text.empty() ? "" : "\n") + table_text(table, settings);
    if (table == "network") text += addresses_text(settings.network.addresses);
  }
  return text;
}

}  // namespace sportapp::instance
