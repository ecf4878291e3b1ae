#include "lab/jtl/jtl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

constexpr std::string_view kNames =
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,bytes,grpThreads,"
    "allThreads,Latency,"
    "\"username\",\"key\",\"answer\"\n";

Request request(std::int64_t number, int client, Op op, const std::string& key, const std::string& subject,
                std::int64_t sent_ms, std::int64_t took_ms, const std::string& outcome,
                const std::string& answer) {
  Request made;
  made.number = number;
  made.client = client;
  made.op = op;
  made.key = key;
  made.subject = subject;
  made.due_us = made.sent_us = sent_ms * 1000;
  made.answered_us = (sent_ms + took_ms) * 1000;
  made.outcome = outcome;
  made.answer = answer;
  return made;
}

class JtlTest : public ::testing::Test {
 protected:
  void write(std::string_view text) const { std::ofstream(file_, std::ios::binary) << text; }
  [[nodiscard]] std::vector<Request> read() const {
    const auto jtl = read_jtl(file_);
    EXPECT_TRUE(jtl) << jtl.error().what;
    return jtl ? jtl->requests : std::vector<Request>();
  }
  [[nodiscard]] std::string complaint() const {
    const auto jtl = read_jtl(file_);
    return jtl ? "" : jtl.error().what;
  }
  // What becomes of one request whose status, message and success JMeter saved so.
  [[nodiscard]] std::string outcome(const std::string& code, const std::string& message,
                                    const std::string& success) const {
    write(std::string(kNames) + "1000,5,register," + code + ",\"" + message + "\",users 1-1,text," + success +
          ",1,1,1,5,ana,ana,none\n");
    const auto requests = read();
    return requests.empty() ? "" : requests.front().outcome;
  }

  const sportapp::testing::TempFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "class.jtl";
};

// As JMeter 2.13 writes them: when they end, what holds a quote or a newline in quotes.
TEST_F(JtlTest, RequestsAreToldInTheOrderOfBeingSent) {
  write(
      std::string(kNames) +
      "1795622301359,9,register,200,OK,users 1-2,text,true,197,3,3,109,user-2,user-2,\"{\"\"id\"\":1}\n\"\n"
      "1795622301355,109,register,200,OK,users 1-1,text,true,196,3,3,109,user-1,user-1,\"{\"\"id\"\":9}\n\"\n"
      "1795622302355,20,poison,502,Bad Gateway,poison "
      "2-1,text,false,196,1,3,20,poison:crash-1,poison:crash-1,none\n"
      "1795622302365,30,register,409,CONFLICT,users 1-2,text,false,196,3,3,20,user-2,user-3,none\n");
  const std::vector<Request> expected = {
      request(1, 1, Op::kRegister, "user-1", "user-1", 0, 109, "200", "{\"id\":9}\n"),
      request(2, 0, Op::kRegister, "user-2", "user-2", 4, 9, "200", "{\"id\":1}\n"),
      request(3, 2, Op::kPoison, "poison:crash-1", "poison:crash-1", 1000, 20, "502", "none"),
      request(4, 0, Op::kRegister, "user-3", "user-2", 1010, 30, "409", "none"),
  };
  EXPECT_EQ(read(), expected);
}

TEST_F(JtlTest, TheStartIsWhenTheFirstWasSent) {
  write(std::string(kNames) +
        "1795622301400,9,register,200,OK,users 1-2,text,true,1,3,3,1,b,b,\n"
        "1795622301359,90,register,200,OK,users 1-1,text,true,1,3,3,1,a,a,\n");
  const auto jtl = read_jtl(file_);
  ASSERT_TRUE(jtl) << jtl.error().what;
  EXPECT_EQ(jtl->started_wall_us, 1'795'622'301'359'000);
  EXPECT_EQ(jtl->requests.at(1).sent_us, 41'000);
  EXPECT_EQ(jtl->requests.at(1).answer, "");
}

// Today's JMeter has other columns, and in another order.
TEST_F(JtlTest, ColumnsAreFoundByTheirNames) {
  write(
      "success,label,URL,failureMessage,responseCode,elapsed,timeStamp,sentBytes\n"
      "true,read,http://127.0.0.1:5000/api-queries/users/1,,200,3,1795622301359,12\n");
  const auto requests = read();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].op, Op::kRead);
  EXPECT_EQ(requests[0].subject, "/api-queries/users/1");
  EXPECT_EQ(requests[0].key, "");
  EXPECT_EQ(requests[0].outcome, "200");
}

