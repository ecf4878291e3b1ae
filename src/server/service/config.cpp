#include <utility>

#include "server/service/process.hpp"
#include "server/service/toml_reader.hpp"

namespace sportapp::service {
namespace {

constexpr std::int64_t kBytesMax = std::int64_t{1} << 30;
constexpr std::int64_t kPortMax = 65535;

void read_limits(TomlReader limits, http::Limits& target) {
  limits.read("connections", target.connections, 1);
  limits.read("body_bytes", target.body_bytes, 1, kBytesMax);
  limits.read("header_bytes", target.header_bytes, 256, kBytesMax);
  limits.read("idle_timeout_ms", target.idle_timeout_ms, 1);
  limits.read("request_timeout_ms", target.request_timeout_ms, 1);
  limits.read("answer_timeout_ms", target.answer_timeout_ms, 1);
}

void read_redundancy(TomlReader& reader, Config& config) {
  reader.read("link_port", config.link_port, 0, kPortMax);
  reader.read("key_file", config.key_file);
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
  auto reader = TomlReader::open(file);
  if (!reader) return reader.error();
  Config config;
  reader->read("service", config.service);
  reader->read("side", config.side);
  reader->read("node", config.node);
  reader->read("host", config.host);
  reader->read("port", config.port, 0, kPortMax);
  reader->read("local_socket", config.local_socket);
  reader->read("data", config.data);
  reader->read("log_file", config.log_file);
  reader->read("log_level", config.log_level);
  reader->read("drain_ms", config.drain_ms);
  reader->read("queue_max", config.queue_max, 1);
  reader->read("batch_max", config.batch_max, 1);
  reader->read("cache_mb", config.cache_mb, 1);
  auto redis = reader->table("redis");
  redis.read("host", config.redis.host);
  redis.read("port", config.redis.port, 1, kPortMax);
  redis.read("stream_length_max", config.stream_length_max, 1);
  for (auto& feed : reader->tables("feed")) {
    FeedAddress address;
    feed.read("host", address.host);
    feed.read("port", address.port, 1, kPortMax);
    config.feeds.push_back(std::move(address));
  }
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
  read_limits(reader->table("limits"), config.limits);
  config.name = config.service + "-" + config.side + "-" + config.node;
  if (auto read = reader->finish(); !read) return read.error();
  return config;
}

}  // namespace sportapp::service
