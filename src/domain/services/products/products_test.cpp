#include "domain/services/products/products.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/memory_service.hpp"

namespace sportapp::domain {
namespace {

using ::testing::HasSubstr;

class ProductsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(products.post(kBall), 200); }

  int put(std::int64_t id, std::string_view body) { return products.send("PUT", Id{id}, body); }
  void given_order(std::int64_t order, std::int64_t product, std::int64_t quantity) {
    const auto text = R"({"id":)" + std::to_string(order) + R"(,"user":1,"user_username":"ana","product":)" +
                      std::to_string(product) + R"(,"quantity":)" + std::to_string(quantity) +
                      R"(,"total":1})";
    orders.push_back({Seq{static_cast<std::int64_t>(orders.size()) + 1}, 0, {"OrderPlaced", 1, text}});
    products.take_in("orders", orders);
  }
  const Event& last() { return products.events.back().event; }

  static constexpr auto kBall = R"({"name":"Balón","description":"n.º 5","value":4500,"stock":10})";
  MemoryService products{make_products()};
  std::vector<CommittedEvent> orders;
};

TEST_F(ProductsTest, AProductIsAnsweredAndRecordedWhole) {
  EXPECT_EQ(products.answer.body, R"({"id":1,"name":"Balón","description":"n.º 5","value":4500,"stock":10})");
  EXPECT_EQ(products.answer.location, "/api-queries/products/1");
  EXPECT_EQ(last().type, "ProductAdded");
  EXPECT_EQ(last().payload, products.answer.body);
}

TEST_F(ProductsTest, ADescriptionNeedNotBeGiven) {
  EXPECT_EQ(products.post(R"({"stock":0,"value":0,"name":"a"})"), 200);
  EXPECT_EQ(products.answer.body, R"({"id":2,"name":"a","description":"","value":0,"stock":0})");
  EXPECT_EQ(products.post(R"({"stock":0,"value":0,"name":"a","description":null})"), 200);
  EXPECT_EQ(products.answer.body, R"({"id":3,"name":"a","description":"","value":0,"stock":0})");
}

TEST_F(ProductsTest, TwoProductsMayHaveOneName) {
  EXPECT_EQ(products.post(kBall), 200);
  EXPECT_EQ(products.answer.location, "/api-queries/products/2");
}

TEST_F(ProductsTest, ADescriptionMayHaveLinesAndANameMayNot) {
  EXPECT_EQ(products.post(R"({"name":"a","description":" one\r\n\ttwo\n","value":1,"stock":1})"), 200);
  EXPECT_EQ(products.post(R"({"name":"a\nb","value":1,"stock":1})"), 400);
}

TEST_F(ProductsTest, AChangeGivesAnyOfTheFieldsAndIsAnsweredWithTheWholeProduct) {
  EXPECT_EQ(put(1, R"({"name":"Balón oficial"})"), 200);
  EXPECT_EQ(products.answer.body,
            R"({"id":1,"name":"Balón oficial","description":"n.º 5","value":4500,"stock":10})");
  EXPECT_EQ(last().type, "ProductChanged");
  EXPECT_EQ(put(1, R"({"stock":0,"value":9,"id":7})"), 200);
  EXPECT_EQ(products.answer.body,
            R"({"id":1,"name":"Balón oficial","description":"n.º 5","value":9,"stock":0})");
  EXPECT_EQ(products.answer.location, "/api-queries/products/1");
}

TEST_F(ProductsTest, AChangeOfNothingAnswersTheWholeProduct) {
  EXPECT_EQ(put(1, "{}"), 200);
  EXPECT_EQ(products.answer.body, R"({"id":1,"name":"Balón","description":"n.º 5","value":4500,"stock":10})");
  EXPECT_EQ(put(1, R"({"name":"Balón"})"), 200);
  EXPECT_EQ(products.answer.body, R"({"id":1,"name":"Balón","description":"n.º 5","value":4500,"stock":10})");
}

TEST_F(ProductsTest, WhatIsNotThereCannotBeChanged) {
  EXPECT_EQ(put(2, R"({"stock":1})"), 404);
  EXPECT_THAT(products.refusal.detail, HasSubstr("no product 2"));
}

TEST_F(ProductsTest, AnOrderTakesItsStock) {
  given_order(55, 1, 3);
  EXPECT_EQ(last().type, "StockTaken");
  EXPECT_EQ(last().payload, R"({"order":55,"product":1,"quantity":3,"stock":7})");
  EXPECT_THAT(*products.state.row("products", Id{1}), HasSubstr(R"("stock":7)"));
  EXPECT_EQ(put(1, R"({"name":"b"})"), 200);
  EXPECT_THAT(products.answer.body, HasSubstr(R"("stock":7)")) << "a change of the name leaves the stock";
}

TEST_F(ProductsTest, AnOrderTakesTheLastPieceAndTheNextOrderNone) {
  given_order(1, 1, 10);
  EXPECT_EQ(last().payload, R"({"order":1,"product":1,"quantity":10,"stock":0})");
  given_order(2, 1, 1);
  EXPECT_EQ(last().type, "StockRefused");
  EXPECT_EQ(last().payload, R"({"order":2,"product":1,"quantity":1,)"
                            R"("reason":"not enough stock: 1 ordered, 0 left"})");
  EXPECT_THAT(*products.state.row("products", Id{1}), HasSubstr(R"("stock":0)"));
}

