// The journal's file under the eyes of those who read it while the journal writes it, replaces it, or finds
// it again on a repaired disk.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/result.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::journal {

// What the journal lets its readers know.
struct Durable {
  std::atomic<std::int64_t> seq{0};  // up to it, what is visible in the file is on disk
  // Grows whenever the journal opened its file, which may be another one then.
  std::atomic<std::int64_t> opened{0};
  // While the journal could not open it yet, or knows it to be damaged.
  std::atomic<bool> unreadable{false};
};

// A read-only connection with prepared statements (`Statements` is made of a SQLite::Database&), reopened
// when the journal has, and after a failed read. One thread at a time.
template <class Statements>
class LiveFile {
 public:
  LiveFile(std::filesystem::path file, std::shared_ptr<const Durable> durable)
      : file_(std::move(file)), durable_(std::move(durable)) {}

  [[nodiscard]] const std::filesystem::path& path() const { return file_; }
  [[nodiscard]] std::int64_t durable() const { return durable_->seq.load(); }
  [[nodiscard]] bool is_open() const { return statements_ != nullptr; }
  void close() {
    statements_.reset();
    database_.reset();
  }
  // `read` of the statements and of the last durable seq, both of one and the same file.
  template <class Read>
  auto read(Read read) -> Result<decltype(read(std::declval<Statements&>(), std::int64_t{}))> {
    for (;;) {
      if (durable_->unreadable.load()) {
        close();
        return Error{Retry::kLater, file_.string() + ": this node's journal cannot be read at present"};
      }
      const auto opened = durable_->opened.load();
      if (opened != opened_) close();
      if (auto ready = open(opened); !ready) return ready.error();
      try {
        auto found = read(*statements_, durable_->seq.load());
        if (durable_->opened.load() == opened) return found;
      } catch (const SQLite::Exception& exception) {
        close();
        return sqlite::to_error(exception, file_);
      }
    }
  }

 private:
  static constexpr int kCacheKib = 2 * 1024;

  Result<void> open(std::int64_t opened) {
    if (statements_) return {};
    auto database = sqlite::open(file_, {.cache_kib = kCacheKib, .read_only = true, .careful = true});
    if (!database) return database.error();
    try {
      statements_ = std::make_unique<Statements>(**database);
    } catch (const SQLite::Exception& exception) {
      return sqlite::to_error(exception, file_);
    }
    database_ = std::move(*database);
    opened_ = opened;
    return {};
  }

  const std::filesystem::path file_;
  const std::shared_ptr<const Durable> durable_;
  std::unique_ptr<SQLite::Database> database_;
  std::unique_ptr<Statements> statements_;
  std::int64_t opened_ = -1;
};

}  // namespace sportapp::journal
