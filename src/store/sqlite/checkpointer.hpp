#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "base/result.hpp"

namespace sportapp::sqlite {

// Copies a database's WAL into it without holding up its writer. SQLite itself lets the commit that made the
// WAL too long do all of it. Here a thread of its own does, over a connection of its own, while commits go
// on; the writer then copies what came meanwhile, which is little, so that the WAL can start again.
class Checkpointer {
 public:
  // Takes the place of the automatic checkpoint of `writer`, which must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Checkpointer>> start(SQLite::Database& writer,
                                                                   const std::filesystem::path& file,
                                                                   int wal_kib);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

 private:
  enum class State { kIdle, kCopying, kCopied };

  Checkpointer(SQLite::Database& writer, std::unique_ptr<SQLite::Database> own, int frames);
  void committed(int frames);  // on the writer's thread
  void run();

  SQLite::Database& writer_;
  const std::unique_ptr<SQLite::Database> own_;  // the thread's
  const int frames_;
  std::mutex mutex_;                // guards what follows
  std::condition_variable wake_;    // for the thread
  std::condition_variable copied_;  // for the writer
  State state_ = State::kIdle;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sportapp::sqlite
