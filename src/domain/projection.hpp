// What a read model shows, apart from where it is kept.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/domain.hpp"

namespace sportapp::domain {

// The read model as a projection writes it: views by id, the lookups that find one, and the links that find
// all that show the same thing.
class Views {
 public:
  virtual ~Views() = default;
  [[nodiscard]] virtual std::optional<std::string> view(Id id) = 0;
  virtual void put_view(Id id, std::string_view json) = 0;
  // An entry that already exists is replaced.
  virtual void put_lookup(std::string_view field, std::string_view value, Id id) = 0;
  virtual void remove_lookup(std::string_view field, std::string_view value) = 0;
  // View `id` shows something of `of`: order 12 of product 3. There already: no error.
  virtual void put_link(std::string_view kind, Id of, Id id) = 0;
  // At most `limit` ids > after that are linked to `of`, in order.
  [[nodiscard]] virtual std::vector<Id> linked(std::string_view kind, Id of, Id after, std::size_t limit) = 0;
};

// `GET /api-queries/users?username=ana`: the lookup `field`, with the value made comparable first.
struct Filter {
  std::string field;
  // Nothing where no such value can exist: the answer is then the empty array.
  std::function<std::optional<std::string>(std::string_view)> normal_form;
};

// Pure, as Domain is: the same events always make the same views.
class Projection {
 public:
  virtual ~Projection() = default;
  [[nodiscard]] virtual std::string_view service() const = 0;
  [[nodiscard]] virtual std::vector<Filter> filters() const = 0;
  // Throws std::exception for an event it cannot apply.
  virtual void apply(Views& views, const domain::CommittedEvent& event) const = 0;
};

}  // namespace sportapp::domain
