#include "sim/checker.hpp"

#include <fmt/format.h>

namespace sportapp::simulator {
namespace {

template <class... Arguments>
[[noreturn]] void violated(fmt::format_string<Arguments...> what, Arguments&&... arguments) {
  throw Violation(fmt::format(what, std::forward<Arguments>(arguments)...));
}

}  // namespace

void Checker::asked(const Request& request) {
  keys_.try_emplace(request.key, Told{timeline_.now_us(), std::nullopt});
}

void Checker::taken(const std::string& node, const journal::SharedEntries& entries) {
  for (const auto& entry : entries) taken_by_[node].insert(entry.hash);
}

// So one that dies alone has nothing that the others lack, and need not get a copy when it comes back.
void Checker::may_be_written(const std::string& node, const std::vector<failover::Member>& in_sync,
                             const journal::SharedEntries& batch) const {
  if (batch.empty()) return;
  const auto& last = batch.back();
  for (const auto& member : in_sync) {
    const auto found = taken_by_.find(member.node);
    const bool has_taken = found != taken_by_.end() && found->second.contains(last.hash);
    if (member.node == node || has_taken || files_.at(member.node)->holds({last.seq, last.hash})) continue;
    violated("{} writes entry {}, which {} has not taken and is in sync", node, last.seq.value, member.node);
  }
}

void Checker::released(const std::string& node, Epoch epoch, const NodeFiles& files, const Known& then,
                       const journal::SharedEntries& batch) {
  for (const auto& entry : batch) {
    const auto primary = primary_of_.find(entry.epoch);
    if (primary == primary_of_.end() || primary->second != node) {
      violated("{} decides entry {} under epoch {}, which is not its own", node, entry.seq.value,
               entry.epoch.value);
    }
  }
  const auto [found, is_new] = released_by_.try_emplace(epoch, node);
  if (found->second != node) {
    violated("{} and {} both release a batch in epoch {}", found->second, node, epoch.value);
  }
  if (!files.holds(then.acknowledged)) {
    violated("{} answers without entry {}, which had been acknowledged when it decided", node,
             then.acknowledged.seq.value);
  }
}

void Checker::answered(const std::string& node, const Request& request, Said said, std::int64_t id) {
  ++answers_;
  names_are_as_told(node, request, said, id);
  auto& told = keys_.at(request.key);
  const std::pair now{said, id};
  if (told.said && !request.read && *told.said != now) {
    violated("{}: {} was {}, and now {} says: {}", request.key, request.name,
             describe(told.said->first, told.said->second), node, describe(said, id));
  }
  told.said = now;
  if (said != Said::kNotFound && id > acknowledged_.seq.value) {
    acknowledged_ = files_.at(node)->at(Seq{id});  // a refusal for a name is word of who has it
  }
  every_member_holds_what_was_acknowledged();
}

void Checker::names_are_as_told(const std::string& node, const Request& request, Said said, std::int64_t id) {
  const auto known = taken_.find(request.name);
  if (said == Said::kNotFound) {
    if (known != taken_.end() && known->second.second < keys_.at(request.key).asked_us) {
      violated("{} does not find {}, though a client had been told before that {} has it", node, request.name,
               known->second.first);
    }
    return;
  }
  if (known == taken_.end()) {
    taken_[request.name] = {id, timeline_.now_us()};
  } else if (known->second.first != id) {
    violated("{} says that {} has {}, though a client was told that {} has it", node, id, request.name,
             known->second.first);
  }
}

void Checker::recorded(const failover::Record& record) {
  if (record == record_) return;  // written again
  if (record.epoch <= record_.epoch) {
    violated("the record of epoch {} follows that of {}", record.epoch.value, record_.epoch.value);
  }
  // One that is admitted by what it said before that is not in sync anew.
  std::erase_if(without_disk_,
                [&](const auto& one) { return one.second && record.member(one.first) != nullptr; });
  for (auto& [node, out] : without_disk_) out |= record.member(node) == nullptr;
  record_ = record;
  primary_of_[record.epoch] = record.primary;
  if (record.member(record.primary) == nullptr) violated("the primary {} is not in sync", record.primary);
  every_member_holds_what_was_acknowledged();
}

// Whoever may be made primary has everything that a client was told; but for one whose disk lost something,
// which must not lead before it has it again: released() sees to that.
void Checker::every_member_holds_what_was_acknowledged() {
  for (const auto& member : record_.in_sync) {
    if (!files_.at(member.node)->holds(acknowledged_) && !without_disk_.contains(member.node)) {
      violated("{} counts as in sync in epoch {} and lacks entry {}, which is acknowledged", member.node,
               record_.epoch.value, acknowledged_.seq.value);
    }
  }
}

void Checker::promised(const std::string& node, Epoch before, Epoch now) {
  if (now < before) violated("{} takes back its promise of {} for {}", node, before.value, now.value);
}

void Checker::trimmed(const Position& upto) {
  const auto [found, is_new] = trimmed_.try_emplace(upto.seq, upto.hash);
  if (found->second != upto.hash) violated("two nodes delete different entries up to {}", upto.seq.value);
}

void Checker::ended(const NodeFiles& primary) const {
  for (const auto& [seq, hash] : trimmed_) {
    if (!primary.holds({seq, hash})) violated("entry {} was deleted and had not counted", seq.value);
  }
  if (!primary.holds(acknowledged_)) violated("entry {} is lost", acknowledged_.seq.value);
  std::set<std::string> keys;
  std::map<std::string, std::int64_t> names;
  Hash hash{};
  for (const auto& entry : primary.journal) {
    hash = journal::chained(hash, entry);
    if (hash != entry.hash) violated("entry {} does not follow the one before it", entry.seq.value);
    if (!keys.insert(entry.key).second) violated("{} took effect twice", entry.key);
    if (!names.try_emplace(entry.event.payload, entry.seq.value).second) {
      violated("{} is taken twice", entry.event.payload);
    }
  }
  for (const auto& [name, taken] : taken_) {
    const auto found = names.find(name);
    if (found == names.end()) violated("{}, which {} had, is lost", name, taken.first);
    if (found->second != taken.first) violated("{} has {}, not {}", found->second, name, taken.first);
  }
  for (const auto& [key, told] : keys_) {
    if (told.said && told.said->first != Said::kAdded && keys.contains(key)) {
      violated("{} was refused, and took effect", key);
    }
  }
}

}  // namespace sportapp::simulator
