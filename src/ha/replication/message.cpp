#include "ha/replication/message.hpp"

#include <fmt/format.h>

#include <span>

#include "base/position_bytes.hpp"

namespace sportapp::replication {
namespace {

constexpr std::size_t kTextBytesMax = 8 * 1024 * 1024;
constexpr std::uint32_t kEntriesMax = 1'000'000;

enum class Kind : std::uint8_t { kHello = 1, kAppend, kChunk, kWelcome, kAck, kRefuse, kTaken };

template <class... Handlers>
struct Each : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Each(Handlers...) -> Each<Handlers...>;

void put(ByteWriter& writer, const journal::Entry& entry) {
  writer.i64(entry.seq.value)
      .i64(entry.epoch.value)
      .i64(entry.time_ms)
      .text(entry.key)
      .text(entry.fingerprint);
  writer.text(entry.event.type)
      .u32(static_cast<std::uint32_t>(entry.event.version))
      .text(entry.event.payload);
  writer.u32(static_cast<std::uint32_t>(entry.answer.status))
      .text(entry.answer.body)
      .text(entry.answer.location);
  writer.hash(entry.hash);
}

journal::Entry get_entry(ByteReader& reader) {
  journal::Entry entry;
  entry.seq = Seq{reader.i64()};
  entry.epoch = Epoch{reader.i64()};
  entry.time_ms = reader.i64();
  entry.key = reader.text(kTextBytesMax);
  entry.fingerprint = reader.text(kTextBytesMax);
  entry.event.type = reader.text(kTextBytesMax);
  entry.event.version = static_cast<int>(reader.u32());
  entry.event.payload = reader.text(kTextBytesMax);
  entry.answer.status = static_cast<int>(reader.u32());
  entry.answer.body = reader.text(kTextBytesMax);
  entry.answer.location = reader.text(kTextBytesMax);
  entry.hash = reader.hash();
  return entry;
}

void put(ByteWriter& writer, std::span<const journal::Entry> entries) {
  writer.u32(static_cast<std::uint32_t>(entries.size()));
  for (const auto& entry : entries) put(writer, entry);
}

std::vector<journal::Entry> get_entries(ByteReader& reader) {
  const auto count = reader.u32();
  if (count > kEntriesMax) reader.fail();
  std::vector<journal::Entry> entries;
  for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) entries.push_back(get_entry(reader));
  return entries;
}

ByteWriter begin(Kind kind, std::uint64_t number) {
  ByteWriter writer;
  writer.u8(static_cast<std::uint8_t>(kind)).u64(number);
  return writer;
}

Hello get_hello(ByteReader& reader, std::uint64_t number) {
  const Epoch epoch{reader.i64()};
  const auto counts = reader.u8();
  if (counts > 1) reader.fail();
  return {epoch, number, counts == 1};
}

Append get_append(ByteReader& reader, std::uint64_t number) {
  const Epoch epoch{reader.i64()};
  const auto previous = get_position(reader);
  return {epoch, number, previous, get_entries(reader)};
}

Chunk get_chunk(ByteReader& reader, std::uint64_t number) {
  Chunk chunk;
  chunk.number = number;
  chunk.epoch = Epoch{reader.i64()};
  chunk.offset = reader.u64();
  const auto last = reader.u8();
  if (last > 1) reader.fail();
  chunk.last = last == 1;
  chunk.head = get_position(reader);
  chunk.bytes = reader.text(kTextBytesMax);
  return chunk;
}

Welcome get_welcome(ByteReader& reader, std::uint64_t number) {
  const auto head = get_position(reader);
  const auto settled = get_position(reader);
  return {number, head, {settled.seq, settled.hash, Epoch{reader.i64()}}};
}

Message get_message(ByteReader& reader) {
  const auto kind = static_cast<Kind>(reader.u8());
  const auto number = reader.u64();
  switch (kind) {
    case Kind::kHello:
      return get_hello(reader, number);
    case Kind::kAppend:
      return get_append(reader, number);
    case Kind::kChunk:
      return get_chunk(reader, number);
    case Kind::kWelcome:
      return get_welcome(reader, number);
    case Kind::kAck:
      return Ack{number, get_position(reader)};
    case Kind::kRefuse:
      return Refuse{number, Epoch{reader.i64()}};
    case Kind::kTaken:
      return Taken{number, get_position(reader)};
  }
  reader.fail();
  return Hello{};
}

}  // namespace

