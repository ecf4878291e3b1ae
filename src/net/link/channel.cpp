#include "net/link/channel.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sportapp::link {
namespace {

constexpr std::string_view kMark = "SPLK";
constexpr std::size_t kHelloHead = kMark.size() + 2;  // and version and the name's length
constexpr std::size_t kProofBytes = 32;

std::string_view text_of(const auto& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class Mac {
 public:
  Mac(const Key& key, std::size_t bytes) : bytes_(bytes) {
    crypto_generichash_init(&state_, key.bytes.data(), key.bytes.size(), bytes);
  }
  Mac& add(std::string_view bytes) {
    crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return *this;
  }
  [[nodiscard]] std::string finish() {
    std::string mac(bytes_, '\0');
    crypto_generichash_final(&state_, reinterpret_cast<unsigned char*>(mac.data()), mac.size());
    return mac;
  }

 private:
  const std::size_t bytes_;
  crypto_generichash_state state_{};
};

void append_number(std::string& to, std::uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) to.push_back(static_cast<char>(number >> (8 * i)));
}

std::size_t length_in(std::string_view header) {
  std::size_t length = 0;
  for (unsigned i = 0; i < 4; ++i) {
    length |= std::size_t{static_cast<std::uint8_t>(header[2 + i])} << (8 * i);
  }
  return length;
}

std::string frame_mac(const Key& key, Channel::Side from, std::uint64_t number, std::string_view header,
                      std::string_view payload) {
  std::string place(1, static_cast<char>(from));
  append_number(place, number, 8);
  return Mac(key, kMacBytes).add(place).add(header).add(payload).finish();
}

bool equal(std::string_view one, std::string_view other) {
  return one.size() == other.size() && sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::string hello_of(const std::string& name, const Nonce& nonce) {
  if (!is_name(name)) throw std::invalid_argument("no name for a node: " + name);
  std::string hello(kMark);
  hello.push_back(static_cast<char>(kVersion));
  hello.push_back(static_cast<char>(name.size()));
  hello += name;
  hello += text_of(nonce);
  return hello;
}

Error refused(std::string why) {
  return {Retry::kNever, std::move(why)};
}

Error other_version(std::uint8_t version) {
  return refused(
      fmt::format("it speaks version {} of the link between nodes, this program version {}; run "
                  "the same program on both",
                  version, kVersion));
}

}  // namespace

Nonce random_nonce() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium finds no source of random numbers");
  Nonce nonce;
  randombytes_buf(nonce.data(), nonce.size());
  return nonce;
}

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kNameMax && std::all_of(name.begin(), name.end(), allowed);
}

Channel::Channel(Side side, const Key& key, std::string name, std::string expected, const Nonce& nonce)
    : side_(side),
      key_(key),
      name_(std::move(name)),
      expected_(std::move(expected)),
      hello_(hello_of(name_, nonce)) {
  if (side_ == Side::kDialler) output_ = hello_;
}

std::string Channel::take_output() {
  return std::exchange(output_, {});
}

Result<std::vector<Frame>> Channel::received(std::string_view bytes) {
  buffer_ += bytes;
  std::vector<Frame> frames;
  std::size_t at = 0;
  for (;;) {
    const auto taken = take(std::string_view(buffer_).substr(at), frames);
    if (!taken) return taken.error();
    if (*taken == 0) break;
    at += *taken;
  }
  buffer_.erase(0, at);
  return frames;
}

Result<std::size_t> Channel::take(std::string_view bytes, std::vector<Frame>& frames) {
  switch (state_) {
    case State::kHello:
      return take_hello(bytes);
    case State::kProof:
      return take_proof(bytes);
    case State::kUp:
      break;
  }
  return take_frame(bytes, frames);
}