TEST_F(JtlTest, AnExceptionInThePlaceOfAStatusIsToldInTheWordsOfTheLog) {
  const std::string code = "Non HTTP response code: ";
  EXPECT_EQ(outcome(code + "org.apache.http.NoHttpResponseException", "failed to respond", "false"),
            kOutcomeCut);
  EXPECT_EQ(outcome(code + "java.net.SocketException", "Connection reset", "false"), kOutcomeCut);
  EXPECT_EQ(outcome(code + "java.net.SocketException", "Too many open files", "false"), kOutcomeUnsent);
  EXPECT_EQ(outcome(code + "java.net.BindException", "Cannot assign requested address", "false"),
            kOutcomeUnsent);
  EXPECT_EQ(outcome(code + "org.apache.http.conn.HttpHostConnectException", "Connection to 127.0.0.1 refused",
                    "false"),
            kOutcomeRefused);
  EXPECT_EQ(outcome(code + "java.net.ConnectException", "Connection refused", "false"), kOutcomeRefused);
  EXPECT_EQ(outcome(code + "org.apache.http.conn.ConnectTimeoutException", "timed out", "false"),
            kOutcomeTimeout);
  EXPECT_EQ(outcome(code + "java.net.SocketTimeoutException", "Read timed out", "false"), kOutcomeTimeout);
  EXPECT_EQ(outcome(code + "org.apache.http.client.ClientProtocolException", "not HTTP", "false"),
            kOutcomeBroken);
  EXPECT_EQ(read().front().answer, "") << "an exception is no answer";
  EXPECT_EQ(outcome("503", "Service Unavailable", "false"), "503");
  EXPECT_EQ(outcome("200", "OK", "false"), kOutcomeBroken) << "an assertion of the plan failed";
}

TEST_F(JtlTest, WhatIsWrongIsToldWithItsLine) {
  const std::string good = "1000,5,register,200,OK,users 1-1,text,true,1,1,1,5,ana,ana,none\n";
  const std::string file = file_.string();
  write(std::string(kNames) + good + "1001,5,regis");
  EXPECT_THAT(complaint(), ::testing::HasSubstr(file + ":3: has 3 fields, not 15"));
  write(std::string(kNames) + good + "1001,5,login,200,OK,users 1-1,text,true,1,1,1,5,ana,ana,none\n");
  EXPECT_THAT(complaint(),
              ::testing::HasSubstr(file + ":3: the label 'login' does not say what was asked for"));
  write(std::string(kNames) + good +
        "2026/11/25 15:58:20,5,register,200,OK,users 1-1,text,true,1,1,1,5,ana,ana,none\n");
  EXPECT_THAT(complaint(),
              ::testing::HasSubstr(file + ":3: timeStamp '2026/11/25 15:58:20' and elapsed '5' must be"));
  write(good + good);
  EXPECT_THAT(complaint(), ::testing::HasSubstr("line 1: in the header the column '1' appears twice"));
  write("a,b\n1,2\n");
  EXPECT_THAT(complaint(), ::testing::HasSubstr(file + ":2: has no timeStamp"));
  write(kNames);
  EXPECT_THAT(complaint(), ::testing::HasSubstr("has no request"));
  EXPECT_EQ(read_jtl(folder_.path() / "none.jtl").error().what,
            "cannot read " + (folder_.path() / "none.jtl").string() + ": No such file or directory");
}

}  // namespace
}  // namespace sportapp::lab
