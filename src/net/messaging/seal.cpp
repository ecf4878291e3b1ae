#include "net/messaging/seal.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "net/messaging/event_source.hpp"

namespace sportapp::messaging {
namespace {

constexpr std::string_view kContext = "sportapp events";
constexpr std::size_t kHexBytes = 2 * sizeof(Hash);
constexpr std::size_t kMacHexBytes = 32;  // 128 bits: nobody can try that many

std::string_view bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// What stands behind the event in its line; of one length.
struct Trailer {
  Hash previous{};
  Hash hash{};
  std::string_view mac;
};

// Takes what is expected from the front.
bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

std::string_view take(std::string_view& text, std::size_t count) {
  const auto taken = text.substr(0, count);
  text.remove_prefix(taken.size());
  return taken;
}

constexpr std::string_view kPrevious = R"(,"previous":")";
constexpr std::string_view kHash = R"(","hash":")";
constexpr std::string_view kMac = R"(","mac":")";
constexpr std::string_view kEnd = R"("})";
constexpr std::size_t kTrailerBytes =
    kPrevious.size() + kHash.size() + kMac.size() + kEnd.size() + 2 * kHexBytes + kMacHexBytes;

std::optional<Trailer> trailer_of(std::string_view line) {
  if (line.size() <= kTrailerBytes) return std::nullopt;
  line.remove_prefix(line.size() - kTrailerBytes);
  if (!take(line, kPrevious)) return std::nullopt;
  const auto previous = hash_of_hex(take(line, kHexBytes));
  if (!take(line, kHash)) return std::nullopt;
  const auto hash = hash_of_hex(take(line, kHexBytes));
  if (!take(line, kMac)) return std::nullopt;
  const auto mac = take(line, kMacHexBytes);
  if (line != kEnd || !previous || !hash) return std::nullopt;
  return Trailer{*previous, *hash, mac};
}

}  // namespace

Seal::Seal(std::string service, const InstanceKey& key)
    : service_(std::move(service)), secret_(derived_secret(key, kContext)) {}

std::string Seal::mac(const domain::CommittedEvent& event) const {
  return hex(Hasher(secret_)
                 .field(service_)
                 .field(event.seq.value)
                 .bytes(bytes_of(event.previous))
                 .bytes(bytes_of(event.hash))
                 .field(event.time_ms)
                 .field(event.event.type)
                 .field(event.event.version)
                 .field(event.event.payload)
                 .finish())
      .substr(0, kMacHexBytes);
}

std::string Seal::encode(const domain::CommittedEvent& event) const {
  auto line = messaging::encode(event);
  line.pop_back();
  line += kPrevious;
  line += hex(event.previous);
  line += kHash;
  line += hex(event.hash);
  line += kMac;
  line += mac(event);
  line += kEnd;
  return line;
}

Result<domain::CommittedEvent> Seal::decode(std::string_view line) const {
  auto event = messaging::decode(line);
  if (!event) return event;
  const auto trailer = trailer_of(line);
  if (!trailer) {
    return Error{Retry::kNever, fmt::format("event {} of {} carries no seal", event->seq.value, service_)};
  }
  event->previous = trailer->previous;
  event->hash = trailer->hash;
  if (!same_secret(mac(*event), trailer->mac)) {
    return Error{Retry::kNever, fmt::format("event {} was not sealed as one of {} with this instance's key",
                                            event->seq.value, service_)};
  }
  return event;
}

}  // namespace sportapp::messaging
