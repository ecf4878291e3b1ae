#include "net/messaging/seal.hpp"

#include "net/messaging/event_source.hpp"
#include "net/messaging/testing.hpp"

namespace sportapp::messaging {
namespace {

using namespace testing;

TEST(SealTest, EverythingOfAnEventComesBack) {
  auto event = event_number(1042);
  for (int byte = 0; byte < 256; ++byte) event.event.payload += static_cast<char>(byte);
  const auto back = seal().decode(seal().encode(event));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(encode(*back), encode(event));
  EXPECT_EQ(back->previous, event.previous);
  EXPECT_EQ(back->hash, event.hash);
}

// Other programs may read and check it: what Python's hashlib gives.
TEST(SealTest, IsALineOfJsonWithTheAgreedNamesAndMac) {
  domain::CommittedEvent event{Seq{1042}, 1'700'000'000'123, {"UserRegistered", 2, R"({"id":7})"}};
  event.previous.fill(0x11);
  event.hash.fill(0x22);
  EXPECT_EQ(
      seal().encode(event),
      R"({"seq":1042,"time_ms":1700000000123,"type":"UserRegistered","version":2,"payload":"{\"id\":7}","prev)"
      R"(ious":"1111111111111111111111111111111111111111111111111111111111111111","hash":"2222222222222222222)"
      R"(222222222222222222222222222222222222222222222","mac":"95602f898c362a85c9772326105cd236"})");
}

TEST(SealTest, WhatWasChangedIsNotTaken) {
  const auto line = seal().encode(event_number(7));
  ASSERT_TRUE(seal().decode(line));
  for (std::size_t at = 0; at < line.size(); ++at) {
    auto changed = line;
    changed[at] = changed[at] == '1' ? '2' : '1';
    const auto event = seal().decode(changed);
    if (event) {
      EXPECT_EQ(sealed(*event), line) << "what is taken says the same, changed at " << at;
    }
  }
}

TEST(SealTest, WhatWasCutIsNotTaken) {
  const auto line = seal().encode(event_number(7));
  for (std::size_t length = 0; length < line.size(); ++length)
    EXPECT_FALSE(seal().decode(line.substr(0, length)));
}

TEST(SealTest, AnEventWithoutASealOrOfAnotherKeyOrServiceIsNotTaken) {
  const auto event = event_number(7);
  EXPECT_FALSE(seal().decode(encode(event)));
  EXPECT_FALSE(seal().decode(Seal("users", key_number(2)).encode(event)));
  EXPECT_FALSE(seal().decode(seal("products").encode(event)));
  EXPECT_TRUE(seal().decode(Seal("users", key_number(1)).encode(event)));
}

}  // namespace
}  // namespace sportapp::messaging
