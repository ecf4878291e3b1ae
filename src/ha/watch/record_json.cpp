#include "ha/watch/record_json.hpp"

#include <stdexcept>

namespace sportapp::watch {

namespace json = boost::json;

namespace {

Position position_from(const json::value& value) {
  const auto& object = value.as_object();
  const auto hash = hash_of_hex(std::string_view(object.at("hash").as_string()));
  if (!hash) throw std::runtime_error("a hash is not one");
  return {Seq{object.at("seq").to_number<std::int64_t>()}, *hash};
}

}  // namespace

json::object to_json(const failover::Record& record) {
  json::array in_sync;
  for (const auto& member : record.in_sync) {
    in_sync.push_back(json::object{{"node", member.node}, {"promise", member.promise.value}});
  }
  return {{"epoch", record.epoch.value},
          {"primary", record.primary},
          {"in_sync", std::move(in_sync)},
          {"floor", to_json(record.floor)},
          {"forced", record.forced.value}};
}

json::object to_json(const Position& position) {
  return {{"seq", position.seq.value}, {"hash", hex(position.hash)}};
}

json::object noted_floor_json(Epoch epoch, const Position& floor) {
  return {{"epoch", epoch.value}, {"floor", to_json(floor)}};
}

std::optional<std::pair<Epoch, Position>> noted_floor_from(const json::object& object) {
  try {
    return std::pair{Epoch{object.at("epoch").to_number<std::int64_t>()}, position_from(object.at("floor"))};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

failover::Record record_from(const json::object& object) {
  failover::Record record;
  record.epoch = Epoch{object.at("epoch").to_number<std::int64_t>()};
  record.primary = std::string(object.at("primary").as_string());
  for (const auto& one : object.at("in_sync").as_array()) {
    const auto& member = one.as_object();
    record.in_sync.push_back(
        {std::string(member.at("node").as_string()), Epoch{member.at("promise").to_number<std::int64_t>()}});
  }
  // Records of an earlier version have neither.
  if (const auto* floor = object.if_contains("floor")) record.floor = position_from(*floor);
  if (const auto* forced = object.if_contains("forced"))
    record.forced = Epoch{forced->to_number<std::int64_t>()};
  return record;
}

}  // namespace sportapp::watch
