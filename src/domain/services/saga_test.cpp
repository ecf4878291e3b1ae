// Users, products and orders together, on state in memory: whatever arrives when, in which pieces and how
// often, stock is taken once for each order that is completed.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>

#include "domain/fields.hpp"
#include "domain/memory_service.hpp"
#include "domain/services/registry.hpp"
#include "tests/support/memory_views.hpp"

namespace sportapp::services {
namespace {

using domain::CommittedEvent;
using domain::MemoryService;
using domain::object_of;

constexpr unsigned kSeeds = 40;
constexpr int kSteps = 500;
constexpr std::int64_t kThings = 12;  // users and products that are asked for, whether they are there or not

// The way of one service's events to another.
struct Link {
  MemoryService& from;
  MemoryService& to;
  std::string source;
  std::size_t read = 0;  // events handed over since the receiver started

  void restart() { read = static_cast<std::size_t>(to.counted[source].value); }
  void deliver(std::size_t again, std::size_t count, std::size_t reactions_max) {
    const auto begin = from.events.begin() + static_cast<std::ptrdiff_t>(read - std::min(again, read));
    const auto left = static_cast<std::size_t>(from.events.end() - begin);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(count, left));
    to.take_in(source, {begin, end}, reactions_max);
    read = std::max(read, static_cast<std::size_t>(end - from.events.begin()));
    if (reactions_max != SIZE_MAX) restart();
  }
};

class Saga {
 public:
  explicit Saga(unsigned seed) : random_(seed) {}

  void step() {
    switch (below(10)) {
      case 0:
        return void(users.post(R"({"username":"u)" + std::to_string(below(2 * kThings)) + R"("})"));
      case 1:
        return void(products.post(R"({"name":"p","value":)" + std::to_string(below(50)) + R"(,"stock":)" +
                                  std::to_string(below(8)) + "}"));
      case 2:
        return change_product();
      case 3:
      case 4:
        return place_order();
      case 5:
        return any_link().restart();
      default:
        return deliver(any_link());
    }
  }

  // All that is under way arrives.
  void end() {
    for (int round = 0; round < 2; ++round) {
      for (auto& link : links_) link.deliver(0, SIZE_MAX, SIZE_MAX);
    }
  }

  MemoryService users{find("users")->make_domain()};
  MemoryService products{find("products")->make_domain()};
  MemoryService orders{find("orders")->make_domain()};

 private:
  std::int64_t below(std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_);
  }
  Link& any_link() { return links_[static_cast<std::size_t>(below(std::ssize(links_)))]; }

  void change_product() {
    const auto* field = below(2) == 0 ? R"({"stock":)" : R"({"value":)";
    auto body = field + std::to_string(below(9));
    if (below(2) == 0) body += R"(,"name":"n)" + std::to_string(below(9)) + R"(")";
    (void)products.send("PUT", Id{1 + below(kThings)}, body + "}");
  }
  void place_order() {
    (void)orders.post(R"({"user":)" + std::to_string(1 + below(kThings)) + R"(,"product":)" +
                      std::to_string(1 + below(kThings)) + R"(,"quantity":)" + std::to_string(1 + below(4)) +
                      "}");
  }
  void deliver(Link& link) {
    const bool dies = below(4) == 0;
    link.deliver(static_cast<std::size_t>(below(5)), static_cast<std::size_t>(below(9)),
                 dies ? static_cast<std::size_t>(below(4)) : SIZE_MAX);
  }

  std::mt19937 random_;
  std::vector<Link> links_{
      {products, orders, "products"}, {users, orders, "users"}, {orders, products, "orders"}};
};

// What products said of each order: the reason why not, or nothing where stock was taken.
using Verdicts = std::map<std::int64_t, std::optional<std::string>>;

