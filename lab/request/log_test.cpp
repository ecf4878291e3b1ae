#include "lab/request/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

class RequestLogTest : public ::testing::Test {
 protected:
  void write(const std::string& text) const { std::ofstream(file_, std::ios::binary) << text; }
  [[nodiscard]] std::string text() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void log(const std::vector<Request>& requests) const {
    auto writer = RequestLogWriter::create(file_);
    ASSERT_TRUE(writer) << writer.error().what;
    for (const auto& request : requests) ASSERT_TRUE((*writer)->add(request));
    ASSERT_TRUE((*writer)->flush());
  }
  // What a reader complains of, whether at once or at a later line.
  [[nodiscard]] std::string complaint() const {
    auto reader = RequestLogReader::open(file_);
    if (!reader) return reader.error().what;
    for (;;) {
      const auto request = (*reader)->next();
      if (!request) return request.error().what;
      if (!*request) return "";
    }
  }

  const sportapp::testing::TempFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "requests.tsv";
};

const Request kWhole{.number = 12,
                     .client = 3,
                     .op = Op::kRead,
                     .key = "a-key",
                     .subject = "/api-queries/users/1",
                     .due_us = 1,
                     .sent_us = 22,
                     .answered_us = 4'000'000'000'000,
                     .outcome = "503",
                     .retry_after = "1",
                     .position_asked = "users=4",
                     .position = "users=5",
                     .expected = R"({"id":1,"username":"a\\b"})",
                     .answer = "tab\t newline\n return\r backslash\\ \\t ñ"};

TEST_F(RequestLogTest, WhatIsWrittenIsRead) {
  log({kWhole, Request{}, kWhole});
  auto reader = RequestLogReader::open(file_);
  ASSERT_TRUE(reader) << reader.error().what;
  for (const auto& expected : {kWhole, Request{}, kWhole}) {
    const auto request = (*reader)->next();
    ASSERT_TRUE(request) << request.error().what;
    EXPECT_EQ(*request, expected);
  }
  const auto end = (*reader)->next();
  ASSERT_TRUE(end) << end.error().what;
  EXPECT_FALSE(*end);
}

TEST_F(RequestLogTest, ALongLogIsWrittenInPiecesAndWhole) {
  log(std::vector<Request>(5000, kWhole));
  auto reader = RequestLogReader::open(file_);
  ASSERT_TRUE(reader);
  std::size_t count = 0;
  for (auto request = (*reader)->next(); request && *request; request = (*reader)->next()) {
    EXPECT_EQ(**request, kWhole);
    ++count;
  }
  EXPECT_EQ(count, 5000U);
}

TEST_F(RequestLogTest, ARequestIsOneLine) {
  log({kWhole});
  const auto written = text();
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2);
  EXPECT_EQ(written.find("number\tclient\top\tkey\tsubject\tdue_us\t"), 0U);
}

TEST_F(RequestLogTest, EveryOpHasATextOfItsOwn) {
  for (const auto op : {Op::kRegister, Op::kProduct, Op::kOrder, Op::kRead, Op::kPoison}) {
    EXPECT_EQ(op_of(to_text(op)), op);
  }
  EXPECT_EQ(op_of("delete"), std::nullopt);
}

TEST_F(RequestLogTest, WhatIsWrongIsNamedWithFileAndLine) {
  log({kWhole});
  const auto good = text();
  const auto expect = [&](const std::string& content, const std::string& where, const std::string& what) {
    write(content);
    const auto said = complaint();
    EXPECT_EQ(said.rfind(file_.string() + where, 0), 0U) << said;
    EXPECT_NE(said.find(what), std::string::npos) << said;
  };
  expect("", ":1: ", "first line");
  expect("key\tname\n", ":1: ", "first line");
  expect("more\t" + good, ":1: ", "first line");
  expect(good + "1\t2\tread\n", ":3: ", "14 columns");
  expect(good + good.substr(good.find('\n') + 1, 20), ":3: ", "cut off");
  const auto line = [](const std::string& number, const std::string& op, const std::string& key) {
    return number + "\t0\t" + op + "\t" + key + "\t\t0\t0\t0\t200\t\t\t\t\t\n";
  };
  write(good + line("1", "read", ""));
  EXPECT_EQ(complaint(), "");
  expect(good + line("x", "read", ""), ":3: ", "integers");
  expect(good + line("1", "eat", ""), ":3: ", "'eat'");
  expect(good + line("1", "read", "\\x"), ":3: ", "backslash");
  expect(good + line("1", "read", "end\\"), ":3: ", "backslash");
}

TEST_F(RequestLogTest, APlaceThatCannotBeWrittenToIsTold) {
  const auto writer = RequestLogWriter::create(folder_.path() / "none" / "requests.tsv");
  ASSERT_FALSE(writer);
  EXPECT_NE(writer.error().what.find("none/requests.tsv"), std::string::npos);
  const auto reader = RequestLogReader::open(folder_.path() / "none");
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().what.find("none"), std::string::npos);
}

TEST_F(RequestLogTest, AFullDiskIsTold) {
  auto writer = RequestLogWriter::create("/dev/full");
  ASSERT_FALSE(writer);
  EXPECT_NE(writer.error().what.find("No space left"), std::string::npos);
}

}  // namespace
}  // namespace sportapp::lab
