#include "domain/services/orders/taken_in.hpp"

#include <boost/json.hpp>

#include "domain/fields.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

// Bounds the entry, which travels whole through stream and feed.
constexpr std::size_t kNotedMax = 200;

// What is noted one after the other, as few commands.
class Notes {
 public:
  Notes(std::string type, std::string list) : type_(std::move(type)), list_(std::move(list)) {}

  void add(Seq seq, json::object noted, std::vector<Reaction>& reactions) {
    upto_ = seq;
    noted_.push_back(std::move(noted));
    if (noted_.size() == kNotedMax) end(reactions);
  }
  void end(std::vector<Reaction>& reactions) {
    if (noted_.empty()) return;
    reactions.push_back({upto_, {type_, json::serialize(json::object{{list_, std::move(noted_)}})}});
    noted_ = json::array();
  }

 private:
  const std::string type_;
  const std::string list_;
  Seq upto_;
  json::array noted_;
};

Command settle(const json::object& stock, std::string_view state) {
  json::object settled{{"order", stock.at("order").as_int64()}, {"state", state}};
  if (state == "failed") settled["reason"] = stock.at("reason").as_string();
  return {"SettleOrder", json::serialize(settled)};
}

}  // namespace

std::vector<Reaction> react_to_users(const std::vector<CommittedEvent>& events) {
  std::vector<Reaction> reactions;
  Notes users("NoteUsers", "users");
  for (const auto& event : events) {
    if (event.event.type != "UserRegistered") continue;
    const auto user = object_of(event.event.payload);
    users.add(event.seq, {{"id", user.at("id").as_int64()}, {"username", user.at("username").as_string()}},
              reactions);
  }
  users.end(reactions);
  return reactions;
}

std::vector<Reaction> react_to_products(const std::vector<CommittedEvent>& events) {
  std::vector<Reaction> reactions;
  Notes products("NoteProducts", "products");
  for (const auto& event : events) {
    const auto& type = event.event.type;
    if (type == "ProductAdded" || type == "ProductChanged") {
      const auto product = object_of(event.event.payload);
      products.add(event.seq,
                   {{"id", product.at("id").as_int64()},
                    {"name", product.at("name").as_string()},
                    {"value", product.at("value").as_int64()}},
                   reactions);
    } else if (type == "StockTaken" || type == "StockRefused") {
      products.end(reactions);
      const auto* state = type == "StockTaken" ? "completed" : "failed";
      reactions.push_back({event.seq, settle(object_of(event.event.payload), state)});
    }
  }
  products.end(reactions);
  return reactions;
}

}  // namespace sportapp::domain
