#include "sim/open_requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/checker.hpp"

namespace sportapp::simulator {
namespace {

// A process that hung looks only once before it does all the rest that waited.
constexpr int kLooksLateMax = 40;

}  // namespace

class OpenRequests::Answer final : public http::Reply::Target {
 public:
  Answer(std::weak_ptr<Node> node, std::uint64_t arrival, std::function<void(const http::Response&)> send)
      : node_(std::move(node)), arrival_(arrival), send_(std::move(send)) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() override {
    const auto node = node_.lock();
    if (!node || node->open.erase(arrival_) == 0) return;
    node->process.after(0, [name = node->name, arrival = arrival_] {
      throw Violation(fmt::format("{} lets its request {} go without an answer", name, arrival));
    });
  }
  void send(http::Response response) override {
    const auto node = node_.lock();
    if (!node) return;
    if (node->open.erase(arrival_) == 0)
      throw Violation(fmt::format("{} answers its request {} twice", node->name, arrival_));
    send_(response);
  }

 private:
  const std::weak_ptr<Node> node_;
  const std::uint64_t arrival_;
  const std::function<void(const http::Response&)> send_;
};

OpenRequests::OpenRequests(Process& process, std::string node)
    : node_(std::make_shared<Node>(Node{process, std::move(node), {}})) {}

http::Reply OpenRequests::open(std::uint64_t arrival, std::int64_t until_ms,
                               std::function<void(const http::Response&)> send) {
  node_->open[arrival] = {until_ms};
  return http::Reply(std::make_shared<Answer>(node_, arrival, std::move(send)));
}

void OpenRequests::in_journal(std::uint64_t arrival, bool it_is) {
  node_->open.at(arrival).in_journal = it_is;
}

void OpenRequests::look(std::int64_t now_ms, std::size_t kept) {
  std::size_t not_in_journal = 0;
  for (auto& [arrival, open] : node_->open) {
    if (!open.in_journal) ++not_in_journal;
    open.looks_late = open.in_journal || now_ms < open.until_ms ? 0 : open.looks_late + 1;
    if (open.looks_late > kLooksLateMax)
      throw Violation(fmt::format("{} never answers its request {}", node_->name, arrival));
  }
  if (not_in_journal != kept) {
    throw Violation(
        fmt::format("{} counts {} requests that it keeps, and has {}", node_->name, kept, not_in_journal));
  }
}

}  // namespace sportapp::simulator
