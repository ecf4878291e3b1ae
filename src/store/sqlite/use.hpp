#pragma once
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace sportapp::sqlite {

// A prepared statement for one use: reset at the end, so that no read transaction holds back the checkpoint.
// Text and blobs are bound without a copy where they are strings: they must live until the end of the use.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  ~Use() { statement_.tryReset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Use& bind(int index, const std::string& text) {
    statement_.bindNoCopy(index, text);
    return *this;
  }
  Use& bind(int index, std::string_view text) {
    statement_.bind(index, std::string(text));
    return *this;
  }
  Use& bind(int index, std::int64_t number) {
    statement_.bind(index, number);
    return *this;
  }
  Use& bind_blob(int index, const void* bytes, std::size_t size) {
    statement_.bindNoCopy(index, bytes, static_cast<int>(size));
    return *this;
  }
  bool step() { return statement_.executeStep(); }
  SQLite::Statement* operator->() { return &statement_; }

 private:
  SQLite::Statement& statement_;
};

}  // namespace sportapp::sqlite
