// One side of an authenticated connection, without I/O: bytes in, frames and bytes out.
//
//   dialler    hello: "SPLK", version, length of its name, name, nonce
//   acceptor   the same of its own, then its proof
//   dialler    its proof; from then on either sends frames
//   frame      version, type, length of the payload (4 bytes, the lowest first), payload, MAC
//
// A proof is the MAC, under the shared key, of both hellos and of whose proof it is; so each has the key, and
// names, versions and nonces are bound. A frame's MAC is under a key of this connection alone, over its side,
// its number, its header and its payload; so one that was changed, repeated, left out, put elsewhere or sent
// back is none. MACs are keyed BLAKE2b. Nothing is encrypted.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/link/frame.hpp"
#include "net/link/key.hpp"

namespace sportapp::link {

inline constexpr std::uint8_t kVersion = 1;
inline constexpr std::size_t kNameMax = 64;
inline constexpr std::size_t kHeaderBytes = 6;
inline constexpr std::size_t kMacBytes = 16;

using Nonce = std::array<std::uint8_t, 32>;
[[nodiscard]] Nonce random_nonce();

// Of letters, digits, and any of . _ -
[[nodiscard]] bool is_name(std::string_view name);

class Channel {
 public:
  enum class Side : std::uint8_t { kDialler = 1, kAcceptor = 2 };

  // `expected`: the only name that the other may have; empty: any but this side's own.
  Channel(Side side, const Key& key, std::string name, std::string expected, const Nonce& nonce);

  // What the other sent next. An error ends the connection: kNever says that the other is not what it should
  // be. What is held back until a frame is whole is no larger than the largest frame and `bytes`.
  [[nodiscard]] Result<std::vector<Frame>> received(std::string_view bytes);
  // What must be sent now: at the beginning, and after received(), even where that gave an error.
  [[nodiscard]] std::string take_output();

  // Once it is up: the bytes of a frame, to be sent in this order. A payload is at most kPayloadMax.
  [[nodiscard]] std::string seal(const Frame& frame);

  [[nodiscard]] bool is_up() const { return state_ == State::kUp; }
  [[nodiscard]] const std::string& other() const { return other_; }  // its name, proven once it is up

 private:
  enum class State { kHello, kProof, kUp };

  // How many bytes of the front it took; none: more must come first.
  [[nodiscard]] Result<std::size_t> take(std::string_view bytes, std::vector<Frame>& frames);
  [[nodiscard]] Result<std::size_t> take_hello(std::string_view bytes);
  [[nodiscard]] Result<std::size_t> take_proof(std::string_view bytes);
  [[nodiscard]] Result<std::size_t> take_frame(std::string_view bytes, std::vector<Frame>& frames);
  [[nodiscard]] Result<void> check_name() const;
  [[nodiscard]] std::string proof_of(Side side) const;
  void come_up();

  const Side side_;
  const Key key_;
  const std::string name_, expected_;
  const std::string hello_;
  std::string other_, other_hello_;
  State state_ = State::kHello;
  Key session_key_;
  std::uint64_t sent_ = 0, received_ = 0;  // frames
  std::string buffer_, output_;
};

}  // namespace sportapp::link
