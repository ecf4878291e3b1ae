#include "ops/import/csv.hpp"

#include <gtest/gtest.h>

#include "ops/import/json_lines.hpp"

namespace sportapp::importing {
namespace {

std::vector<Record> all_of(RecordReader& reader, std::string_view text, std::size_t piece = 4096) {
  std::vector<Record> records;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const auto pushed = reader.push(text.substr(at, piece));
    EXPECT_TRUE(pushed) << pushed.error().what;
    while (auto record = reader.next()) records.push_back(*std::move(record));
  }
  const auto finished = reader.finish();
  EXPECT_TRUE(finished) << finished.error().what;
  while (auto record = reader.next()) records.push_back(*std::move(record));
  return records;
}

std::vector<Record> csv(std::string_view text, CsvReader::Options options = {}) {
  CsvReader reader(std::move(options));
  return all_of(reader, text);
}

const std::vector<domain::Field> kUsers{{.name = "username"}, {"email", domain::Field::Kind::kText, false}};
const CsvReader::Options kTwoColumns{.columns = {"username", "email"}, .fields = kUsers};
const CsvReader::Options kOneColumn{.columns = {"username"}, .fields = {{.name = "username"}}};

TEST(Csv, TheHeaderNamesTheFields) {
  const auto records = csv("username,email\nana,ana@example.org\nluz,\n");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].body, R"({"username":"ana","email":"ana@example.org"})");
  EXPECT_EQ(records[0].line, 2);
  EXPECT_EQ(records[0].bytes, "ana,ana@example.org");
  EXPECT_EQ(records[1].body, R"({"username":"luz"})") << "an empty field is absent";
}

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLineEnds) {
  const auto records = csv("\"a,\"\"b\"\"\",x@y.zz\r\n\"two\nlines\",\r\nlast,\"\"", kTwoColumns);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].body, R"({"username":"a,\"b\"","email":"x@y.zz"})");
  EXPECT_EQ(records[1].body, R"({"username":"two\nlines"})");
  EXPECT_EQ(records[1].line, 2);
  EXPECT_EQ(records[2].line, 4) << "the line end inside the quotes counts";
  EXPECT_EQ(records[2].body, R"({"username":"last"})");
}

TEST(Csv, CrlfAndLfEndALineAndEmptyLinesAreSkipped) {
  const auto records = csv("ana\r\n\r\n\nluz\n\"eva\"\r\n", kOneColumn);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].body, R"({"username":"ana"})");
  EXPECT_EQ(records[1].line, 4);
  EXPECT_EQ(records[2].body, R"({"username":"eva"})");
}

TEST(Csv, ThePiecesInWhichBytesComeDoNotMatter) {
  const std::string text = "username,email\r\n\"a\"\"\r\n,\",b@c.dd\r\n\r\n x , y\"\n\"bad\"x,\r\nend,";
  CsvReader whole({});
  const auto expected = all_of(whole, text);
  ASSERT_EQ(expected.size(), 4U);
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    CsvReader reader({});
    const auto records = all_of(reader, text, piece);
    ASSERT_EQ(records.size(), expected.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(records[i].body, expected[i].body);
      EXPECT_EQ(records[i].problem, expected[i].problem);
      EXPECT_EQ(records[i].line, expected[i].line);
      EXPECT_EQ(records[i].bytes, expected[i].bytes);
    }
  }
}

TEST(Csv, AMalformedLineIsAProblemOfItsOwnAndHarmsNoOther) {
  const auto records = csv("\"a\"b,c\nonly\none,two,three\ngood,\n\"open,x\ny", kTwoColumns);
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].problem, "has text after a closing quote");
  EXPECT_EQ(records[1].problem, "has 1 field, not 2 (username, email)");
  EXPECT_EQ(records[2].problem, "has 3 fields, not 2 (username, email)");
  EXPECT_EQ(records[3].problem, "");
  EXPECT_EQ(records[4].problem, "a quote is opened on line 5 and never closed; nothing behind it was read");
  EXPECT_EQ(records[4].line, 5);
}

TEST(Csv, ARecordWithoutEndTakesBoundedMemoryAndIsRefused) {
  const auto records = csv("\"" + std::string(3 * kRecordBytesMax, 'x') + "\"\nana\n", kOneColumn);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_NE(records[0].problem.find("longer than"), std::string::npos);
  EXPECT_LE(records[0].bytes.size(), kRecordBytesMax);
  EXPECT_EQ(records[1].body, R"({"username":"ana"})");
}

TEST(Csv, AFirstLineThatIsNoHeaderIsSaidAtOnce) {
  for (const auto* text : {"ana,ana@example.org\n", "username,username\n", "username,,email\n",
                           "username,Username\n", "\"username\"x\n", "username,correo\n"}) {
    CsvReader reader({.columns = {}, .fields = kUsers});
    const auto pushed = reader.push(text);
    ASSERT_FALSE(pushed) << text;
    EXPECT_NE(pushed.error().what.find("line 1"), std::string::npos) << pushed.error().what;
    EXPECT_NE(pushed.error().what.find("--columns"), std::string::npos) << pushed.error().what;
  }
}

std::vector<std::string> bodies(std::string_view text, CsvReader::Options options) {
  std::vector<std::string> all;
  for (auto& record : csv(text, std::move(options))) {
    EXPECT_EQ(record.problem, "");
    all.push_back(std::move(record.body));
  }
  return all;
}

const CsvReader::Options kHeader{.fields = kUsers};
const std::vector<std::string> kAna{R"({"username":"ana","email":"ana@x.org"})"};

