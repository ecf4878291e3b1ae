// A node's promise and copies on its simulated disk.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "ha/node/ports.hpp"
#include "sim/checker.hpp"
#include "sim/sim_files.hpp"
#include "sim/trace.hpp"

namespace sportapp::simulator {

class SimNodeDisk final : public node::NodeDisk {
 public:
  struct On {
    std::string name;  // the node
    Process& process;
    Disk& disk;
    NodeFiles& files;
    SimFiles& journal;
    Timeline& timeline;
    Random& random;
    Trace& trace;
    Checker& checker;
  };
  explicit SimNodeDisk(On on) : on_(std::move(on)) {}

  void write_incoming(std::uint64_t offset, std::string bytes, Done<void> done) override;
  void finish_incoming(Done<std::filesystem::path> done) override;
  void promise(Epoch epoch, Done<void> done) override;
  void make_copy(const std::string& node, std::function<bool()> go_on, Done<Position> done) override;
  void read_copy(const std::string& node, std::uint64_t offset, std::size_t bytes,
                 Done<std::string> done) override;
  void drop_copy(const std::string& node) override;

 private:
  void after_the_copier(Us takes, std::function<void()> task);  // one task after the other

  const On on_;
  std::map<std::string, std::string> copies_;
  Us copied_until_ = 0;  // what the thread that copies has to do
  std::string incoming_;
};

}  // namespace sportapp::simulator
