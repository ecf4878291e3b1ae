// What a node has to know of itself and of the others of its service.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sportapp::node {

struct Peer {
  std::string node;     // b
  std::string process;  // users-commands-b
  std::string host = "127.0.0.1";
  std::uint16_t link_port = 0;
};

struct Options {
  std::string node;     // a
  std::string process;  // users-commands-a
  std::string host = "127.0.0.1";
  std::uint16_t link_port = 0;
  std::vector<Peer> peers{};
  std::filesystem::path data{};      // the node's folder: journal, promise, copies
  std::filesystem::path key_file{};  // by which monitor and nodes know each other
  int spare_late_ms = 1000;          // who acknowledges nothing for so long is not waited for any more
};

}  // namespace sportapp::node