Result<std::size_t> Channel::take_hello(std::string_view bytes) {
  const auto mark = bytes.substr(0, kMark.size());
  if (mark != kMark.substr(0, mark.size())) return refused("it is no node of this program");
  if (bytes.size() < kHelloHead) return std::size_t{0};
  const auto version = static_cast<std::uint8_t>(bytes[kMark.size()]);
  if (version != kVersion) {
    if (side_ == Side::kAcceptor) output_ += hello_;  // so that the other can say so, too
    return other_version(version);
  }
  const std::size_t name_bytes = static_cast<std::uint8_t>(bytes[kMark.size() + 1]);
  if (name_bytes > kNameMax) return refused("its name is too long");
  const auto size = kHelloHead + name_bytes + sizeof(Nonce);
  if (bytes.size() < size) return std::size_t{0};
  other_ = bytes.substr(kHelloHead, name_bytes);
  other_hello_ = bytes.substr(0, size);
  if (auto checked = check_name(); !checked) return checked.error();
  if (side_ == Side::kAcceptor) output_ += hello_ + proof_of(side_);
  state_ = State::kProof;
  return size;
}

Result<void> Channel::check_name() const {
  if (!is_name(other_)) return refused("its name has characters that no name has");
  if (other_ == name_) return refused(fmt::format("it calls itself {}, as this side does", other_));
  if (!expected_.empty() && other_ != expected_) {
    return refused(fmt::format("it is {}, where {} should be", other_, expected_));
  }
  return {};
}

Result<std::size_t> Channel::take_proof(std::string_view bytes) {
  if (bytes.size() < kProofBytes) return std::size_t{0};
  const auto side = side_ == Side::kDialler ? Side::kAcceptor : Side::kDialler;
  if (!equal(bytes.substr(0, kProofBytes), proof_of(side))) {
    return refused(
        fmt::format("{} has another key, or is not {}; all processes of one instance use the same "
                    "key file",
                    other_, other_));
  }
  if (side_ == Side::kDialler) output_ += proof_of(side_);
  come_up();
  return kProofBytes;
}

std::string Channel::proof_of(Side side) const {
  const bool dials = side_ == Side::kDialler;
  return Mac(key_, kProofBytes)
      .add(side == Side::kDialler ? "dialler's proof" : "acceptor's proof")
      .add(dials ? hello_ : other_hello_)
      .add(dials ? other_hello_ : hello_)
      .finish();
}

void Channel::come_up() {
  const bool dials = side_ == Side::kDialler;
  const auto key = Mac(key_, sizeof(session_key_.bytes))
                       .add("key of the session")
                       .add(dials ? hello_ : other_hello_)
                       .add(dials ? other_hello_ : hello_)
                       .finish();
  std::copy(key.begin(), key.end(), session_key_.bytes.begin());
  state_ = State::kUp;
}

Result<std::size_t> Channel::take_frame(std::string_view bytes, std::vector<Frame>& frames) {
  if (bytes.size() < kHeaderBytes) return std::size_t{0};
  const auto header = bytes.substr(0, kHeaderBytes);
  const auto version = static_cast<std::uint8_t>(header[0]);
  if (version != kVersion) return other_version(version);
  const auto length = length_in(header);
  if (length > kPayloadMax) {
    return refused(fmt::format("a frame of {} bytes, {} is the most", length, kPayloadMax));
  }
  const auto size = kHeaderBytes + length + kMacBytes;
  if (bytes.size() < size) return std::size_t{0};
  const auto payload = bytes.substr(kHeaderBytes, length);
  const auto from = side_ == Side::kDialler ? Side::kAcceptor : Side::kDialler;
  if (!equal(bytes.substr(kHeaderBytes + length, kMacBytes),
             frame_mac(session_key_, from, received_, header, payload))) {
    return refused(fmt::format("frame {} was changed on its way, or comes twice or late", received_));
  }
  ++received_;
  frames.push_back({static_cast<std::uint8_t>(header[1]), std::string(payload)});
  return size;
}

std::string Channel::seal(const Frame& frame) {
  if (state_ != State::kUp || frame.payload.size() > kPayloadMax) {
    throw std::logic_error(fmt::format("a frame of {} bytes cannot be sent now", frame.payload.size()));
  }
  std::string sealed;
  sealed.reserve(kHeaderBytes + frame.payload.size() + kMacBytes);
  sealed.push_back(static_cast<char>(kVersion));
  sealed.push_back(static_cast<char>(frame.type));
  append_number(sealed, frame.payload.size(), 4);
  const auto mac = frame_mac(session_key_, side_, sent_++, sealed, frame.payload);
  sealed += frame.payload;
  sealed += mac;
  return sealed;
}

}  // namespace sportapp::link
