#include "net/http/open_files.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

namespace sportapp::http {
namespace {

constexpr rlim_t kFilesBeside = 512;  // databases, logs, upstreams

}  // namespace

void make_room_for_files(int connections) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  const auto wanted = static_cast<rlim_t>(connections) + kFilesBeside;
  if (files.rlim_cur >= wanted) return;
  files.rlim_cur = std::min(wanted, files.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < wanted) {
    spdlog::warn("{} connections are allowed but only {} open files (ulimit -n): the surplus will wait",
                 connections, files.rlim_cur);
  }
}

}  // namespace sportapp::http
