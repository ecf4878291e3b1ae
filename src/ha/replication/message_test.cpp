#include "ha/replication/message.hpp"

#include <gtest/gtest.h>

namespace sportapp::replication {
namespace {

Hash hash_of(std::uint8_t byte) {
  Hash hash{};
  hash.fill(byte);
  return hash;
}

journal::Entry entry(std::int64_t seq) {
  return {Seq{seq},
          Epoch{3},
          1000 + seq,
          "key-" + std::to_string(seq),
          std::string(16, 'f'),
          {"Added", 2, "{}"},
          {200, "ok", "/x/1"},
          hash_of(static_cast<std::uint8_t>(seq))};
}

std::vector<Message> samples() {
  return {Hello{Epoch{5}, 1},
          Append{Epoch{5}, 2, {Seq{41}, hash_of(7)}, std::vector{entry(42), entry(43)}},
          Append{Epoch{5}, 3, {}, {}},
          Chunk{Epoch{5}, 4, 1024, true, {Seq{9}, hash_of(9)}, std::string("\0\1", 2)},
          Welcome{1, {Seq{41}, hash_of(7)}},
          Ack{2, {Seq{43}, hash_of(8)}},
          Refuse{2, Epoch{6}},
          Taken{3, {Seq{43}, hash_of(8)}}};
}

TEST(Message, ComesBackAsItWas) {
  for (const auto& message : samples()) {
    const auto bytes = encode(message);
    const auto back = decode(bytes);
    ASSERT_TRUE(back) << describe(message);
    EXPECT_EQ(back->index(), message.index());
    EXPECT_EQ(encode(*back), bytes) << describe(message);
  }
  const auto append = std::get<Append>(*decode(encode(samples()[1])));
  EXPECT_EQ(append.entries[1].event.payload, "{}");
  EXPECT_EQ(append.entries[1].answer.location, "/x/1");
  EXPECT_EQ(append.entries[1].hash, hash_of(43));
}

TEST(Message, CutShortOrTooLongIsAnError) {
  for (const auto& message : samples()) {
    const auto bytes = encode(message);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      EXPECT_FALSE(decode(std::string_view(bytes).substr(0, length)))
          << describe(message) << " at " << length;
    }
    EXPECT_FALSE(decode(bytes + "x"));
  }
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode(std::string(9, '\x7f')));
}

}  // namespace
}  // namespace sportapp::replication
