#include "net/messaging/event_source.hpp"

#include <gtest/gtest.h>

namespace sportapp::messaging {
namespace {

domain::CommittedEvent with_payload(std::string payload) {
  return {Seq{1042}, 1'700'000'000'123, {"UserRegistered", 2, std::move(payload)}};
}

TEST(Encoding, IsOneLineOfJsonWithTheAgreedNames) {
  EXPECT_EQ(
      encode(with_payload(R"({"id":7})")),
      R"({"seq":1042,"time_ms":1700000000123,"type":"UserRegistered","version":2,"payload":"{\"id\":7}"})");
}

TEST(Encoding, EveryByteOfAPayloadComesBack) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const auto& payload : {std::string(), std::string(R"({"username":"ñandú \u00e9 \" \\ 漢字 🏀"})"),
                              std::string("{\n\t\"a\" : 1e400 }\r\n"), std::string("a\0b", 3), every_byte,
                              std::string(70'000, '"')}) {
    const auto event = with_payload(payload);
    const auto line = encode(event);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto back = decode(line);
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(back->event.payload, payload);
    EXPECT_EQ(back->event.type, event.event.type);
    EXPECT_EQ(back->event.version, 2);
    EXPECT_EQ(back->seq, event.seq);
    EXPECT_EQ(back->time_ms, event.time_ms);
  }
}

TEST(Encoding, ALineCutOffAnywhereIsAnError) {
  const auto line = encode(with_payload(R"({"id":7})"));
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(decode(line.substr(0, length))) << length;
  }
}

TEST(Encoding, WhatIsJsonButNoEventIsAnErrorThatShowsIt) {
  for (const std::string_view line :
       {"[]", "7", "{}", R"({"seq":0,"time_ms":1,"type":"A","version":1,"payload":""})",
        R"({"seq":-1,"time_ms":1,"type":"A","version":1,"payload":""})",
        R"({"seq":9223372036854775808,"time_ms":1,"type":"A","version":1,"payload":""})",
        R"({"seq":1.5,"time_ms":1,"type":"A","version":1,"payload":""})",
        R"({"seq":1,"time_ms":"1","type":"A","version":1,"payload":""})",
        R"({"seq":1,"time_ms":1,"type":7,"version":1,"payload":""})",
        R"({"seq":1,"time_ms":1,"type":"A","version":4294967297,"payload":""})",
        R"({"seq":1,"time_ms":1,"type":"A","version":1,"payload":{}})",
        R"({"seq":1,"time_ms":1,"type":"A","version":1})"}) {
    const auto event = decode(line);
    ASSERT_FALSE(event) << line;
    EXPECT_NE(event.error().what.find(line.substr(0, 10)), std::string::npos) << event.error().what;
  }
}

TEST(Encoding, FieldsAddedByANewerWriterAreIgnored) {
  EXPECT_TRUE(decode(R"({"seq":1,"time_ms":1,"type":"A","version":1,"payload":"","epoch":3})"));
}

}  // namespace
}  // namespace sportapp::messaging
