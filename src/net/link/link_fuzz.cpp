// Any bytes to either side of a channel: whoever has not the key never brings it up, what is held back stays
// small, and of two sides that have it, no change on the way makes a frame that was not sent.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/link/channel.hpp"
#include "tests/support/require.hpp"

namespace {

using namespace sportapp::link;
using sportapp::testing::require;

Channel channel(Channel::Side side) {
  const bool dials = side == Channel::Side::kDialler;
  return {side, Key{}, dials ? "dialler" : "acceptor", dials ? "acceptor" : "", Nonce{}};
}

// In pieces whose sizes come from the input, too.
void stranger(Channel::Side side, std::string_view bytes) {
  auto one = channel(side);
  while (!bytes.empty()) {
    const auto size = std::min<std::size_t>(bytes.size(), 1 + static_cast<std::uint8_t>(bytes.front()) % 64);
    const auto frames = one.received(bytes.substr(0, size));
    require(!one.is_up(), "a stranger is not let in");
    if (!frames) return;
    require(frames->empty(), "no frame before it is up");
    bytes.remove_prefix(size);
  }
}

// `changes`: pairs of a place and what is added to the byte there.
void changed_on_the_way(std::string_view changes) {
  auto dialler = channel(Channel::Side::kDialler);
  auto acceptor = channel(Channel::Side::kAcceptor);
  require(acceptor.received(dialler.take_output()).has_value(), "a hello is taken");
  require(dialler.received(acceptor.take_output()).has_value() && dialler.is_up(), "a proof is taken");
  require(acceptor.received(dialler.take_output()).has_value() && acceptor.is_up(), "both are up");
  const std::vector<Frame> sent{{1, "one"}, {2, ""}, {3, std::string(100, 'x')}};
  std::string bytes;
  for (const auto& frame : sent) bytes += dialler.seal(frame);
  const auto whole = bytes;
  for (; changes.size() >= 2; changes.remove_prefix(2)) {
    const auto place = static_cast<std::uint8_t>(changes[0]) % bytes.size();
    bytes[place] = static_cast<char>(bytes[place] + changes[1]);
  }
  const auto frames = acceptor.received(bytes);
  if (bytes == whole) require(frames && frames->size() == sent.size(), "unchanged frames arrive");
  if (!frames) return;
  for (std::size_t i = 0; i < frames->size(); ++i) {
    require((*frames)[i].type == sent[i].type && (*frames)[i].payload == sent[i].payload,
            "a frame is as it was sent");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  stranger(Channel::Side::kDialler, bytes);
  stranger(Channel::Side::kAcceptor, bytes);
  changed_on_the_way(bytes);
  return 0;
}
