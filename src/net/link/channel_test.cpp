#include "net/link/channel.hpp"

#include <gtest/gtest.h>

#include "net/link/testing.hpp"

namespace sportapp::link {
namespace {

using Side = Channel::Side;

using testing::key_of;

struct Pair {
  explicit Pair(const Key& dialler_key = key_of(1), const Key& acceptor_key = key_of(1),
                const std::string& expected = "b")
      : a(Side::kDialler, dialler_key, "a", expected, random_nonce()),
        b(Side::kAcceptor, acceptor_key, "b", "", random_nonce()) {}

  bool shake_hands() {
    return b.received(a.take_output()) && a.received(b.take_output()) && b.received(a.take_output()) &&
           a.is_up() && b.is_up();
  }
  Channel a, b;
};

std::string refusal_of(const Result<std::vector<Frame>>& result) {
  return result ? "" : result.error().what;
}

TEST(ChannelTest, BothProveThatTheyHaveTheKeyAndFramesGoBothWays) {
  Pair pair;
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_EQ(pair.a.other(), "b");
  EXPECT_EQ(pair.b.other(), "a");
  auto bytes = pair.a.seal({7, "hello"});
  bytes += pair.a.seal({8, ""});
  auto frames = pair.b.received(bytes);
  ASSERT_TRUE(frames) << frames.error().what;
  ASSERT_EQ(frames->size(), 2U);
  EXPECT_EQ((*frames)[0].type, 7);
  EXPECT_EQ((*frames)[0].payload, "hello");
  EXPECT_EQ((*frames)[1].type, 8);
  frames = pair.a.received(pair.b.seal({9, std::string(kPayloadMax, 'x')}));
  ASSERT_TRUE(frames);
  EXPECT_EQ(frames->front().payload.size(), kPayloadMax);
}

TEST(ChannelTest, BytesMayComeInAnyPieces) {
  Pair pair;
  std::vector<Frame> frames;
  const auto one_by_one = [&](Channel& to, const std::string& bytes) {
    for (const char byte : bytes) {
      auto got = to.received({&byte, 1});
      ASSERT_TRUE(got) << got.error().what;
      for (auto& frame : *got) frames.push_back(std::move(frame));
    }
  };
  one_by_one(pair.b, pair.a.take_output());
  one_by_one(pair.a, pair.b.take_output());
  auto bytes = pair.a.take_output();
  bytes += pair.a.seal({1, "one"});
  bytes += pair.a.seal({2, "two"});
  one_by_one(pair.b, bytes);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1].payload, "two");
}

TEST(ChannelTest, AnotherKeyIsNotLetIn) {
  Pair pair(key_of(1), key_of(2));
  ASSERT_TRUE(pair.b.received(pair.a.take_output()));
  const auto acceptors = pair.b.take_output();
  EXPECT_NE(refusal_of(pair.a.received(acceptors)).find("another key"), std::string::npos);
  EXPECT_FALSE(pair.a.is_up());
  EXPECT_EQ(pair.a.take_output(), "") << "it proves nothing to whom it does not believe";
  EXPECT_NE(refusal_of(pair.b.received(std::string(32, 'p'))).find("another key"), std::string::npos);
  EXPECT_FALSE(pair.b.is_up());
}

TEST(ChannelTest, AProofIsOfItsSideAndItsConnectionOnly) {
  Pair pair;
  ASSERT_TRUE(pair.b.received(pair.a.take_output()));
  const auto acceptors = pair.b.take_output();
  EXPECT_FALSE(pair.b.received(acceptors.substr(acceptors.size() - 32))) << "sent back";
  Pair first;
  const auto hello = first.a.take_output();
  ASSERT_TRUE(first.b.received(hello));
  ASSERT_TRUE(first.a.received(first.b.take_output()));
  const auto proof = first.a.take_output();
  Pair second;
  ASSERT_TRUE(second.b.received(hello));
  EXPECT_FALSE(second.b.received(proof)) << "of the connection before";
}

