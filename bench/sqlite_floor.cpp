// The floor under every registration: how many rows of a journal entry's shape plain SQLite makes durable on
// this disk, by how many share one commit. `sqlite_floor FOLDER SECONDS BATCH...` prints one JSON array.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "store/sqlite/sqlite.hpp"

namespace {

using namespace sportapp;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* kSchema = R"sql(
CREATE TABLE entries(
  seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, time_ms INTEGER NOT NULL, key TEXT NOT NULL UNIQUE,
  fingerprint BLOB NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL, payload TEXT NOT NULL,
  status INTEGER NOT NULL, answer TEXT NOT NULL, location TEXT NOT NULL, hash BLOB NOT NULL)
)sql";

double ms_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

double percentile(std::vector<double>& sorted, double part) {
  const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)];
}

class Floor {
 public:
  explicit Floor(const std::filesystem::path& file)
      : database_(sqlite::open(file, {.cache_kib = 24 * 1024}).value()) {
    database_->exec(kSchema);
    database_->exec("PRAGMA wal_autocheckpoint=2000");
    insert_ = std::make_unique<SQLite::Statement>(
        *database_, "INSERT INTO entries VALUES(?, 1, ?, ?, ?, 'UserRegistered', 1, ?, 200, ?, ?, ?)");
  }

  // One transaction, one fsync.
  void commit(int rows) {
    database_->exec("BEGIN IMMEDIATE");
    for (int i = 0; i < rows; ++i) insert();
    database_->exec("COMMIT");
  }

 private:
  void insert() {
    ++seq_;
    const std::string hash(32, static_cast<char>(seq_ % 251));
    const auto body = fmt::format(R"({{"id":{},"username":"user-{:016x}"}})", seq_, random_());
    insert_->bind(1, seq_);
    insert_->bind(2, 1'700'000'000'000 + seq_);
    insert_->bind(3, fmt::format("{}-{:016x}{:016x}", 1'700'000'000'000 + seq_, random_(), random_()));
    insert_->bind(4, hash.data(), 16);
    insert_->bind(5, body);
    insert_->bind(6, body);
    insert_->bind(7, fmt::format("/api-queries/users/{}", seq_));
    insert_->bind(8, hash.data(), 32);
    insert_->exec();
    insert_->reset();
  }

  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<SQLite::Statement> insert_;
  std::int64_t seq_ = 0;
  std::mt19937_64 random_{1};
};

boost::json::object measure(const std::filesystem::path& file, double seconds, int batch) {
  Floor floor(file);
  std::vector<double> commits_ms;
  const auto start = SteadyClock::now();
  while (ms_since(start) < seconds * 1000) {
    const auto begun = SteadyClock::now();
    floor.commit(batch);
    commits_ms.push_back(ms_since(begun));
  }
  const double elapsed_s = ms_since(start) / 1000;
  const auto commits = static_cast<double>(commits_ms.size());
  std::sort(commits_ms.begin(), commits_ms.end());
  return {{"batch", batch},
          {"rows_per_s", commits * batch / elapsed_s},
          {"commits_per_s", commits / elapsed_s},
          {"commit_p50_ms", percentile(commits_ms, 0.5)},
          {"commit_p99_ms", percentile(commits_ms, 0.99)}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: sqlite_floor FOLDER SECONDS BATCH...\n");
    return 2;
  }
  try {
    boost::json::array rows;
    for (int i = 3; i < argc; ++i) {
      const auto file = std::filesystem::path(argv[1]) / fmt::format("floor-{}.db", argv[i]);
      rows.push_back(measure(file, std::stod(argv[2]), std::stoi(argv[i])));
    }
    fmt::print(stdout, "{}\n", boost::json::serialize(rows));
    return 0;
  } catch (const std::exception& failed) {
    fmt::print(stderr, "sqlite_floor: {}\n", failed.what());
    return 1;
  }
}
