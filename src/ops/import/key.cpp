#include "ops/import/key.hpp"

#include <fmt/format.h>

#include "base/hash.hpp"

namespace sportapp::importing {

KeyMaker::KeyMaker(std::string_view source_name, std::string_view service)
    : prefix_("import-" + hex(Hasher().field(source_name).field(service).finish()).substr(0, 8)) {}

std::string KeyMaker::key(const Record& record) const {
  // The body counts too: with other --columns the same bytes ask for something else.
  const auto hash = hex(Hasher().field(prefix_).field(record.bytes).field(record.body).finish());
  return fmt::format("{}-{:010}-{}", prefix_, record.line, std::string_view(hash).substr(0, 16));
}

}  // namespace sportapp::importing
