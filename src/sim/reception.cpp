#include "sim/reception.hpp"

#include <utility>

namespace sportapp::simulator {
namespace {

constexpr Us kHold = 5000 * kMs;
constexpr std::size_t kHeldMax = 100;

}  // namespace

void Reception::request(LinkId link, const Request& request) {
  held_.push_back({link, request, timeline_.now_us()});
  look();
}

void Reception::look() {
  refuse_old();
  if (owner_.decides()) {
    const auto all = std::exchange(held_, {});
    for (const auto& held : all) decide(held);
  } else {
    pass_on();
  }
}

void Reception::decide(const Held& held) {
  owner_.submit({held.request, [this, held](std::optional<Said> said, std::int64_t id) {
                   if (said) {
                     owner_.answered(held.request, *said, id);
                     answer(held, *said, id);
                   } else {
                     held_.push_back(held);  // the next look passes it on
                   }
                 }});
}

void Reception::pass_on() {
  const auto primary = owner_.primary();
  if (held_.empty() || primary.empty()) return;
  if (primary != link_to_) {
    if (link_ != 0) {
      network_.hang_up(link_, host_);
      broken(link_);
    }
    link_to_ = primary;
  }
  if (link_ == 0) {
    if (!std::exchange(dialling_, true)) network_.dial(host_, primary, Purpose::kRequest);
    return;
  }
  std::deque<Held> kept;
  for (const auto& held : std::exchange(held_, {})) {
    if (held.request.forwarded) {
      kept.push_back(held);
      continue;
    }
    auto request = held.request;
    request.id = ++passed_;
    request.forwarded = true;
    passed_on_[request.id] = held;
    network_.send(link_, host_, encode(request));
  }
  held_ = kept;
}

void Reception::dialled(const std::string& to, std::optional<LinkId> link) {
  dialling_ = false;
  if (!link) return;
  if (to != link_to_) return network_.hang_up(*link, host_);
  link_ = *link;
  look();
}

void Reception::broken(LinkId link) {
  if (link != link_) return;
  link_ = 0;
  for (const auto& [id, held] : std::exchange(passed_on_, {})) held_.push_back(held);
}

void Reception::reply(LinkId, const Reply& reply) {
  const auto found = passed_on_.find(reply.request);
  if (found == passed_on_.end()) return;
  const auto held = found->second;
  passed_on_.erase(found);
  if (reply.said == Said::kNotNow) {
    held_.push_back(held);
  } else {
    answer(held, reply.said, reply.id);
  }
}

void Reception::refuse_old() {
  const auto now = timeline_.now_us();
  while (!held_.empty() && (now - held_.front().since > kHold || held_.size() > kHeldMax)) {
    answer(held_.front(), Said::kNotNow, 0);
    held_.pop_front();
  }
}

void Reception::answer(const Held& held, Said said, std::int64_t id) {
  network_.send(held.link, host_, encode(Reply{held.request.id, said, id}));
}

}  // namespace sportapp::simulator
