#include "domain/services/orders/orders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/memory_service.hpp"

namespace sportapp::domain {
namespace {

using ::testing::HasSubstr;

CommittedEvent event(std::int64_t seq, std::string type, std::string payload) {
  return {Seq{seq}, 0, {std::move(type), 1, std::move(payload)}};
}

std::string user_registered(std::int64_t id) {
  return R"({"id":)" + std::to_string(id) + R"(,"username":"runner )" + std::to_string(id) + R"("})";
}

class OrdersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    orders.now_ms = 1234;
    from_users("UserRegistered", R"({"id":1,"username":"ana","email":"Ana@example.org"})");
    from_products("ProductAdded", R"({"id":4,"name":"Balón","description":"","value":1500,"stock":10})");
  }

  void from_users(std::string type, std::string payload) {
    users.push_back(event(static_cast<std::int64_t>(users.size()) + 1, std::move(type), std::move(payload)));
    orders.take_in("users", users);
  }
  void from_products(std::string type, std::string payload) {
    products.push_back(
        event(static_cast<std::int64_t>(products.size()) + 1, std::move(type), std::move(payload)));
    orders.take_in("products", products);
  }
  const Event& last() { return orders.events.back().event; }
  bool is_open(std::int64_t id) { return orders.state.row("open_orders", Id{id}).has_value(); }

  static constexpr auto kOrder = R"({"user":1,"product":4,"quantity":3})";
  MemoryService orders{make_orders()};
  std::vector<CommittedEvent> users, products;
};

TEST_F(OrdersTest, AnOrderIsTakenAtThePriceAndWithTheNamesOfNow) {
  EXPECT_EQ(orders.post(kOrder), 200);
  EXPECT_EQ(orders.answer.body, R"({"id":1,"user":1,"product":4,"quantity":3,"state":"processing"})");
  EXPECT_EQ(orders.answer.location, "/api-queries/orders/1");
  EXPECT_EQ(last().type, "OrderPlaced");
  EXPECT_EQ(last().payload, R"({"id":1,"user":1,"user_username":"ana","product":4,"product_name":"Balón",)"
                            R"("product_value":1500,"quantity":3,"total":4500})");
}

TEST_F(OrdersTest, ALaterPriceIsThatOfLaterOrdersOnly) {
  orders.post(kOrder);
  from_products("ProductChanged", R"({"id":4,"name":"Pelota","description":"","value":9,"stock":10})");
  EXPECT_EQ(orders.post(kOrder), 200);
  EXPECT_THAT(last().payload,
              HasSubstr(R"("product_name":"Pelota","product_value":9,"quantity":3,"total":27)"));
  EXPECT_THAT(orders.events[2].event.payload, HasSubstr(R"("product_value":1500,"quantity":3,"total":4500)"));
}

TEST_F(OrdersTest, TheDearestOrderThereCanBeHasAnExactTotal) {
  from_products("ProductAdded", R"({"id":5,"name":"Yate","description":"","value":1000000000,"stock":1})");
  EXPECT_EQ(orders.post(R"({"user":1,"product":5,"quantity":1000000})"), 200);
  EXPECT_THAT(last().payload, HasSubstr(R"("total":1000000000000000})"));
}

TEST_F(OrdersTest, AnUnknownUserOrProductIsNamedAndMayOnlyBeEarly) {
  EXPECT_EQ(orders.post(R"({"user":2,"product":4,"quantity":1})"), 400);
  ASSERT_EQ(orders.refusal.errors.size(), 1U);
  EXPECT_EQ(orders.refusal.errors[0].field, "/user");
  EXPECT_EQ(orders.refusal.detail, "user 2 is not known");
  EXPECT_TRUE(orders.refusal.may_be_early);
  EXPECT_EQ(orders.post(R"({"user":2,"product":5,"quantity":1})"), 400);
  ASSERT_EQ(orders.refusal.errors.size(), 2U);
  EXPECT_EQ(orders.refusal.errors[1].field, "/product");
  EXPECT_EQ(orders.refusal.errors[1].detail, "is not known");
  from_users("UserRegistered", R"({"id":2,"username":"luz"})");
  EXPECT_EQ(orders.post(R"({"user":2,"product":4,"quantity":1})"), 200);
}

TEST_F(OrdersTest, StockTakenCompletesAnOrder) {
  orders.post(kOrder);
  EXPECT_THAT(*orders.state.row("open_orders", Id{1}), R"({"since_ms":1234})");
  from_products("StockTaken", R"({"order":1,"product":4,"quantity":3,"stock":7})");
  EXPECT_EQ(last().type, "OrderCompleted");
  EXPECT_EQ(last().payload, R"({"id":1})");
  EXPECT_FALSE(is_open(1));
  EXPECT_EQ(orders.post(kOrder), 200);
  EXPECT_EQ(orders.answer.location, "/api-queries/orders/2");
}

TEST_F(OrdersTest, StockRefusedFailsAnOrderWithTheReason) {
  orders.post(kOrder);
  from_products("StockRefused", R"({"order":1,"product":4,"quantity":3,"reason":"not enough stock"})");
  EXPECT_EQ(last().type, "OrderFailed");
  EXPECT_EQ(last().payload, R"({"id":1,"reason":"not enough stock"})");
  EXPECT_FALSE(is_open(1));
}

