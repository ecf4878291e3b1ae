// The wire form of an event in stream and feed: as encode() gives it, with the hashes that bind it to its
// history, and with a MAC, so that only who has the instance's key can have written it.
#pragma once
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/instance_secret.hpp"
#include "base/result.hpp"
#include "domain/domain.hpp"

namespace sportapp::messaging {

// Of the events of one service, which has one stream of the same name.
class Seal {
 public:
  Seal(std::string service, const InstanceKey& key);
  [[nodiscard]] const std::string& service() const { return service_; }

  [[nodiscard]] std::string encode(const domain::CommittedEvent& event) const;
  // An error says what is wrong with the line: damaged, without a seal, or sealed by somebody without the
  // key.
  [[nodiscard]] Result<domain::CommittedEvent> decode(std::string_view line) const;

 private:
  [[nodiscard]] std::string mac(const domain::CommittedEvent& event) const;

  std::string service_;
  Hash secret_;
};

}  // namespace sportapp::messaging
