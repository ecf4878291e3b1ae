#include "domain/services/users/users_views.hpp"

#include "domain/services/users/registered.hpp"
#include "domain/text.hpp"

namespace sportapp::domain {
namespace {

class UsersViews final : public Projection {
 public:
  std::string_view service() const override { return "users"; }

  std::vector<Filter> filters() const override {
    return {{kUsernameField, domain::nfc}, {kEmailField, domain::email_key}};
  }

  void apply(Views& views, const domain::CommittedEvent& committed) const override {
    const auto user = domain::read_user_registered(committed.event);
    views.put_lookup(kUsernameField, user.username, user.id);
    if (user.email_key) views.put_lookup(kEmailField, *user.email_key, user.id);
    views.put_view(user.id, domain::user_json(user));
  }
};

}  // namespace

std::unique_ptr<Projection> make_users_views() {
  return std::make_unique<UsersViews>();
}

}  // namespace sportapp::domain
