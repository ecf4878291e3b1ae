#include "domain/services/orders/orders_views.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory_views.hpp"

namespace sportapp::domain {
namespace {

std::string placed(std::int64_t id, std::string_view user = "ana", std::string_view product = "Balón") {
  return R"({"id":)" + std::to_string(id) + R"(,"user":1,"user_username":")" + std::string(user) +
         R"(","product":4,"product_name":")" + std::string(product) +
         R"(","product_value":5,"quantity":3,"total":15})";
}

std::string view(std::int64_t id, std::string_view user, std::string_view product, std::string_view rest) {
  return R"({"id":)" + std::to_string(id) + R"(,"user_id":1,"user_username":")" + std::string(user) +
         R"(","product_id":4,"product_name":")" + std::string(product) +
         R"(","product_value":5,"quantity":3,"total":15,"state":)" + std::string(rest) + "}";
}

class OrdersViewsTest : public ::testing::Test {
 protected:
  void given(std::string type, std::string payload) {
    orders->apply(shown, {seq = seq.next(), 0, {std::move(type), 1, std::move(payload)}});
  }

  std::unique_ptr<Projection> orders = make_orders_views();
  sportapp::testing::MemoryViews shown;
  Seq seq;
};

TEST_F(OrdersViewsTest, AnOrderIsOneRowWithAllOfItsNamesAndNumbers) {
  given("UsersNoted", R"({"users":[{"id":1,"username":"ana"}]})");
  given("OrderPlaced", placed(1));
  EXPECT_EQ(shown.views[1], view(1, "ana", "Balón", R"("processing")"));
}

TEST_F(OrdersViewsTest, AnOrderEndsCompletedOrFailedWithItsReason) {
  given("OrderPlaced", placed(1));
  given("OrderPlaced", placed(2));
  given("OrderCompleted", R"({"id":1})");
  given("OrderFailed", R"({"id":2,"reason":"not enough stock"})");
  EXPECT_EQ(shown.views[1], view(1, "ana", "Balón", R"("completed")"));
  EXPECT_EQ(shown.views[2], view(2, "ana", "Balón", R"("failed","reason":"not enough stock")"));
}

TEST_F(OrdersViewsTest, ARenamedProductIsRenamedInItsOrdersAndTheirPriceStays) {
  given("OrderPlaced", placed(1));
  given("OrderCompleted", R"({"id":1})");
  given("OrderPlaced", placed(2));
  given("OrderPlaced", R"({"id":3,"user":2,"user_username":"luz","product":9,"product_name":"Red",)"
                       R"("product_value":1,"quantity":1,"total":1})");
  const auto other = shown.views[3];
  given("ProductsNoted",
        R"({"products":[{"id":4,"name":"Pelota","value":99},{"id":8,"name":"x","value":1}]})");
  EXPECT_EQ(shown.views[1], view(1, "ana", "Pelota", R"("completed")"));
  EXPECT_EQ(shown.views[2], view(2, "ana", "Pelota", R"("processing")"));
  EXPECT_EQ(shown.views[3], other);
}

TEST_F(OrdersViewsTest, ARenamedUserIsRenamedInHisOrders) {
  given("OrderPlaced", placed(1));
  given("UsersNoted", R"({"users":[{"id":2,"username":"luz"},{"id":1,"username":"Ana María"}]})");
  EXPECT_EQ(shown.views[1], view(1, "Ana María", "Balón", R"("processing")"));
}

TEST_F(OrdersViewsTest, RenamedTwiceInOneNoteTheLastNameIsShown) {
  given("OrderPlaced", placed(1));
  given("ProductsNoted", R"({"products":[{"id":4,"name":"b","value":5},{"id":4,"name":"c","value":5}]})");
  EXPECT_EQ(shown.views[1], view(1, "ana", "c", R"("processing")"));
  given("ProductsNoted", R"({"products":[{"id":4,"name":"d","value":5},{"id":4,"name":"c","value":5}]})");
  EXPECT_EQ(shown.views[1], view(1, "ana", "c", R"("processing")"));
}

TEST_F(OrdersViewsTest, EveryOrderFollowsARenameHoweverManyThereAre) {
  constexpr std::int64_t kOrders = 2001;
  for (std::int64_t id = 1; id <= kOrders; ++id) given("OrderPlaced", placed(id));
  given("ProductsNoted", R"({"products":[{"id":4,"name":"Pelota","value":5}]})");
  for (std::int64_t id = 1; id <= kOrders; ++id) {
    ASSERT_EQ(shown.views[id], view(id, "ana", "Pelota", R"("processing")"));
  }
}

TEST_F(OrdersViewsTest, AChangeOfThePriceAloneChangesNoOrder) {
  given("OrderPlaced", placed(1));
  const auto before = shown.views;
  given("ProductsNoted", R"({"products":[{"id":4,"name":"Balón","value":77}]})");
  EXPECT_EQ(shown.views, before);
}

TEST_F(OrdersViewsTest, AnEventItCannotShowIsRefusedAndNotSkipped) {
  EXPECT_THROW(given("OrderRemoved", R"({"id":1})"), std::exception);
  EXPECT_THROW(given("OrderPlaced", R"({"id":1})"), std::exception);
  EXPECT_THROW(given("OrderCompleted", R"({"id":1})"), std::exception);
  EXPECT_TRUE(shown.views.empty());
  given("OrderPlaced", placed(1));
  given("OrderCompleted", R"({"id":1})");
  EXPECT_THROW(given("OrderFailed", R"({"id":1,"reason":"late"})"), std::exception);
  EXPECT_EQ(shown.views[1], view(1, "ana", "Balón", R"("completed")"));
}

}  // namespace
}  // namespace sportapp::domain
