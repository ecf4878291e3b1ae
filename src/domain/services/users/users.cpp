#include "domain/services/users/users.hpp"

#include <array>
#include <boost/json.hpp>

#include "domain/fields.hpp"
#include "domain/services/users/registered.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

constexpr std::string_view kTable = "users";
constexpr std::array kRules = {
    FieldRule{.name = kUsernameField, .form = FieldRule::Form::kName, .min = 1, .max = 50},
    FieldRule{.name = kEmailField, .form = FieldRule::Form::kEmail, .required = false},
};

Refusal taken(std::string_view field, std::string_view value) {
  const std::string name(field);
  return {409,
          "Already taken",
          "the " + name + " '" + std::string(value) + "' is taken; choose another",
          {{"/" + name, "is taken"}}};
}

class Users final : public Domain {
 public:
  std::string_view service() const override { return "users"; }
  std::vector<Route> routes() const override { return {{"POST", Target::kCollection}}; }
  std::vector<Field> fields() const override { return fields_of(kRules); }

  std::variant<Command, Refusal> parse(std::string_view, std::optional<Id>,
                                       std::string_view body) const override {
    return command_of("RegisterUser", check_body(body, kRules));
  }

  Decision decide(const StateReader& state, const Command& command) const override {
    const auto asked = object_of(command.body);
    const std::string_view username = asked.at(kUsernameField).as_string();
    if (state.id_of(kUsernameField, username)) return taken(kUsernameField, username);
    UserRegistered user{state.last_id(kTable).next(), std::string(username), {}, {}};
    if (const auto* email = asked.if_contains(kEmailField)) {
      user.email = std::string(std::string_view(email->as_string()));
      user.email_key = email_key(*user.email).value();
      if (state.id_of(kEmailField, *user.email_key)) return taken(kEmailField, *user.email);
    }
    return Effect{write_user_registered(user),
                  {200, user_json(user), "/api-queries/users/" + std::to_string(user.id.value)}};
  }

  void apply(State& state, const CommittedEvent& committed) const override {
    const auto user = read_user_registered(committed.event);
    state.put_row(kTable, user.id, user_json(user));
    state.put_unique(kUsernameField, user.username, user.id);
    if (user.email_key) state.put_unique(kEmailField, *user.email_key, user.id);
  }
};

}  // namespace

std::unique_ptr<Domain> make_users() {
  return std::make_unique<Users>();
}

}  // namespace sportapp::domain
