#include "sim/commands.hpp"

#include <fmt/format.h>

#include "base/bytes.hpp"

namespace sportapp::simulator {
namespace {

constexpr std::size_t kTextMax = 100;

}  // namespace

std::string encode(const Request& request) {
  ByteWriter writer;
  writer.u64(request.id).u8(request.forwarded ? 1 : 0).text(request.key);
  return writer.u8(request.read ? 1 : 0).text(request.name).take();
}

std::optional<Request> decode_request(std::string_view bytes) {
  ByteReader reader(bytes);
  Request request;
  request.id = reader.u64();
  request.forwarded = reader.u8() != 0;
  request.key = reader.text(kTextMax);
  request.read = reader.u8() != 0;
  request.name = reader.text(kTextMax);
  return reader.done() ? std::optional(request) : std::nullopt;
}

std::string encode(const Reply& reply) {
  return ByteWriter().u64(reply.request).u8(static_cast<std::uint8_t>(reply.said)).i64(reply.id).take();
}

std::optional<Reply> decode_reply(std::string_view bytes) {
  ByteReader reader(bytes);
  Reply reply;
  reply.request = reader.u64();
  reply.said = static_cast<Said>(reader.u8());
  reply.id = reader.i64();
  return reader.done() ? std::optional(reply) : std::nullopt;
}

std::string describe(const Request& request) {
  return fmt::format("{} {} (key{})", request.read ? "read" : "add", request.name, request.key);
}

std::string describe(Said said, std::int64_t id) {
  switch (said) {
    case Said::kAdded:
      return fmt::format("added as {}", id);
    case Said::kTaken:
      return fmt::format("refused, {} has it", id);
    case Said::kFound:
      return fmt::format("found, {} has it", id);
    case Said::kNotFound:
      return "not found";
    case Said::kNotNow:
      return "not now";
    case Said::kNotPrimary:
      return "not by this node";
  }
  return "?";
}

}  // namespace sportapp::simulator
