// A journal's file as the checks of a service read it.
#pragma once
#include "domain/cross_check.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::verify {

class JournalHistory final : public domain::History {
 public:
  explicit JournalHistory(journal::Reader& reader) : reader_(reader) {}

  Result<Seq> base() override;
  Result<Seq> taken_in(std::string_view source) override { return reader_.taken_in(source); }
  Result<std::set<Seq>> set_aside(std::string_view source) override;
  Result<std::optional<Difference>> each(const std::function<std::optional<Difference>(const Entry&)>& look,
                                         const CheckProgress& progress) override;
  Result<std::optional<Difference>> each_row(
      std::string_view table, const std::function<std::optional<Difference>(const Row&)>& look) override;

 private:
  journal::Reader& reader_;
};

}  // namespace sportapp::verify