TEST(Csv, WhatDividesTheColumnsShowsInTheFirstLine) {
  for (const auto* text :
       {"username,email\nana,ana@x.org\n", "username;email\nana;ana@x.org\n",
        "username\temail\nana\tana@x.org\n", "username|email\nana|ana@x.org\n",
        "sep=;\nusername;email\nana;ana@x.org\n", "\"sep=,\"\r\nusername,email\r\nana,ana@x.org",
        "\"username\";\"email\"\n\"ana\";\"ana@x.org\"\n"}) {
    EXPECT_EQ(bodies(text, kHeader), kAna) << text;
  }
  EXPECT_EQ(bodies("ana;ana@x.org\n", kTwoColumns), kAna) << "or by how many columns there are";
  EXPECT_EQ(bodies("username:email\nana:ana@x.org\n", {.fields = kUsers, .delimiter = ':'}), kAna);
  EXPECT_EQ(bodies("a;b\n", kOneColumn), std::vector<std::string>{R"({"username":"a;b"})"});
}

TEST(Csv, LinesEndAsTheFirstOneDoes) {
  EXPECT_EQ(bodies("username,email\rana,ana@x.org\r", kHeader), kAna);
  const auto records = csv("username\rana\r\"l\ru\"\reva", kHeader);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[1].body, R"({"username":"l\ru"})");
  EXPECT_EQ(records[2].line, 5) << "the line end inside the quotes counts";
}

TEST(Csv, TheHeaderIsTakenAsPeopleWriteIt) {
  for (const auto* text :
       {"Username, EMAIL\nana,ana@x.org\n", "username,email,\nana,ana@x.org,\n",
        " username , email ,,\n ana , ana@x.org \n", "username, email\nana, \"ana@x.org\" \n"}) {
    EXPECT_EQ(bodies(text, kHeader), kAna) << text;
  }
}

TEST(Csv, AColumnThatTheServiceDoesNotTakeIsNamed) {
  CsvReader reader(kHeader);
  const auto pushed = reader.push("username,correo\nana,ana@x.org\n");
  ASSERT_FALSE(pushed);
  EXPECT_NE(pushed.error().what.find("'correo', which is none of username, email"), std::string::npos);
  EXPECT_EQ(bodies("username,correo\nana,x\n", {.fields = kUsers, .ignored = {"correo"}}),
            std::vector<std::string>{R"({"username":"ana"})"});
  EXPECT_EQ(bodies("x,ana\n", {.columns = {"-", "username"}, .fields = kUsers}),
            std::vector<std::string>{R"({"username":"ana"})"});
}

TEST(Csv, AHeaderIsNotTakenForALine) {
  CsvReader reader(kTwoColumns);
  const auto pushed = reader.push("Username,email\nana,ana@x.org\n");
  ASSERT_FALSE(pushed);
  EXPECT_NE(pushed.error().what.find("looks like a header"), std::string::npos) << pushed.error().what;
  EXPECT_EQ(csv("username\nana\n", {.columns = {"username"}, .fields = kUsers, .has_header = false}).size(),
            2U);
}

TEST(Csv, RowsOfNothingAreNoRecords) {
  EXPECT_EQ(bodies("username,email\n,\n\n , \nana,ana@x.org\n,,,\n\"\",\n", kHeader), kAna);
}

TEST(Csv, AQuoteThatIsNeverClosedIsToldWithItsLine) {
  const auto records = csv("username,email\nana,a@x.org\nluz,\"luz@x.org\neva,\n", kHeader);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].problem, "a quote is opened on line 3 and never closed; nothing behind it was read");
}

TEST(Csv, AWholeNumberGoesAsOneWhereTheServiceTakesOne) {
  using Kind = domain::Field::Kind;
  const CsvReader::Options products{
      .columns = {},
      .fields = {
          {.name = "name"}, {.name = "value", .kind = Kind::kInteger}, {"stock", Kind::kInteger, false}}};
  const auto records =
      csv("name,value,stock\n7,1500,-3\nball,1.5,12x\nball,99999999999999999999,\n", products);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].body, R"({"name":"7","value":1500,"stock":-3})");
  EXPECT_EQ(records[1].body, R"({"name":"ball","value":"1.5","stock":"12x"})") << "for the service to refuse";
  EXPECT_EQ(records[2].body, R"({"name":"ball","value":"99999999999999999999"})");
}

TEST(Csv, AHeaderThatLacksWhatIsRequiredNamesIt) {
  CsvReader reader({.columns = {}, .fields = {{.name = "name"}, {.name = "value"}, {"stock", {}, false}}});
  const auto pushed = reader.push("name,stock\n");
  ASSERT_FALSE(pushed);
  EXPECT_NE(pushed.error().what.find("no column 'value'"), std::string::npos) << pushed.error().what;
  EXPECT_NE(pushed.error().what.find("--columns name,value,stock"), std::string::npos) << pushed.error().what;
}

TEST(JsonLines, EachLineIsSentAsItStands) {
  JsonLinesReader reader;
  const auto records = all_of(reader, "{\"username\":\"a\"}\r\n\n  \nnot json\n{}", 3);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].body, R"({"username":"a"})");
  EXPECT_EQ(records[1].body, "not json");
  EXPECT_EQ(records[1].line, 4);
  EXPECT_EQ(records[2].line, 5);
}

TEST(JsonLines, AnArrayIsSaidAtOnceAndALineTooLongIsAProblem) {
  JsonLinesReader array;
  EXPECT_FALSE(array.push("[\n{}\n]"));
  JsonLinesReader reader;
  const auto records = all_of(reader, std::string(2 * kRecordBytesMax, 'x') + "\n{}");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_NE(records[0].problem.find("longer than"), std::string::npos);
  EXPECT_EQ(records[1].body, "{}");
}

}  // namespace
}  // namespace sportapp::importing
