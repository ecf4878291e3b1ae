#include "domain/services/products/products_views.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "domain/fields.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

void put(Views& views, Id id, json::object product) {
  product["disponible"] = product.at("stock").as_int64() > 0;
  views.put_view(id, json::serialize(product));
}

void show_product(Views& views, const json::object& event) {
  const Id id{event.at("id").as_int64()};
  json::object product{{"id", id.value}};
  for (const auto* name : {"name", "description"}) product[name] = event.at(name).as_string();
  for (const auto* name : {"value", "stock"}) product[name] = event.at(name).as_int64();
  put(views, id, std::move(product));
}

void show_stock(Views& views, const json::object& taken) {
  const Id id{taken.at("product").as_int64()};
  const auto view = views.view(id);
  if (!view) throw std::runtime_error("there is no product " + std::to_string(id.value));
  auto product = domain::object_of(*view);
  product["stock"] = taken.at("stock").as_int64();
  put(views, id, std::move(product));
}

class ProductsViews final : public Projection {
 public:
  std::string_view service() const override { return "products"; }
  std::vector<Filter> filters() const override { return {}; }

  void apply(Views& views, const domain::CommittedEvent& committed) const override {
    const auto& event = committed.event;
    if (event.type == "ProductAdded" || event.type == "ProductChanged") {
      show_product(views, domain::object_of(event.payload));
    } else if (event.type == "StockTaken") {
      show_stock(views, domain::object_of(event.payload));
    } else if (event.type != "StockRefused") {
      throw std::runtime_error("products views know no event " + event.type);
    }
  }
};

}  // namespace

std::unique_ptr<Projection> make_products_views() {
  return std::make_unique<ProductsViews>();
}

}  // namespace sportapp::domain