TEST_F(OrdersTest, AnOrderIsSettledOnce) {
  orders.post(kOrder);
  const auto taken = R"({"order":1,"product":4,"quantity":3,"stock":7})";
  from_products("StockTaken", taken);
  const auto recorded = orders.events.size();
  orders.take_in("products", products);
  EXPECT_EQ(orders.events.size(), recorded) << "delivered again is not happened again";
  EXPECT_THROW(from_products("StockTaken", taken), std::logic_error);
  EXPECT_THROW(from_products("StockRefused", R"({"order":2,"reason":"none"})"), std::logic_error);
  EXPECT_EQ(orders.events.size(), recorded);
}

TEST_F(OrdersTest, ManyRegistrationsAreFewEntriesAndNoneIsLost) {
  for (std::int64_t id = 2; id <= 501; ++id) {
    users.push_back(event(id, "UserRegistered", user_registered(id)));
  }
  const auto recorded = orders.events.size();
  orders.take_in("users", users);
  EXPECT_EQ(orders.events.size(), recorded + 3);
  EXPECT_EQ(orders.counted["users"], Seq{501});
  EXPECT_EQ(orders.state.row("users", Id{501}), user_registered(501));
  EXPECT_EQ(orders.state.row("users", Id{202}), user_registered(202));
}

TEST_F(OrdersTest, WhatProductsSaysKeepsItsOrder) {
  const auto reactions = orders.domain->react(
      "products",
      {event(1, "ProductAdded", R"({"id":1,"name":"a","value":1})"),
       event(2, "ProductChanged", R"({"id":1,"name":"b","value":2,"description":""})"),
       event(3, "StockTaken", R"({"order":7,"product":1,"quantity":1,"stock":0})"),
       event(4, "SomethingNew", "{}"), event(5, "ProductAdded", R"({"id":2,"name":"c","value":3})"),
       event(6, "SomethingNew", "7")});
  ASSERT_EQ(reactions.size(), 3U);
  EXPECT_EQ(reactions[0].command.body,
            R"({"products":[{"id":1,"name":"a","value":1},{"id":1,"name":"b","value":2}]})");
  EXPECT_EQ(reactions[1].command.body, R"({"order":7,"state":"completed"})");
  EXPECT_EQ(reactions[2].command.body, R"({"products":[{"id":2,"name":"c","value":3}]})");
  EXPECT_EQ(reactions[0].upto, Seq{2});
  EXPECT_EQ(reactions[1].upto, Seq{3});
  EXPECT_EQ(reactions[2].upto, Seq{5});
}

TEST_F(OrdersTest, AnEventThatCannotBeUnderstoodIsNotGuessedAt) {
  const auto react = [&](const char* source, const char* type, const char* payload) {
    return orders.domain->react(source, {event(1, type, payload)});
  };
  EXPECT_THROW((void)react("users", "UserRegistered", R"({"id":"1","username":"ana"})"), std::exception);
  EXPECT_THROW((void)react("users", "UserRegistered", R"({"id":1})"), std::exception);
  EXPECT_THROW((void)react("products", "ProductAdded", R"({"id":1,"name":"a"})"), std::exception);
  EXPECT_THROW((void)react("products", "ProductChanged", "["), std::exception);
  EXPECT_THROW((void)react("products", "StockTaken", R"({"product":1})"), std::exception);
  EXPECT_THROW((void)react("products", "StockRefused", R"({"order":1})"), std::exception);
  EXPECT_TRUE(react("users", "UserLeft", "7").empty());
}

class RefusedOrder : public OrdersTest,
                     public ::testing::WithParamInterface<std::pair<std::string, std::string>> {};

TEST_P(RefusedOrder, ChangesNothingAndNamesTheField) {
  const auto& [field, body] = GetParam();
  EXPECT_EQ(orders.post(body), 400) << body;
  ASSERT_EQ(orders.refusal.errors.size(), 1U);
  EXPECT_EQ(orders.refusal.errors[0].field, field);
  EXPECT_FALSE(orders.refusal.may_be_early) << "it will not be right in a moment either";
  EXPECT_FALSE(is_open(1));
}

INSTANTIATE_TEST_SUITE_P(
    Orders, RefusedOrder,
    ::testing::Values(std::pair("/user", R"({"product":4,"quantity":1})"),
                      std::pair("/user", R"({"user":"1","product":4,"quantity":1})"),
                      std::pair("/user", R"({"user":0,"product":4,"quantity":1})"),
                      std::pair("/user", R"({"user":-1,"product":4,"quantity":1})"),
                      std::pair("/user", R"({"user":9223372036854775808,"product":4,"quantity":1})"),
                      std::pair("/product", R"({"user":1,"product":null,"quantity":1})"),
                      std::pair("/product", R"({"user":1,"product":4.0,"quantity":1})"),
                      std::pair("/quantity", R"({"user":1,"product":4})"),
                      std::pair("/quantity", R"({"user":1,"product":4,"quantity":0})"),
                      std::pair("/quantity", R"({"user":1,"product":4,"quantity":-2})"),
                      std::pair("/quantity", R"({"user":1,"product":4,"quantity":1000001})"),
                      std::pair("/quantity", R"({"user":1,"product":4,"quantity":2.5})"),
                      std::pair("/quantity", R"({"user":1,"product":4,"quantity":[1]})")));

}  // namespace
}  // namespace sportapp::domain