TEST_F(ProductsTest, AnOrderOfAnUnknownProductIsRefusedAndNotPassedOver) {
  given_order(1, 2, 1);
  EXPECT_EQ(last().payload, R"({"order":1,"product":2,"quantity":1,"reason":"the product is not known"})");
}

TEST_F(ProductsTest, AnOrderDeliveredAgainTakesNothing) {
  given_order(1, 1, 3);
  const auto recorded = products.events.size();
  products.take_in("orders", orders);
  EXPECT_EQ(products.events.size(), recorded);
}

TEST_F(ProductsTest, OfTheEventsOfOrdersOnlyThosePlacedAskForSomething) {
  const auto reactions = products.domain->react(
      "orders", {{Seq{1}, 0, {"UsersNoted", 1, R"({"users":[]})"}},
                 {Seq{2}, 0, {"OrderPlaced", 1, R"({"id":9,"product":4,"quantity":2,"extra":{}})"}},
                 {Seq{3}, 0, {"OrderCompleted", 1, R"({"id":9})"}},
                 {Seq{4}, 0, {"SomethingNew", 3, "7"}}});
  ASSERT_EQ(reactions.size(), 1U);
  EXPECT_EQ(reactions[0].upto, Seq{2});
  EXPECT_EQ(reactions[0].command.type, "TakeStock");
  EXPECT_EQ(reactions[0].command.body, R"({"order":9,"product":4,"quantity":2})");
}

TEST_F(ProductsTest, AnOrderThatCannotBeUnderstoodIsNotGuessedAt) {
  for (const auto* payload :
       {"7", "{", R"({"id":1,"product":1})", R"({"id":1,"product":1,"quantity":"2"})",
        R"({"id":1,"product":1,"quantity":1.5})", R"({"id":1,"product":1,"quantity":0})",
        R"({"id":1,"product":1,"quantity":-3})", R"({"id":"1","product":1,"quantity":1})"}) {
    EXPECT_THROW((void)products.domain->react("orders", {{Seq{1}, 0, {"OrderPlaced", 1, payload}}}),
                 std::exception)
        << payload;
  }
}

class RefusedProduct : public ProductsTest,
                       public ::testing::WithParamInterface<std::pair<std::string, std::string>> {};

TEST_P(RefusedProduct, ChangesNothingAndNamesTheField) {
  const auto& [field, body] = GetParam();
  const auto state = products.state.rows;
  EXPECT_EQ(products.post(body), 400) << body;
  ASSERT_FALSE(products.refusal.errors.empty());
  EXPECT_EQ(products.refusal.errors[0].field, field);
  EXPECT_EQ(products.state.rows, state);
}

INSTANTIATE_TEST_SUITE_P(
    Products, RefusedProduct,
    ::testing::Values(std::pair("/name", R"({"value":1,"stock":1})"),
                      std::pair("/name", R"({"name":"","value":1,"stock":1})"),
                      std::pair("/name", R"({"name":7,"value":1,"stock":1})"),
                      std::pair("/name", R"({"name":null,"value":1,"stock":1})"),
                      std::pair("/name", R"({"name":")" + std::string(51, 'a') + R"(","value":1,"stock":1})"),
                      std::pair("/description", R"({"name":"a","description":4,"value":1,"stock":1})"),
                      std::pair("/description",
                                R"({"name":"a","description":"a\u0000","value":1,"stock":1})"),
                      std::pair("/description", R"({"name":"a","description":")" + std::string(201, 'a') +
                                                    R"(","value":1,"stock":1})"),
                      std::pair("/value", R"({"name":"a","stock":1})"),
                      std::pair("/value", R"({"name":"a","value":-1,"stock":1})"),
                      std::pair("/value", R"({"name":"a","value":1.0,"stock":1})"),
                      std::pair("/value", R"({"name":"a","value":1e3,"stock":1})"),
                      std::pair("/value", R"({"name":"a","value":"1","stock":1})"),
                      std::pair("/value", R"({"name":"a","value":true,"stock":1})"),
                      std::pair("/value", R"({"name":"a","value":null,"stock":1})"),
                      std::pair("/value", R"({"name":"a","value":1000000001,"stock":1})"),
                      std::pair("/stock", R"({"name":"a","value":1,"stock":18446744073709551615})"),
                      std::pair("/stock", R"({"name":"a","value":1,"stock":99999999999999999999999})"),
                      std::pair("/stock", R"({"name":"a","value":1,"stock":-1})")));

TEST_F(ProductsTest, AChangeObeysTheSameRules) {
  EXPECT_EQ(put(1, R"({"stock":-1})"), 400);
  EXPECT_EQ(put(1, R"({"name":""})"), 400);
  EXPECT_EQ(put(1, "[]"), 400);
  EXPECT_EQ(put(1, R"({"value":1000000000})"), 200);
}

TEST_F(ProductsTest, BodiesThatMeanTheSameAreOneCommand) {
  const auto one = products.domain->parse("POST", {}, R"({"name":"a","value":1,"stock":2})");
  const auto two =
      products.domain->parse("POST", {}, R"({"stock":2,"description":"","x":[1],"value":1,"name":"a"})");
  EXPECT_EQ(std::get<Command>(one).body, std::get<Command>(two).body);
}

}  // namespace
}  // namespace sportapp::domain