std::size_t bytes_of(const journal::Entry& entry) {
  constexpr std::size_t kFixed = 100;
  return kFixed + entry.key.size() + entry.fingerprint.size() + entry.event.type.size() +
         entry.event.payload.size() + entry.answer.body.size() + entry.answer.location.size();
}

std::string encode(const Message& message) {
  return std::visit(
      Each{[](const Hello& hello) {
             return begin(Kind::kHello, hello.number).i64(hello.epoch.value).u8(hello.counts ? 1 : 0).take();
           },
           [](const Append& append) {
             auto writer = begin(Kind::kAppend, append.number);
             writer.i64(append.epoch.value);
             put(writer, append.previous);
             put(writer, append.entries);
             return writer.take();
           },
           [](const Chunk& chunk) {
             auto writer = begin(Kind::kChunk, chunk.number);
             writer.i64(chunk.epoch.value).u64(chunk.offset).u8(chunk.last ? 1 : 0);
             put(writer, chunk.head);
             return writer.text(chunk.bytes).take();
           },
           [](const Welcome& welcome) {
             auto writer = begin(Kind::kWelcome, welcome.number);
             put(writer, welcome.head);
             put(writer, Position{welcome.settled.seq, welcome.settled.hash});
             return writer.i64(welcome.settled.epoch.value).take();
           },
           [](const Ack& ack) {
             auto writer = begin(Kind::kAck, ack.number);
             put(writer, ack.head);
             return writer.take();
           },
           [](const Refuse& refuse) {
             return begin(Kind::kRefuse, refuse.number).i64(refuse.promise.value).take();
           },
           [](const Taken& taken) {
             auto writer = begin(Kind::kTaken, taken.number);
             put(writer, taken.head);
             return writer.take();
           }},
      message);
}

Result<Message> decode(std::string_view bytes) {
  ByteReader reader(bytes);
  auto message = get_message(reader);
  if (!reader.done()) {
    return Error{Retry::kNever, "a malformed message of replication; do both nodes have the same version?"};
  }
  return message;
}

std::string encode(const std::vector<journal::Entry>& entries) {
  ByteWriter writer;
  put(writer, entries);
  return writer.take();
}

Result<std::vector<journal::Entry>> decode_entries(std::string_view bytes) {
  ByteReader reader(bytes);
  auto entries = get_entries(reader);
  if (!reader.done()) return Error{Retry::kNever, "malformed entries"};
  return entries;
}

std::string describe(const Message& message) {
  return std::visit(
      Each{[](const Hello& hello) {
             return fmt::format("hello {} epoch {}", hello.number, hello.epoch.value);
           },
           [](const Append& append) {
             return fmt::format("append {} epoch {}: {} entries after {}", append.number, append.epoch.value,
                                append.entries.size(), append.previous.seq.value);
           },
           [](const Chunk& chunk) {
             return fmt::format("chunk {} epoch {}: {} bytes at {}{}", chunk.number, chunk.epoch.value,
                                chunk.bytes.size(), chunk.offset, chunk.last ? ", the last" : "");
           },
           [](const Welcome& welcome) {
             return fmt::format("welcome {}: head {}, settled {}", welcome.number, welcome.head.seq.value,
                                welcome.settled.seq.value);
           },
           [](const Ack& ack) { return fmt::format("ack {}: head {}", ack.number, ack.head.seq.value); },
           [](const Refuse& refuse) {
             return fmt::format("refuse {}: promised {}", refuse.number, refuse.promise.value);
           },
           [](const Taken& taken) {
             return fmt::format("taken {}: head {}", taken.number, taken.head.seq.value);
           }},
      message);
}

}  // namespace sportapp::replication
