#include "domain/services/orders/orders_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "domain/fields.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;
constexpr const char* kNothing = "nothing";

// What one of the two services says of an order: the entry's type, and its place; none yet: seq 0.
struct Said {
  const char* type = kNothing;
  Seq seq;
};

// 72 bytes an order are held in memory.
struct Order {
  std::int64_t id = 0;
  Seq placed;
  std::int64_t product = 0;
  std::int64_t quantity = 0;
  Said settled;  // by orders
  Said stock;    // by products
};

struct Side {
  Seq taken_in;             // of the other's events
  std::set<Seq> set_aside;  // of these, those that wait for a retry
};

std::string text_of(const Said& said) {
  return said.seq == Seq{} ? kNothing : fmt::format("{} (entry {})", said.type, said.seq.value);
}

class Saga {
 public:
  Saga(History& orders, History& products, const CheckProgress& progress)
      : orders_history_(orders), products_history_(products), progress_(progress) {}

  Result<Checked> check();

 private:
  using Found = std::optional<Difference>;

  [[nodiscard]] Result<Found> read(History& history, std::string_view other, Side& side,
                                   Found (Saga::*look)(const History::Entry&));
  [[nodiscard]] Found orders_entry(const History::Entry& entry);
  [[nodiscard]] Found products_entry(const History::Entry& entry);
  [[nodiscard]] Found place(const History::Entry& entry);
  [[nodiscard]] Found settle(const History::Entry& entry, const char* type);
  [[nodiscard]] Found decide(const History::Entry& entry, const char* type);
  [[nodiscard]] Found take(const History::Entry& entry, const json::object& taken);
  [[nodiscard]] Found unlike(const Order& order) const;
  [[nodiscard]] Result<Found> stocks();
  [[nodiscard]] Result<Seq> deleted() const;
  [[nodiscard]] Order* find(std::int64_t id);
  [[nodiscard]] std::string summary() const;

  History& orders_history_;
  History& products_history_;
  const CheckProgress& progress_;
  Side orders_side_, products_side_;
  std::vector<Order> orders_;                   // in order of id
  std::map<std::int64_t, std::int64_t> stock_;  // by product: what the entries, added up, leave
};

Result<std::optional<Difference>> Saga::read(History& history, std::string_view other, Side& side,
                                             Found (Saga::*look)(const History::Entry&)) {
  const auto taken_in = history.taken_in(other);
  if (!taken_in) return taken_in.error();
  side.taken_in = *taken_in;
  auto aside = history.set_aside(other);
  if (!aside) return aside.error();
  side.set_aside = std::move(*aside);
  return history.each([this, look](const auto& entry) { return (this->*look)(entry); }, progress_);
}

std::optional<Difference> Saga::orders_entry(const History::Entry& entry) {
  const auto& type = entry.event.type;
  if (type == "OrderPlaced") return place(entry);
  if (type == "OrderCompleted") return settle(entry, "OrderCompleted");
  if (type == "OrderFailed") return settle(entry, "OrderFailed");
  return std::nullopt;
}

std::optional<Difference> Saga::place(const History::Entry& entry) {
  const auto placed = object_of(entry.event.payload);
  Order order;
  order.id = placed.at("id").as_int64();
  order.placed = entry.seq;
  order.product = placed.at("product").as_int64();
  order.quantity = placed.at("quantity").as_int64();
  if (!orders_.empty() && order.id <= orders_.back().id) {
    return differs_at(entry, fmt::format("an order after {}", orders_.back().id),
                      fmt::format("order {}", order.id));
  }
  orders_.push_back(order);
  return std::nullopt;
}

std::optional<Difference> Saga::settle(const History::Entry& entry, const char* type) {
  const auto id = object_of(entry.event.payload).at("id").as_int64();
  auto* order = find(id);
  if (order == nullptr) return differs_at(entry, "an order that was placed", fmt::format("order {}", id));
  if (order->settled.seq != Seq{}) {
    return differs_at(entry, fmt::format("order {} settled once, by {}", id, text_of(order->settled)),
                      "once more");
  }
  order->settled = {type, entry.seq};
  return std::nullopt;
}

std::optional<Difference> Saga::products_entry(const History::Entry& entry) {
  const auto& type = entry.event.type;
  if (type == "StockTaken") return decide(entry, "StockTaken");
  if (type == "StockRefused") return decide(entry, "StockRefused");
  if (type != "ProductAdded" && type != "ProductChanged") return std::nullopt;
  const auto product = object_of(entry.event.payload);
  stock_[product.at("id").as_int64()] = product.at("stock").as_int64();
  return std::nullopt;
}

