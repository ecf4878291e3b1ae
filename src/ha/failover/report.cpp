#include "ha/failover/report.hpp"

#include "base/position_bytes.hpp"

namespace sportapp::failover {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kWhyBytesMax = 1024;
constexpr std::uint32_t kMembersMax = 16;

void put(ByteWriter& writer, const Record& record) {
  writer.i64(record.epoch.value).text(record.primary);
  writer.u32(static_cast<std::uint32_t>(record.in_sync.size()));
  for (const auto& member : record.in_sync) writer.text(member.node).i64(member.promise.value);
  put(writer, record.floor);
  writer.i64(record.forced.value);
}

Record get_record(ByteReader& reader) {
  Record record;
  record.epoch = Epoch{reader.i64()};
  record.primary = reader.text(kNameBytesMax);
  const auto count = reader.u32();
  if (count > kMembersMax) reader.fail();
  for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
    auto node = reader.text(kNameBytesMax);
    record.in_sync.push_back({std::move(node), Epoch{reader.i64()}});
  }
  record.floor = get_position(reader);
  record.forced = Epoch{reader.i64()};
  return record;
}

bool get_flag(ByteReader& reader) {
  const auto flag = reader.u8();
  if (flag > 1) reader.fail();
  return flag == 1;
}

template <class Enum>
Enum get_enum(ByteReader& reader, Enum last) {
  const auto number = reader.u8();
  if (number > static_cast<std::uint8_t>(last)) reader.fail();
  return static_cast<Enum>(number);
}

Error malformed(const char* what) {
  return {Retry::kNever, std::string("a malformed ") + what + "; do both sides have the same version?"};
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kWaiting:
      return "waiting";
    case Role::kSpare:
      return "spare";
    case Role::kPrimary:
      return "primary";
    case Role::kDraining:
      return "draining";
  }
  return "?";
}

std::string encode(const Ping& ping) {
  ByteWriter writer;
  writer.u64(ping.monitor).u64(ping.number).u8(ping.hand_over ? 1 : 0);
  put(writer, ping.record);
  put(writer, ping.floor);
  return writer.take();
}

Result<Ping> decode_ping(std::string_view bytes) {
  ByteReader reader(bytes);
  Ping ping;
  ping.monitor = reader.u64();
  ping.number = reader.u64();
  ping.hand_over = get_flag(reader);
  ping.record = get_record(reader);
  ping.floor = get_position(reader);
  if (!reader.done()) return malformed("ping");
  return ping;
}

std::string encode(const Echo& echo) {
  const auto& report = echo.report;
  ByteWriter writer;
  writer.u64(echo.monitor).u64(echo.number).u64(report.run);
  writer.u8(static_cast<std::uint8_t>(report.role)).i64(report.promise.value).i64(report.epoch.value);
  put(writer, report.head);
  writer.u8(report.able ? 1 : 0).text(std::string_view(report.why).substr(0, kWhyBytesMax));
  writer.u8(report.drained ? 1 : 0).u8(report.followed ? 1 : 0).i64(report.up_ms);
  writer.u8(static_cast<std::uint8_t>(report.wish.kind)).text(report.wish.node);
  writer.i64(report.told.value).u8(static_cast<std::uint8_t>(report.damage));
  put(writer, report.checked);
  writer.u8(report.holds ? 1 : 0).u8(report.about_to_lead ? 1 : 0);
  return writer.take();
}

Result<Echo> decode_echo(std::string_view bytes) {
  ByteReader reader(bytes);
  Echo echo;
  auto& report = echo.report;
  echo.monitor = reader.u64();
  echo.number = reader.u64();
  report.run = reader.u64();
  report.role = get_enum(reader, Role::kDraining);
  report.promise = Epoch{reader.i64()};
  report.epoch = Epoch{reader.i64()};
  report.head = get_position(reader);
  report.able = get_flag(reader);
  report.why = reader.text(kWhyBytesMax);
  report.drained = get_flag(reader);
  report.followed = get_flag(reader);
  report.up_ms = reader.i64();
  report.wish.kind = get_enum(reader, Wish::Kind::kAdmit);
  report.wish.node = reader.text(kNameBytesMax);
  report.told = Epoch{reader.i64()};
  report.damage = get_enum(reader, Damage::kBroken);
  report.checked = get_position(reader);
  report.holds = get_flag(reader);
  report.about_to_lead = get_flag(reader);
  if (!reader.done()) return malformed("echo");
  return echo;
}

}  // namespace sportapp::failover
