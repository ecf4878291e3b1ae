#include "ops/verify/known_checks.hpp"

#include <gtest/gtest.h>

#include "domain/set_aside.hpp"
#include "ops/verify/testing.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::verify {
namespace {

// Three users of whom orders has taken in two; two products, of which it knows the first by its second name.
class KnownTest : public ::testing::Test {
 protected:
  KnownTest() {
    for (const auto* name : {"ana", "bob", "eva"}) {
      users.give("RegisterUser", std::string(R"({"username":")") + name + "\"}");
    }
    products.give("AddProduct", R"({"name":"ball","description":"","value":5,"stock":10})");
    products.give("AddProduct", R"({"name":"net","description":"","value":9,"stock":10})");
    products.give("ChangeProduct", R"({"id":1,"name":"football"})");
    orders.take_in("users", 2, note_users(R"({"id":1,"username":"ana"},{"id":2,"username":"bob"})"));
    orders.take_in("products", 2,
                   note_products(R"({"id":1,"name":"ball","value":5},{"id":2,"name":"net","value":9})"));
    orders.take_in("products", 3, note_products(R"({"id":1,"name":"football","value":5})"));
  }

  static domain::Command note_users(const std::string& list) {
    return {"NoteUsers", R"({"users":[)" + list + "]}"};
  }
  static domain::Command note_products(const std::string& list) {
    return {"NoteProducts", R"({"products":[)" + list + "]}"};
  }
  Checked check() {
    const auto reader = orders.reader(), of_users = users.reader(), of_products = products.reader();
    auto checked = check_known(*reader, *domain, {{"users", *of_users}, {"products", *of_products}},
                               [](std::int64_t, std::int64_t) {});
    EXPECT_TRUE(checked) << checked.error().what;
    return std::move(*checked);
  }
  std::string first_difference() {
    const auto first = check().first;
    return first ? first->place + ": " + first->found + "; " + first->expected : "none";
  }

  sportapp::testing::TempFolder folder;
  const std::unique_ptr<domain::Domain> domain = services::find("orders")->make_domain();
  Recorded users{folder.path() / "users.db", "users"};
  Recorded products{folder.path() / "products.db", "products"};
  Recorded orders{folder.path() / "orders.db", "orders"};
};

TEST_F(KnownTest, WhatWasTakenInIsKnownAndTheRestMayCome) {
  EXPECT_EQ(first_difference(), "none");
  EXPECT_EQ(check().summary, "as of 2 entries of users, 3 entries of products");
}

TEST_F(KnownTest, AUserWhoWasPassedOverIsFound) {
  users.give("RegisterUser", R"({"username":"leo"})");
  orders.take_in("users", 4, note_users(R"({"id":4,"username":"leo"})"));
  EXPECT_EQ(first_difference(), R"(users 3: nothing; {"id":3,"username":"eva"}, as entry 3 of users says)");
}

TEST_F(KnownTest, AUserWhoIsSetAsideIsNotPassedOver) {
  const domain::CommittedEvent event{Seq{3}, 0, {"UserRegistered", 1, "{}"}};
  orders.take_in("users", 3, domain::set_aside({"users", event, "not understood"}));
  EXPECT_EQ(first_difference(), "none");
  orders.tamper("DELETE FROM state_rows WHERE tbl = 'set_aside'");
  EXPECT_EQ(first_difference(), R"(users 3: nothing; {"id":3,"username":"eva"}, as entry 3 of users says)");
}

TEST_F(KnownTest, AChangeThatWasPassedOverIsFoundUntilALaterOneMakesUpForIt) {
  products.give("ChangeProduct", R"({"id":1,"name":"handball"})");
  products.give("ChangeProduct", R"({"id":2,"value":8})");
  orders.take_in("products", 5, note_products(R"({"id":2,"name":"net","value":8})"));
  EXPECT_EQ(first_difference(), R"(products 1: {"id":1,"name":"football","value":5}; )"
                                R"({"id":1,"name":"handball","value":5}, as entry 4 of products says)");
  products.give("ChangeProduct", R"({"id":1,"name":"football"})");
  orders.take_in("products", 6, note_products(R"({"id":1,"name":"football","value":5})"));
  EXPECT_EQ(first_difference(), "none");
}

TEST_F(KnownTest, AnEntryThatIsNotUnderstoodIsNamed) {
  users.tamper("UPDATE entries SET payload = '{}' WHERE seq = 2");
  EXPECT_TRUE(first_difference().starts_with("entry 2 of users: ")) << first_difference();
}

}  // namespace
}  // namespace sportapp::verify
