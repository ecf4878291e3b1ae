// Gives the base model of this node to the queries processes of its service, whose read models begin with it
// where retention deleted the events that it is made of:
//
//   GET /internal/base                 {"copy":7,"position":1000,"bytes":81920,"hash":"..."}; 202: it is
//   being made;
//                                      404: no event was deleted, so the feed has all of them
//   GET /internal/base/{copy}?offset=N the bytes from there on, some of them
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/loop.hpp"
#include "base/worker.hpp"
#include "ha/hold/primary_location.hpp"
#include "net/http/router.hpp"
#include "store/journal/journal.hpp"

namespace sportapp::commands {

class BaseRoutes {
 public:
  static constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

  // All must outlive it; destroyed when the loop has ended.
  BaseRoutes(std::filesystem::path journal_file, journal::Journal& journal, const Clock& clock, Loop& loop,
             std::function<const hold::PrimaryLocation&()> primary);
  ~BaseRoutes();

  void add_to(http::Router& router);
  // Entries after it are held for who reads a copy. Any thread.
  [[nodiscard]] std::optional<Seq> held_after() const;

 private:
  struct Copy {
    std::int64_t number = 0;
    Seq position;
    std::uint64_t bytes = 0;
    std::string hash;
  };
  [[nodiscard]] http::Response describe();
  [[nodiscard]] http::Response piece(const http::Request& request);
  void make();
  void made(Result<Copy> copy);
  void touch();
  void look_whether_used();
  void drop();

  const std::filesystem::path journal_file_, file_;
  journal::Journal& journal_;
  const Clock& clock_;
  Loop& loop_;
  const std::function<const hold::PrimaryLocation&()> primary_;
  // The loop's own.
  bool making_ = false;
  std::string failed_;
  std::optional<Copy> copy_;
  std::ifstream bytes_;
  std::int64_t last_number_ = 0;

  mutable std::mutex mutex_;  // for what follows
  std::optional<Seq> held_;
  std::int64_t used_ms_ = 0;

  std::unique_ptr<Worker> worker_;  // last: ends before the rest
};

}  // namespace sportapp::commands
