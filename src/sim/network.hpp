// Connections between hosts. What is sent on one arrives in order or not at all; a connection can break, or
// look up while a direction delivers nothing. On those of pings messages also get lost, repeated and
// reordered.
#pragma once
#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "sim/process.hpp"
#include "sim/trace.hpp"

namespace sportapp::simulator {

enum class Purpose : std::uint8_t { kPing, kReplication, kRequest };
using LinkId = std::uint64_t;  // never 0

// A process with connections. Everything reaches it in its own turn.
class Host {
 public:
  Host(std::string name, Timeline& timeline) : name_(std::move(name)), process_(timeline) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Process& process() { return process_; }
  [[nodiscard]] const Process& process() const { return process_; }

  virtual void accepted(LinkId link, const std::string& from, Purpose purpose) = 0;
  virtual void dialled(const std::string& to, Purpose purpose,
                       std::optional<LinkId> link) = 0;  // none: failed
  virtual void received(LinkId link, const std::string& bytes) = 0;
  virtual void broken(LinkId link) = 0;

 private:
  const std::string name_;
  Process process_;
};

class Network {
 public:
  struct Delays {
    Us least = 50, most = 300;
    std::int64_t lost_percent = 0, repeated_percent = 0, reordered_percent = 0;  // of pings
  };
  Network(Timeline& timeline, Random& random, Trace& trace);

  void join(Host& host);
  void dial(Host& from, const std::string& to, Purpose purpose);
  void send(LinkId link, const Host& from, std::string bytes);
  void hang_up(LinkId link, const Host& by);
  void ended(const Host& host);  // its process

  void set(const Delays& delays) { delays_ = delays; }
  void cut(const std::string& from, const std::string& to);  // nothing goes that way any more
  void heal();                                               // what waited goes on
  void break_links(const std::string& one, const std::string& other);

 private:
  struct Link {
    Purpose purpose = Purpose::kPing;
    std::array<Host*, 2> ends{};
    std::array<std::uint64_t, 2> runs{};
    std::array<bool, 2> open{true, true};
    std::array<Us, 2> last{};                                       // arrival at that end
    std::array<std::deque<std::optional<std::string>>, 2> stalled;  // on the way to that end; none: its close
  };

  [[nodiscard]] Us delay();
  [[nodiscard]] bool is_cut(const Host& from, const Host& to) const;
  void pass(LinkId id, Link& link, std::size_t to, std::optional<std::string> bytes);
  void deliver(LinkId id, std::size_t to, Us delay, std::optional<std::string> bytes);
  void arrive(LinkId id, std::size_t to, const std::optional<std::string>& bytes);
  void close(LinkId id, std::size_t end);
  static std::size_t end_of(const Link& link, const Host& host) { return link.ends[0] == &host ? 0 : 1; }

  Timeline& timeline_;
  Random& random_;
  Trace& trace_;
  Delays delays_;
  std::map<std::string, Host*> hosts_;
  std::set<std::pair<std::string, std::string>> cuts_;
  std::map<LinkId, Link> links_;
  LinkId last_ = 0;
};

}  // namespace sportapp::simulator
