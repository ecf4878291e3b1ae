#include "lab/load/request_maker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace sportapp::lab {
namespace {

const LoadOptions kAll{.port = 80,
                       .seed = 7,
                       .prefix = "t",
                       .mix = {.registers = 4, .reads = 3, .list_reads = 1, .products = 1, .orders = 1}};

RequestMaker maker(const LoadOptions& options = kAll) {
  RequestMaker made(options);
  made.open({5, {11, 12, 13}});
  return made;
}

// What a client asks of a server that acknowledges everything.
std::vector<std::string> asked(const RequestMaker& maker, SimulatedUser client, int count) {
  std::vector<std::string> bytes;
  for (int i = 0; i < count; ++i) {
    auto planned = maker.next(client);
    bytes.push_back(maker.bytes_of(planned));
    planned.request.outcome = "200";
    planned.request.position = "users=9";
    planned.request.answer = R"({"id":)" + std::to_string(i + 1) + "}";
    learn(client, planned.request);
  }
  return bytes;
}

TEST(RequestMakerTest, OneSeedGivesTheSameRequests) {
  EXPECT_EQ(asked(maker(), SimulatedUser(7, 3), 200), asked(maker(), SimulatedUser(7, 3), 200));
  EXPECT_NE(asked(maker(), SimulatedUser(7, 3), 200), asked(maker(), SimulatedUser(8, 3), 200));
}

TEST(RequestMakerTest, NoKeyAndNoNameComesTwice) {
  const auto made = maker();
  std::set<std::string> keys, subjects;
  std::size_t commands = 0;
  for (int number = 1; number <= 20; ++number) {
    SimulatedUser client(7, number);
    for (int i = 0; i < 100; ++i) {
      const auto planned = made.next(client);
      if (planned.request.op == Op::kRead) continue;
      ++commands;
      keys.insert(planned.request.key);
      if (planned.request.op != Op::kOrder) subjects.insert(planned.request.subject);
      if (planned.request.op == Op::kOrder) subjects.insert(planned.request.key);
    }
  }
  EXPECT_GT(commands, 1000U);
  EXPECT_EQ(keys.size(), commands);
  EXPECT_EQ(subjects.size(), commands);
}

TEST(RequestMakerTest, TheMixIsKept) {
  std::map<std::string, int> counts;
  for (const auto& bytes : asked(maker(), SimulatedUser(1, 1), 10'000))
    ++counts[bytes.substr(0, bytes.find(' ', 5))];
  EXPECT_NEAR(counts["POST /api-commands/users"], 4000, 300);
  EXPECT_NEAR(counts["POST /api-commands/products"], 1000, 200);
  EXPECT_NEAR(counts["POST /api-commands/orders"], 1000, 200);
  EXPECT_NEAR(counts["GET /api-queries/users?limit=20"], 1000, 200);
}

TEST(RequestMakerTest, AReadAsksForTheClientsLastAcknowledgedWrite) {
  auto options = kAll;
  options.mix = {.registers = 0, .reads = 1};
  options.base_path = "/base";
  const auto made = maker(options);
  SimulatedUser client(7, 3);
  auto first = made.next(client);
  EXPECT_EQ(first.request.op, Op::kRegister) << "there is nothing to read yet";
  first.request.outcome = "cut";
  first.request.answer = R"({"id":4})";
  learn(client, first.request);
  auto second = made.next(client);
  EXPECT_EQ(second.request.op, Op::kRegister) << "what was not acknowledged is not expected";
  second.request.outcome = "200";
  second.request.answer = R"({"id":5,"username":"x"})";
  second.request.position = "users=6";
  learn(client, second.request);
  const auto read = made.next(client);
  EXPECT_EQ(read.request.op, Op::kRead);
  EXPECT_EQ(read.request.subject, "/api-queries/users/5");
  EXPECT_EQ(read.request.expected, second.request.answer);
  EXPECT_EQ(read.request.position_asked, "users=6");
  EXPECT_EQ(
      made.bytes_of(read),
      "GET /base/api-queries/users/5 HTTP/1.1\r\nHost: 127.0.0.1:80\r\nSportapp-Position: users=6\r\nPrefer: "
      "wait=5\r\n\r\n");
}

TEST(RequestMakerTest, ACommandGoesOutWithItsKeyAndLength) {
  SimulatedUser client(7, 3);
  const auto made = maker();
  EXPECT_EQ(made.bytes_of(made.registration(client)),
            "POST /api-commands/users HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Type: application/json\r\n"
            "Idempotency-Key: t-r3-1\r\nContent-Length: 21\r\n\r\n{\"username\":\"t-r3-1\"}");
  const auto poison = made.poison(client, "crash");
  EXPECT_EQ(poison.body, R"({"username":"poison:crash-t-p3-2"})");
  EXPECT_EQ(poison.request.op, Op::kPoison);
}

TEST(RequestMakerTest, AnOrderIsForAProductThereIs) {
  const auto made = maker();
  SimulatedUser client(7, 3);
  std::set<std::string> products;
  for (int i = 0; i < 100; ++i) {
    const auto order = made.order(client);
    EXPECT_EQ(order.request.subject.substr(0, 3), "5/1");
    products.insert(order.request.subject.substr(2, 2));
  }
  EXPECT_EQ(products, (std::set<std::string>{"11", "12", "13"}));
}

TEST(LoadOptionsTest, WhatCannotBeIsNamed) {
  const auto complaint = [](auto change) {
    auto options = kAll;
    change(options);
    const auto good = checked(options);
    return good ? std::string() : good.error().what;
  };
  EXPECT_EQ(complaint([](LoadOptions&) {}), "");
  const auto says = [&](auto change, const char* name) {
    EXPECT_NE(complaint(change).find(name), std::string::npos) << name << ": " << complaint(change);
  };
  says([](LoadOptions& options) { options.prefix = "a\"b"; }, "prefix");
  says([](LoadOptions& options) { options.prefix = std::string(21, 'a'); }, "prefix");
  says([](LoadOptions& options) { options.prefix = ""; }, "prefix");
  says([](LoadOptions& options) { options.mix = {.registers = 0}; }, "mix");
  says([](LoadOptions& options) { options.mix.reads = -1; }, "mix");
  says([](LoadOptions& options) { options.port = 0; }, "port");
  says([](LoadOptions& options) { options.clients = 0; }, "clients");
  says([](LoadOptions& options) { options.think_ms = -1; }, "think_ms");
  says([](LoadOptions& options) { options.rate_per_s = -1; }, "rate_per_s");
  says([](LoadOptions& options) { options.connections_max = 0; }, "connections_max");
  says([](LoadOptions& options) { options.timeout_ms = 0; }, "timeout_ms");
}

}  // namespace
}  // namespace sportapp::lab
