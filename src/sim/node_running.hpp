// What a node's process has in memory.
#pragma once
#include "sim/node_host.hpp"

namespace sportapp::simulator {

struct NodeHost::Running {
  std::unique_ptr<replication::Replica> replica;
  std::unique_ptr<SimJournal> journal;
  std::unique_ptr<Reception> reception;
  struct Connection {
    Purpose purpose = Purpose::kPing;
    std::string other;
    bool accepted = false;
  };
  std::map<LinkId, Connection> links;
  std::set<std::string> dials;             // nodes to which a link is to be kept
  std::map<std::string, LinkId> to_spare;  // those that are there
  std::set<std::string> dialling;
  std::map<std::string, std::string> snapshots;
  Us copied_until = 0;  // what the worker that copies has to do
  std::string incoming;
  std::deque<Epoch> promises;  // the first is on its way to the disk
  std::string shown;           // who was primary, when last looked at
};

}  // namespace sportapp::simulator
