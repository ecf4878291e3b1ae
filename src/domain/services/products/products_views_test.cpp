#include "domain/services/products/products_views.hpp"

#include <gtest/gtest.h>

#include "tests/support/memory_views.hpp"

namespace sportapp::domain {
namespace {

class ProductsViewsTest : public ::testing::Test {
 protected:
  void given(std::string type, std::string payload) {
    products->apply(shown, {seq = seq.next(), 0, {std::move(type), 1, std::move(payload)}});
  }

  std::unique_ptr<Projection> products = make_products_views();
  sportapp::testing::MemoryViews shown;
  Seq seq;
};

TEST_F(ProductsViewsTest, AProductIsDisponibleWhileThereIsStock) {
  given("ProductAdded", R"({"id":1,"name":"a","description":"d","value":5,"stock":3,"colour":"red"})");
  EXPECT_EQ(shown.views[1], R"({"id":1,"name":"a","description":"d","value":5,"stock":3,"disponible":true})");
  given("StockTaken", R"({"order":1,"product":1,"quantity":1,"stock":2})");
  EXPECT_EQ(shown.views[1], R"({"id":1,"name":"a","description":"d","value":5,"stock":2,"disponible":true})");
  given("StockTaken", R"({"order":2,"product":1,"quantity":2,"stock":0})");
  EXPECT_EQ(shown.views[1],
            R"({"id":1,"name":"a","description":"d","value":5,"stock":0,"disponible":false})");
  given("ProductChanged", R"({"id":1,"name":"b","description":"","value":6,"stock":1})");
  EXPECT_EQ(shown.views[1], R"({"id":1,"name":"b","description":"","value":6,"stock":1,"disponible":true})");
}

TEST_F(ProductsViewsTest, StockThatWasRefusedShowsNothing) {
  given("ProductAdded", R"({"id":1,"name":"a","description":"","value":5,"stock":0})");
  const auto before = shown.views;
  given("StockRefused", R"({"order":1,"product":1,"quantity":1,"reason":"none left"})");
  EXPECT_EQ(shown.views, before);
  EXPECT_EQ(shown.views[1], R"({"id":1,"name":"a","description":"","value":5,"stock":0,"disponible":false})");
}

TEST_F(ProductsViewsTest, AnEventItCannotShowIsRefusedAndNotSkipped) {
  EXPECT_THROW(given("ProductRemoved", R"({"id":1})"), std::exception);
  EXPECT_THROW(given("ProductAdded", R"({"id":1,"name":"a"})"), std::exception);
  EXPECT_THROW(given("StockTaken", R"({"order":1,"product":9,"quantity":1,"stock":2})"), std::exception);
  EXPECT_TRUE(shown.views.empty());
}

}  // namespace
}  // namespace sportapp::domain
