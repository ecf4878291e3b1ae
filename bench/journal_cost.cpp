// What a journal costs besides its commits: how long it takes to fill one, to end it in order, and to open it
// again, after that and as a killed process left it. `journal_cost FOLDER ENTRIES` prints one JSON object.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "domain/services/registry.hpp"
#include "store/journal/journal.hpp"

namespace {

using namespace sportapp;
namespace fs = std::filesystem;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kWaiting = 4096;  // commands that wait at once
constexpr int kSingle = 2000;           // commits of one command each

double ms_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

std::unique_ptr<journal::Journal> open(const fs::path& file, const domain::Domain& domain,
                                       const Clock& clock) {
  return journal::Journal::open({.file = file}, domain, clock).value();
}

// Users that are registered, `waiting` at once.
class Filler {
 public:
  explicit Filler(journal::Journal& journal) : journal_(journal) {}

  void fill(int first, int last, std::size_t waiting) {
    for (int i = first; i <= last; ++i) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return waiting_ < waiting; });
      ++waiting_;
      lock.unlock();
      journal_.submit(
          {fmt::format("key-{}", i),
           {"RegisterUser", fmt::format(R"({{"username":"user{0}","email":"user{0}@example.org"}})", i)}},
          [this](const journal::Outcome& outcome) { ended(outcome); });
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ == 0; });
  }

 private:
  void ended(const journal::Outcome& outcome) {
    if (!std::holds_alternative<journal::Answered>(outcome)) {
      std::fputs("a user was not registered\n", stderr);
      std::_Exit(1);
    }
    const std::lock_guard lock(mutex_);
    --waiting_;
    changed_.notify_all();
  }

  journal::Journal& journal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t waiting_ = 0;
};

std::vector<double> single_commits(journal::Journal& journal, int after) {
  Filler filler(journal);
  std::vector<double> us;
  for (int i = 1; i <= kSingle; ++i) {
    const auto start = SteadyClock::now();
    filler.fill(after + i, after + i, 1);
    us.push_back(ms_since(start) * 1000);
  }
  std::sort(us.begin(), us.end());
  return us;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("journal_cost FOLDER ENTRIES\n", stderr);
    return 2;
  }
  spdlog::set_level(spdlog::level::warn);
  const fs::path folder(argv[1]);
  int entries = 0;
  const std::string_view given(argv[2]);
  if (std::from_chars(given.data(), given.data() + given.size(), entries).ec != std::errc()) return 2;
  const auto file = folder / "journal.db";
  const auto killed = folder / "killed";
  const auto domain = services::find("users")->make_domain();
  const SystemClock clock;
  boost::json::object said;
  auto journal = open(file, *domain, clock);
  auto start = SteadyClock::now();
  Filler(*journal).fill(1, entries, kWaiting);
  said["filled_per_s"] = entries / ms_since(start) * 1000;
  const auto us = single_commits(*journal, entries);
  said["single_commit_us_median"] = us[us.size() / 2];
  said["single_commit_us_p99"] = us[us.size() * 99 / 100];
  fs::create_directories(killed);
  for (const auto* name : {"journal.db", "journal.db-wal", "journal.mark"}) {
    if (fs::exists(folder / name))
      fs::copy_file(folder / name, killed / name, fs::copy_options::overwrite_existing);
  }
  start = SteadyClock::now();
  journal.reset();
  said["close_ms"] = ms_since(start);
  said["file_bytes"] = fs::file_size(file);
  for (const auto& [name, where] :
       {std::pair("open_closed_ms", file), std::pair("open_killed_ms", killed / "journal.db")}) {
    start = SteadyClock::now();
    journal = open(where, *domain, clock);
    said[name] = ms_since(start);
    if (journal->status().head.value != entries + kSingle) std::fputs("entries are missing\n", stderr);
    journal.reset();
  }
  fmt::print(stdout, "{}\n", boost::json::serialize(said));
  return 0;
}