std::optional<Difference> Saga::decide(const History::Entry& entry, const char* type) {
  const auto decided = object_of(entry.event.payload);
  const auto id = decided.at("order").as_int64();
  if (type == std::string_view("StockTaken")) {
    if (auto wrong = take(entry, decided)) return wrong;
  }
  auto* order = find(id);
  if (order == nullptr) {
    const bool is_newer = orders_.empty() || id > orders_.back().id;
    return is_newer ? std::nullopt
                    : Found(differs_at(entry, "an order that was placed", fmt::format("order {}", id)));
  }
  if (order->stock.seq != Seq{}) {
    return differs_at(entry, fmt::format("order {} decided once, by {}", id, text_of(order->stock)),
                      "once more");
  }
  order->stock = {type, entry.seq};
  const auto asked = fmt::format("{} of product {}", order->quantity, order->product);
  const auto given =
      fmt::format("{} of product {}", decided.at("quantity").as_int64(), decided.at("product").as_int64());
  return asked == given ? std::nullopt : Found(differs_at(entry, asked, given));
}

std::optional<Difference> Saga::take(const History::Entry& entry, const json::object& taken) {
  auto& stock = stock_[taken.at("product").as_int64()];
  const auto left = stock - taken.at("quantity").as_int64();
  if (left < 0)
    return differs_at(entry, fmt::format("at most the {} that were left", stock), entry.event.payload);
  if (left != taken.at("stock").as_int64()) {
    return differs_at(entry, fmt::format("stock {} after it", left), entry.event.payload);
  }
  stock = left;
  return std::nullopt;
}

// Each side knows of the other's entries up to where it took them in.
std::optional<Difference> Saga::unlike(const Order& order) const {
  const auto place = fmt::format("order {}", order.id);
  const auto passed_over = [](const Side& side, Seq seq) {
    return seq != Seq{} && seq <= side.taken_in && !side.set_aside.contains(seq);
  };
  if (order.stock.seq == Seq{} && passed_over(products_side_, order.placed)) {
    return Difference{place, "StockTaken or StockRefused in products, which took it in", kNothing};
  }
  const bool is_settled = order.settled.seq != Seq{};
  if (!is_settled && passed_over(orders_side_, order.stock.seq)) {
    return Difference{place, "settled by orders, which took in " + text_of(order.stock), kNothing};
  }
  if (!is_settled) return std::nullopt;
  const auto* decided =
      order.settled.type == std::string_view("OrderCompleted") ? "StockTaken" : "StockRefused";
  if (order.stock.type == std::string_view(decided)) return std::nullopt;
  return Difference{place, fmt::format("{} in products, since {} in orders", decided, text_of(order.settled)),
                    text_of(order.stock)};
}

Result<std::optional<Difference>> Saga::stocks() {
  return products_history_.each_row("products", [this](const History::Row& row) -> Found {
    const auto stored = object_of(row.json).at("stock").as_int64();
    const auto left = stock_[row.id.value];
    if (stored == left) return std::nullopt;
    return Difference{fmt::format("product {}, stock", row.id.value),
                      fmt::format("{}: initial, plus changes, minus completed orders", left),
                      std::to_string(stored)};
  });
}

Order* Saga::find(std::int64_t id) {
  const auto found =
      std::lower_bound(orders_.begin(), orders_.end(), id,
                       [](const Order& order, std::int64_t wanted) { return order.id < wanted; });
  return found == orders_.end() || found->id != id ? nullptr : &*found;
}

std::string Saga::summary() const {
  std::map<std::string_view, std::size_t> count;
  for (const auto& order : orders_) ++count[order.settled.type];
  auto text = fmt::format("{} orders: {} completed, {} failed, {} open; {} products", orders_.size(),
                          count["OrderCompleted"], count["OrderFailed"], count[kNothing], stock_.size());
  const auto aside = orders_side_.set_aside.size() + products_side_.set_aside.size();
  return aside == 0 ? text : fmt::format("{}, {} events set aside", text, aside);
}

// An order's beginning may be among what was deleted, and what a product began with.
Result<Seq> Saga::deleted() const {
  const auto of_orders = orders_history_.base();
  if (!of_orders) return of_orders.error();
  const auto of_products = products_history_.base();
  if (!of_products) return of_products.error();
  return std::max(*of_orders, *of_products);
}

Result<Checked> Saga::check() {
  const auto gone = deleted();
  if (!gone) return gone.error();
  if (*gone > Seq{}) return not_checked("of orders or products, ", *gone);
  auto wrong = read(orders_history_, "products", orders_side_, &Saga::orders_entry);
  if (wrong && !*wrong) wrong = read(products_history_, "orders", products_side_, &Saga::products_entry);
  if (!wrong) return wrong.error();
  if (*wrong) return Checked{"", std::move(*wrong)};
  for (const auto& order : orders_) {
    if (auto difference = unlike(order)) return Checked{"", std::move(difference)};
  }
  wrong = stocks();
  if (!wrong) return wrong.error();
  return Checked{summary(), std::move(*wrong)};
}

Result<Checked> check_saga(History& orders, History& products, const CheckProgress& progress) {
  return Saga(orders, products, progress).check();
}

}  // namespace

std::vector<CrossCheck> make_orders_checks() {
  return {{"saga", "products", check_saga}};
}

}  // namespace sportapp::domain
