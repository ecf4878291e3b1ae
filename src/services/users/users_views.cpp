#include "services/users/users_views.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "domain/text.hpp"

namespace sportapp::projection {
namespace {

namespace json = boost::json;

constexpr std::string_view kUsername = "username";
constexpr std::string_view kEmail = "email";

std::optional<std::string> email_key(std::string_view email) {
  const auto normal = domain::nfc(email);
  return normal ? domain::case_folded(*normal) : std::nullopt;
}

class UsersViews final : public Projection {
 public:
  std::string_view service() const override { return "users"; }

  std::vector<Filter> filters() const override {
    return {{std::string(kUsername), domain::nfc}, {std::string(kEmail), email_key}};
  }

  void apply(Views& views, const domain::CommittedEvent& committed) const override {
    const auto& event = committed.event;
    if (event.type != "UserRegistered" || event.version != 1) {
      throw std::runtime_error("users views know UserRegistered 1 only, not " + event.type + " " +
                               std::to_string(event.version));
    }
    const auto user = json::parse(event.payload).as_object();
    const Id id{user.at("id").as_int64()};
    const std::string_view username = user.at(kUsername).as_string();
    json::object view{{"id", id.value}, {kUsername, username}};
    views.put_lookup(kUsername, username, id);
    if (const auto* email = user.if_contains(kEmail)) {
      const std::string_view address = email->as_string();
      const auto key = email_key(address);
      if (!key) throw std::runtime_error("the e-mail is not UTF-8");
      view[kEmail] = address;
      views.put_lookup(kEmail, *key, id);
    }
    views.put_view(id, json::serialize(view));
  }
};

}  // namespace

std::unique_ptr<Projection> make_users_views() {
  return std::make_unique<UsersViews>();
}

}  // namespace sportapp::projection
