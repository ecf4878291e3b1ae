#include "services/users/users.hpp"

#include <boost/json.hpp>
#include <stdexcept>

#include "domain/text.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

constexpr std::string_view kTable = "users";
constexpr std::string_view kUsername = "username";
constexpr std::string_view kEmail = "email";
constexpr std::size_t kUsernameCharactersMax = 50;

Refusal bad_body(std::string detail, std::vector<FieldError> errors = {}) {
  return {400, "Bad request", std::move(detail), std::move(errors)};
}

// A string field in NFC, or why it is refused.
std::optional<std::string> text_field(const json::object& body, std::string_view name, std::string& why) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) {
    why = "is required";
    return std::nullopt;
  }
  if (!value->is_string()) {
    why = "must be a string";
    return std::nullopt;
  }
  auto text = nfc(std::string_view(value->get_string()));
  if (!text) why = "must be valid UTF-8";
  return text;
}

std::optional<std::string> username_of(const json::object& body, std::vector<FieldError>& errors) {
  std::string why;
  auto username = text_field(body, kUsername, why);
  if (username) {
    const auto seen = characters(*username);
    if (seen.count < 1 || seen.count > kUsernameCharactersMax) {
      why = "must have 1 to 50 characters";
    } else if (seen.has_control) {
      why = "must not have control or unassigned characters";
    } else if (seen.has_outer_space) {
      why = "must not begin or end with a space";
    }
  }
  if (!why.empty()) errors.push_back({"/username", why});
  return username;
}

std::optional<std::string> email_of(const json::object& body, std::vector<FieldError>& errors) {
  if (const auto* value = body.if_contains(kEmail); value == nullptr || value->is_null()) return std::nullopt;
  std::string why;
  auto email = text_field(body, kEmail, why);
  if (email && !is_email(*email)) why = "must be an e-mail address";
  if (!why.empty()) errors.push_back({"/email", why});
  return email;
}

json::object parsed(const std::string& text) {
  return json::parse(text).as_object();
}

std::string folded(std::string_view email) {
  auto key = case_folded(email);
  if (!key) throw std::logic_error("an e-mail in the journal is not UTF-8");
  return *key;
}

class Users final : public Domain {
 public:
  std::string_view service() const override { return "users"; }
  std::vector<Route> routes() const override { return {{"POST", Target::kCollection}}; }
  std::vector<Field> fields() const override {
    return {{std::string(kUsername)}, {std::string(kEmail), Field::Kind::kText, false}};
  }

  std::variant<Command, Refusal> parse(std::string_view, std::optional<Id>,
                                       std::string_view body) const override {
    json::parse_options options;
    options.max_depth = 32;
    json::error_code failed;
    const auto value = json::parse(body, failed, {}, options);
    if (failed) return bad_body("the body is not JSON: " + failed.message());
    const auto* object = value.if_object();
    if (object == nullptr) return bad_body("the body must be a JSON object");
    std::vector<FieldError> errors;
    const auto username = username_of(*object, errors);
    const auto email = email_of(*object, errors);
    if (!errors.empty()) {
      auto detail = errors[0].field.substr(1) + " " + errors[0].detail;
      return bad_body(std::move(detail), std::move(errors));
    }
    json::object normal{{kUsername, *username}};
    if (email) normal[kEmail] = *email;
    return Command{"RegisterUser", json::serialize(normal)};
  }

  Decision decide(const StateReader& state, const Command& command) const override {
    const auto asked = parsed(command.body);
    const std::string_view username = asked.at(kUsername).as_string();
    if (state.id_of(kUsername, username)) return taken("username", username);
    if (const auto* email = asked.if_contains(kEmail)) {
      const std::string_view address = email->as_string();
      if (state.id_of(kEmail, folded(address))) return taken("email", address);
    }
    const auto id = state.last_id(kTable).next();
    json::object made{{"id", id.value}};
    for (const auto& [name, value] : asked) made[name] = value;
    const auto text = json::serialize(made);
    return Effect{{"UserRegistered", 1, text}, {200, text, "/api-queries/users/" + std::to_string(id.value)}};
  }

  void apply(State& state, const CommittedEvent& committed) const override {
    const auto& event = committed.event;
    if (event.type != "UserRegistered") throw std::logic_error("users cannot apply " + event.type);
    const auto user = parsed(event.payload);
    const Id id{user.at("id").as_int64()};
    state.put_row(kTable, id, event.payload);
    state.put_unique(kUsername, std::string_view(user.at(kUsername).as_string()), id);
    if (const auto* email = user.if_contains(kEmail)) {
      state.put_unique(kEmail, folded(std::string_view(email->as_string())), id);
    }
  }

 private:
  static Refusal taken(const std::string& field, std::string_view value) {
    return {409,
            "Already taken",
            "the " + field + " '" + std::string(value) + "' is taken; choose another",
            {{"/" + field, "is taken"}}};
  }
};

}  // namespace

std::unique_ptr<Domain> make_users() {
  return std::make_unique<Users>();
}

}  // namespace sportapp::domain
