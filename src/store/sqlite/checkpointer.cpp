#include "store/sqlite/checkpointer.hpp"

#include <sqlite3.h>

#include <chrono>

#include "store/sqlite/sqlite.hpp"

namespace sportapp::sqlite {
namespace {

// Should the thread not keep up, the writer waits for it when the WAL is so many times as long as wanted.
constexpr int kWaitAt = 4;
constexpr std::chrono::seconds kWaitMax{10};

// What cannot be copied stays in the WAL and is tried again after the next commit; a disk that refuses writes
// is noticed by the commits.
void copy(SQLite::Database& database) {
  sqlite3_wal_checkpoint_v2(database.getHandle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace

Result<std::unique_ptr<Checkpointer>> Checkpointer::start(SQLite::Database& writer,
                                                          const std::filesystem::path& file, int wal_kib) {
  auto own = open(file, {.cache_kib = 64, .wal_kib = wal_kib, .careful = true});
  if (!own) return own.error();
  try {
    const auto page_bytes = writer.execAndGet("PRAGMA page_size").getInt();
    return std::unique_ptr<Checkpointer>(
        new Checkpointer(writer, std::move(*own), wal_kib * 1024 / page_bytes));
  } catch (const SQLite::Exception& exception) {
    return to_error(exception, file);
  }
}

Checkpointer::Checkpointer(SQLite::Database& writer, std::unique_ptr<SQLite::Database> own, int frames)
    : writer_(writer), own_(std::move(own)), frames_(frames) {
  const auto hook = [](void* self, sqlite3*, const char*, int in_wal) {
    static_cast<Checkpointer*>(self)->committed(in_wal);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(writer_.getHandle(), hook, this);
  thread_ = std::thread([this] { run(); });
}

Checkpointer::~Checkpointer() {
  sqlite3_wal_hook(writer_.getHandle(), nullptr, nullptr);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Checkpointer::committed(int frames) {
  if (frames < frames_) return;
  {
    std::unique_lock lock(mutex_);
    if (state_ == State::kIdle) {
      state_ = State::kCopying;
      wake_.notify_all();
      return;
    }
    if (state_ == State::kCopying) {
      if (frames < kWaitAt * frames_) return;
      if (!copied_.wait_for(lock, kWaitMax, [this] { return state_ == State::kCopied; })) return;
    }
    state_ = State::kIdle;
  }
  copy(writer_);
}

void Checkpointer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || state_ == State::kCopying; });
    if (stopping_) return;
    lock.unlock();
    copy(*own_);
    lock.lock();
    state_ = State::kCopied;
    copied_.notify_all();
  }
}

}  // namespace sportapp::sqlite
