// Where everything of an instance lies below its data folder.
#pragma once
#include <filesystem>
#include <string>

namespace sportapp::instance {

struct Layout {
  std::filesystem::path data;  // absolute
  bool foreground = false;     // processes log to standard error, which whoever runs them keeps

  [[nodiscard]] std::filesystem::path run() const { return data / "run"; }
  [[nodiscard]] std::filesystem::path logs() const { return data / "logs"; }
  [[nodiscard]] std::filesystem::path config() const { return data / "config"; }
  [[nodiscard]] std::filesystem::path instance_file() const { return run() / "instance.json"; }
  [[nodiscard]] std::filesystem::path ports_file() const { return run() / "ports.json"; }
  [[nodiscard]] std::filesystem::path detours_file() const { return run() / "detours.json"; }
  [[nodiscard]] std::filesystem::path settings_file() const { return data / "sportapp.toml"; }
  // Empty: to standard error.
  [[nodiscard]] std::filesystem::path log(const std::string& name) const {
    return foreground ? std::filesystem::path() : logs() / (name + ".log");
  }
  [[nodiscard]] std::filesystem::path gateway_access_log() const { return logs() / "gateway.access.log"; }
  [[nodiscard]] std::filesystem::path stderr_log(const std::string& name) const {
    return logs() / (name + ".stderr.log");
  }
  [[nodiscard]] std::filesystem::path control_socket() const { return run() / "control.sock"; }
  [[nodiscard]] std::filesystem::path key_file() const { return config() / "cluster.key"; }
  [[nodiscard]] std::filesystem::path metrics_token_file() const { return run() / "metrics.token"; }
  [[nodiscard]] std::filesystem::path in_hand() const { return run() / "in-hand"; }
  // The gateway's way to a service process; empty where the path is too long for a socket, or has what NGINX
  // takes for its end: the way is then TCP.
  [[nodiscard]] std::filesystem::path local_socket(const std::string& name) const {
    return socket_below(name, "http.sock");
  }
  // Everybody's way to Redis, where all share one data folder; empty as above.
  [[nodiscard]] std::filesystem::path redis_socket() const { return socket_below("redis", "redis.sock"); }
  // The working folder of a process: by it, what an earlier supervisor left is recognised.
  [[nodiscard]] std::filesystem::path working_folder(const std::string& name) const { return run() / name; }

 private:
  [[nodiscard]] std::filesystem::path socket_below(const std::string& name, const char* file) const {
    auto path = working_folder(name) / file;
    const auto& text = path.native();
    constexpr std::size_t kPathMax = 107;  // sockaddr_un
    return text.size() <= kPathMax && text.find(':') == std::string::npos ? path : std::filesystem::path();
  }
};

// Absolute, without `.`, `..` and a slash at the end: one folder has one name.
[[nodiscard]] inline std::filesystem::path normal_folder(const std::filesystem::path& data) {
  auto folder = std::filesystem::absolute(data).lexically_normal();
  return folder.has_filename() ? folder : folder.parent_path();
}

}  // namespace sportapp::instance
