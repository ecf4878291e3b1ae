#include "server/commands/config.hpp"

#include <utility>

namespace sportapp::commands {
namespace {

using service::kPortMax;

void read_redundancy(service::TomlReader& reader, Config& config) {
  reader.read("link_port", config.link_port, 0, kPortMax);
  reader.read("in_hand_folder", config.in_hand_folder);
  reader.read("hold_ms", config.hold_ms, 0);
  reader.read("spare_late_ms", config.spare_late_ms, 1);
  for (auto& peer : reader.tables("peer")) {
    PeerAddress address;
    peer.read("node", address.node);
    peer.read("host", address.host);
    peer.read("port", address.port, 1, kPortMax);
    peer.read("local_socket", address.local_socket);
    peer.read("link_port", address.link_port, 1, kPortMax);
    config.peers.push_back(std::move(address));
  }
}

}  // namespace

Result<Config> load_config(const std::filesystem::path& file) {
  auto reader = service::TomlReader::open(file);
  if (!reader) return reader.error();
  Config config;
  service::read_process_config(*reader, config);
  reader->read("queue_max", config.queue_max, 1);
  reader->read("batch_max", config.batch_max, 1);
  reader->read("stream_length_max", config.stream_length_max, 1);
  for (auto& source : reader->tables("source")) {
    SourceAddress address;
    source.read("service", address.service);
    source.read("host", address.host);
    source.read("port", address.port, 1, kPortMax);
    config.sources.push_back(std::move(address));
  }
  auto retention = reader->table("retention");
  retention.read("keep_entries", config.retention.keep_entries, 0);
  retention.read("keep_days", config.retention.keep_days, 0);
  retention.read("keep_keys_s", config.retention.keep_keys_s, 1);
  read_redundancy(*reader, config);
  if (auto read = reader->finish(); !read) return read.error();
  return config;
}

}  // namespace sportapp::commands
