// What a node took and has not answered yet. Throws Violation for one that is answered twice, let go without
// an answer, or kept beyond its time.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/http/message.hpp"
#include "sim/process.hpp"

namespace sportapp::simulator {

class OpenRequests {
 public:
  // In this run of the process, with which it ends.
  OpenRequests(Process& process, std::string node);

  // `arrival`: its name from here on. `until_ms`: how long the node may keep it.
  [[nodiscard]] http::Reply open(std::uint64_t arrival, std::int64_t until_ms,
                                 std::function<void(const http::Response&)> send);
  // The journal has it, which may take any time; or has it no more.
  void in_journal(std::uint64_t arrival, bool it_is);
  [[nodiscard]] bool has(std::uint64_t arrival) const { return node_->open.contains(arrival); }
  // Now and then. `kept`: so many the node says that it keeps, beside those which the journal has.
  void look(std::int64_t now_ms, std::size_t kept);

 private:
  class Answer;
  struct Open {
    std::int64_t until_ms = 0;
    bool in_journal = false;
    int looks_late = 0;
  };
  struct Node {
    Process& process;
    const std::string name;
    std::map<std::uint64_t, Open> open;
  };
  const std::shared_ptr<Node> node_;
};

}  // namespace sportapp::simulator