// Walks the products' journal by arithmetic of its own.
Verdicts expect_stock_accounted_for(const Saga& saga) {
  std::map<std::int64_t, std::int64_t> stock;
  Verdicts verdicts;
  for (const auto& [seq, time_ms, event, previous, hash] : saga.products.events) {
    const auto payload = object_of(event.payload);
    if (event.type == "ProductAdded" || event.type == "ProductChanged") {
      stock[payload.at("id").as_int64()] = payload.at("stock").as_int64();
      continue;
    }
    auto& left = stock[payload.at("product").as_int64()];
    const auto quantity = payload.at("quantity").as_int64();
    std::optional<std::string> reason;
    if (event.type == "StockTaken") {
      left -= quantity;
      EXPECT_GE(left, 0) << event.payload;
      EXPECT_EQ(payload.at("stock").as_int64(), left) << event.payload;
    } else {
      EXPECT_GT(quantity, left) << event.payload;
      reason = boost::json::value_to<std::string>(payload.at("reason"));
    }
    const bool first = verdicts.emplace(payload.at("order").as_int64(), reason).second;
    EXPECT_TRUE(first) << "twice: " << event.payload;
  }
  for (const auto& [id, left] : stock) {
    const auto row = object_of(saga.products.state.row("products", Id{id}).value());
    EXPECT_EQ(row.at("stock").as_int64(), left) << "product " << id;
  }
  return verdicts;
}

std::size_t expect_each_order_settled_once(const Saga& saga, const Verdicts& verdicts) {
  std::size_t placed = 0;
  Verdicts settled;
  for (const auto& [seq, time_ms, event, previous, hash] : saga.orders.events) {
    const auto payload = object_of(event.payload);
    if (event.type == "OrderPlaced") ++placed;
    if (event.type != "OrderCompleted" && event.type != "OrderFailed") continue;
    std::optional<std::string> reason;
    if (event.type == "OrderFailed") reason = boost::json::value_to<std::string>(payload.at("reason"));
    EXPECT_TRUE(settled.emplace(payload.at("id").as_int64(), reason).second) << "twice: " << event.payload;
  }
  EXPECT_EQ(settled, verdicts);
  EXPECT_EQ(settled.size(), placed);
  for (const auto& [place, row] : saga.orders.state.rows)
    EXPECT_NE(place.first, "open_orders") << place.second;
  return placed;
}

void expect_state_is_the_replay(const MemoryService& service) {
  domain::MemoryState replayed;
  for (const auto& event : service.events) service.domain->apply(replayed, event);
  EXPECT_EQ(replayed.rows, service.state.rows);
  EXPECT_EQ(replayed.uniques, service.state.uniques);
}

sportapp::testing::MemoryViews views_of(const MemoryService& service) {
  const auto projection = find(service.domain->service())->make_projection();
  sportapp::testing::MemoryViews views;
  for (const auto& event : service.events) projection->apply(views, event);
  return views;
}

void expect_views_agree(const Saga& saga, const Verdicts& verdicts) {
  const auto products = views_of(saga.products).views;
  const auto users = views_of(saga.users).views;
  for (const auto& [id, text] : views_of(saga.orders).views) {
    const auto order = object_of(text);
    EXPECT_EQ(order.at("state").as_string(), verdicts.at(id) ? "failed" : "completed");
    EXPECT_EQ(order.at("product_name"), object_of(products.at(order.at("product_id").as_int64())).at("name"))
        << text;
    EXPECT_EQ(order.at("user_username"), object_of(users.at(order.at("user_id").as_int64())).at("username"))
        << text;
    EXPECT_EQ(order.at("total").as_int64(),
              order.at("product_value").as_int64() * order.at("quantity").as_int64());
  }
  for (const auto& [id, text] : products) {
    const auto product = object_of(text);
    const auto row = object_of(saga.products.state.row("products", Id{id}).value());
    EXPECT_EQ(product.at("stock"), row.at("stock"));
    EXPECT_EQ(product.at("disponible").as_bool(), row.at("stock").as_int64() > 0);
  }
}

TEST(Saga, WhateverArrivesWhenAndHowOftenEveryOrderIsSettledOnceAndTheStockIsAccountedFor) {
  std::size_t placed = 0, completed = 0;
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Saga saga(seed);
    for (int step = 0; step < kSteps; ++step) saga.step();
    saga.end();
    const auto verdicts = expect_stock_accounted_for(saga);
    placed += expect_each_order_settled_once(saga, verdicts);
    for (const auto* service : {&saga.users, &saga.products, &saga.orders})
      expect_state_is_the_replay(*service);
    expect_views_agree(saga, verdicts);
    for (const auto& [order, reason] : verdicts) completed += reason ? 0 : 1;
    if (::testing::Test::HasFailure()) return;
  }
  // Of both kinds many, or nothing was shown.
  EXPECT_GT(completed, 10 * kSeeds);
  EXPECT_GT(placed - completed, 10 * kSeeds);
}

}  // namespace
}  // namespace sportapp::services