TEST(ChannelTest, EveryByteOfTheHandshakeCounts) {
  for (const bool of_dialler : {true, false}) {
    for (std::size_t at = 0;; ++at) {
      Pair pair;
      auto hello = pair.a.take_output();
      if (of_dialler && at == hello.size()) break;
      if (of_dialler) hello[at] = static_cast<char>(hello[at] ^ 4);
      bool up = pair.b.received(hello).has_value();
      auto answer = pair.b.take_output();
      if (!of_dialler && at == answer.size()) break;
      if (!of_dialler) answer[at] = static_cast<char>(answer[at] ^ 4);
      up = up && pair.a.received(answer) && pair.b.received(pair.a.take_output()) && pair.a.is_up() &&
           pair.b.is_up();
      EXPECT_FALSE(up) << "byte " << at;
    }
  }
}

TEST(ChannelTest, AFrameThatWasChangedRepeatedLeftOutOrSentBackIsNone) {
  const auto refused = [](auto&& change) {
    Pair pair;
    ASSERT_TRUE(pair.shake_hands());
    const std::vector<std::string> frames{pair.a.seal({1, "first"}), pair.a.seal({2, "second"})};
    const auto got = pair.b.received(change(frames));
    EXPECT_NE(refusal_of(got).find("changed on its way"), std::string::npos) << refusal_of(got);
  };
  for (std::size_t at :
       {std::size_t{1}, kHeaderBytes, kHeaderBytes + 4, kHeaderBytes + 5, kHeaderBytes + 20}) {
    refused([at](const auto& frames) {
      auto bytes = frames[0];
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
      return bytes;
    });
  }
  refused([](const auto& frames) { return frames[0] + frames[0]; });
  refused([](const auto& frames) { return frames[1]; });
  Pair pair;
  ASSERT_TRUE(pair.shake_hands());
  EXPECT_FALSE(pair.a.received(pair.a.seal({1, "back"})));
  Pair other;
  ASSERT_TRUE(other.shake_hands());
  EXPECT_FALSE(other.b.received(pair.a.seal({1, "of another connection"})));
}

TEST(ChannelTest, AFrameOrANameThatIsTooLongIsRefusedBeforeItIsRead) {
  Pair pair;
  ASSERT_TRUE(pair.shake_hands());
  const std::string header("\1\1\xff\xff\xff\x7f", kHeaderBytes);
  EXPECT_NE(refusal_of(pair.b.received(header)).find("is the most"), std::string::npos);
  EXPECT_THROW((void)pair.a.seal({1, std::string(kPayloadMax + 1, 'x')}), std::logic_error);
  Pair fresh;
  EXPECT_NE(refusal_of(fresh.b.received("SPLK\1\xff")).find("too long"), std::string::npos);
}

TEST(ChannelTest, AnotherVersionIsSaidClearlyOnBothSides) {
  Pair pair;
  auto hello = pair.a.take_output();
  hello[4] = 9;
  EXPECT_NE(refusal_of(pair.b.received(hello)).find("speaks version 9"), std::string::npos);
  auto answer = pair.b.take_output();
  ASSERT_GT(answer.size(), 5U);
  answer[4] = 9;
  EXPECT_NE(refusal_of(pair.a.received(answer)).find("speaks version 9"), std::string::npos);
}

TEST(ChannelTest, WhoIsNoNodeOrNotWhoWasDialledIsRefused) {
  Pair pair;
  EXPECT_NE(refusal_of(pair.b.received("GET ")).find("no node"), std::string::npos);
  Pair wrong(key_of(1), key_of(1), "c");
  ASSERT_TRUE(wrong.b.received(wrong.a.take_output()));
  EXPECT_NE(refusal_of(wrong.a.received(wrong.b.take_output())).find("it is b, where c should be"),
            std::string::npos);
  Channel self(Side::kAcceptor, key_of(1), "a", "", random_nonce());
  Pair own;
  EXPECT_NE(refusal_of(self.received(own.a.take_output())).find("calls itself a"), std::string::npos);
}

}  // namespace
}  // namespace sportapp::link
