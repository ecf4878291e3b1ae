#include "server/queries/config.hpp"

#include <utility>

namespace sportapp::queries {

Result<Config> load_config(const std::filesystem::path& file) {
  auto reader = service::TomlReader::open(file);
  if (!reader) return reader.error();
  Config config;
  service::read_process_config(*reader, config);
  for (auto& feed : reader->tables("feed")) {
    messaging::FeedAddress address;
    feed.read("host", address.host);
    feed.read("port", address.port, 1, service::kPortMax);
    config.feeds.push_back(std::move(address));
  }
  if (auto read = reader->finish(); !read) return read.error();
  return config;
}

}  // namespace sportapp::queries
