#include <gtest/gtest.h>

#include "domain/set_aside.hpp"
#include "ops/verify/journal_history.hpp"
#include "ops/verify/testing.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::verify {
namespace {

using domain::Command;

// Order 1 (3 pieces of 10) completed, order 2 (8) failed, order 3 (2) decided and not settled yet, order 4
// placed only. Entries of orders: 1 and 2 what it knows, 3 to 6 the orders, 7 and 8 settled. Of products: 1
// added, 2 to 4 decided.
class SagaTest : public ::testing::Test {
 protected:
  SagaTest() {
    orders.take_in("users", 1, {"NoteUsers", R"({"users":[{"id":1,"username":"ana"}]})"});
    orders.take_in("products", 1, {"NoteProducts", R"({"products":[{"id":1,"name":"ball","value":5}]})"});
    products.give("AddProduct", R"({"name":"ball","description":"","value":5,"stock":10})");
    for (const auto* quantity : {"3", "8", "2", "1"}) {
      orders.give("PlaceOrder", std::string(R"({"user":1,"product":1,"quantity":)") + quantity + "}");
    }
    products.take_in("orders", 3, take(1, 3));
    products.take_in("orders", 4, take(2, 8));
    products.take_in("orders", 5, take(3, 2));
    orders.take_in("products", 2, {"SettleOrder", R"({"order":1,"state":"completed"})"});
    orders.take_in("products", 3, {"SettleOrder", R"({"order":2,"state":"failed","reason":"few"})"});
  }

  static Command take(int order, int quantity) {
    return {"TakeStock", R"({"order":)" + std::to_string(order) + R"(,"product":1,"quantity":)" +
                             std::to_string(quantity) + "}"};
  }
  Checked check() {
    const auto older = orders.reader(), newer = products.reader();
    JournalHistory own(*older), other(*newer);
    const auto saga = services::find("orders")->make_checks().front();
    auto checked = saga.run(own, other, [](std::int64_t, std::int64_t) {});
    EXPECT_TRUE(checked) << checked.error().what;
    return std::move(*checked);
  }
  std::string first_difference() {
    const auto first = check().first;
    return first ? first->place + ": " + first->found : "none";
  }

  sportapp::testing::TempFolder folder;
  Recorded orders{folder.path() / "orders.db", "orders"};
  Recorded products{folder.path() / "products.db", "products"};
};

TEST_F(SagaTest, ServicesOfWhichEachIsBehindTheOtherAgree) {
  EXPECT_EQ(first_difference(), "none");
  EXPECT_EQ(check().summary, "4 orders: 1 completed, 1 failed, 2 open; 1 products");
  products.give("ChangeProduct", R"({"id":1,"stock":100})");
  products.take_in("orders", 6, take(4, 1));
  EXPECT_EQ(first_difference(), "none");
}

TEST_F(SagaTest, AnOrderSettledTwiceIsFound) {
  orders.tamper("UPDATE entries SET payload = '{\"id\":1,\"reason\":\"x\"}' WHERE seq = 8");
  EXPECT_EQ(first_difference(), "entry 8 (OrderFailed): once more");
}

TEST_F(SagaTest, AnOrderSettledOtherwiseThanProductsDecidedIsFound) {
  orders.tamper("UPDATE entries SET type = 'OrderCompleted' WHERE seq = 8");
  EXPECT_EQ(first_difference(), "order 2: StockRefused (entry 3)");
}

TEST_F(SagaTest, AnOrderSettledThatProductsNeverDecidedIsFound) {
  orders.tamper("UPDATE entries SET type = 'OrderCompleted', payload = '{\"id\":4}' WHERE seq = 8");
  EXPECT_EQ(first_difference(), "order 2: nothing");
  orders.tamper("UPDATE entries SET payload = '{\"id\":9}' WHERE seq = 8");
  EXPECT_EQ(first_difference(), "entry 8 (OrderCompleted): order 9");
}

TEST_F(SagaTest, AnOrderThatProductsPassedOverIsFoundUnlessItIsSetAside) {
  products.take_in("orders", 6,
                   domain::set_aside({"orders", {Seq{6}, 0, {"OrderPlaced", 1, "{}"}}, "not understood"}));
  EXPECT_EQ(first_difference(), "none");
  EXPECT_EQ(check().summary, "4 orders: 1 completed, 1 failed, 2 open; 1 products, 1 events set aside");
  products.tamper("DELETE FROM state_rows WHERE tbl = 'set_aside'");
  EXPECT_EQ(first_difference(), "order 4: nothing");
}

TEST_F(SagaTest, ADecisionThatOrdersPassedOverIsFoundUnlessItIsSetAside) {
  orders.take_in("products", 4,
                 domain::set_aside({"products", {Seq{4}, 0, {"StockTaken", 1, "{}"}}, "not understood"}));
  EXPECT_EQ(first_difference(), "none");
  orders.tamper("DELETE FROM state_rows WHERE tbl = 'set_aside'");
  EXPECT_EQ(first_difference(), "order 3: nothing");
}

TEST_F(SagaTest, StockTakenTwiceForAnOrderIsFound) {
  products.take_in("orders", 6, take(3, 2));
  EXPECT_EQ(first_difference(), "entry 5 (StockTaken): once more");
}

TEST_F(SagaTest, StockTakenForNoOrderOrForAnotherQuantityIsFound) {
  products.tamper(R"(UPDATE entries SET payload = replace(payload, '"order":3', '"order":0') WHERE seq = 4)");
  EXPECT_EQ(first_difference(), "entry 4 (StockTaken): order 0");
  products.tamper(
      R"(UPDATE entries SET payload = '{"order":3,"product":1,"quantity":1,"stock":6}' WHERE seq = 4)");
  EXPECT_EQ(first_difference(), "entry 4 (StockTaken): 1 of product 1");
}

TEST_F(SagaTest, StockThatDoesNotAddUpIsFound) {
  products.tamper(
      R"(UPDATE state_rows SET json = replace(json, '"stock":5', '"stock":6') WHERE tbl = 'products')");
  EXPECT_EQ(first_difference(), "product 1, stock: 6");
  products.tamper(R"(UPDATE entries SET payload = replace(payload, '"stock":5', '"stock":6') WHERE seq = 4)");
  EXPECT_TRUE(first_difference().starts_with("entry 4 (StockTaken): ")) << first_difference();
  products.tamper(
      R"(UPDATE entries SET payload = replace(payload, '"stock":10', '"stock":1') WHERE seq = 1)");
  EXPECT_TRUE(first_difference().starts_with("entry 2 (StockTaken): ")) << first_difference();
}

TEST_F(SagaTest, AnEntryThatIsNotUnderstoodIsNamed) {
  products.tamper("UPDATE entries SET payload = '{}' WHERE seq = 3");
  EXPECT_TRUE(first_difference().starts_with("entry 3 (StockRefused): ")) << first_difference();
}

}  // namespace
}  // namespace sportapp::verify
