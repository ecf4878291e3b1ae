// An instance's files, as its processes write them, for the tests of backups.
#pragma once
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "domain/services/registry.hpp"
#include "ha/failover/record.hpp"
#include "ha/watch/record_store.hpp"
#include "ops/backup/taking.hpp"
#include "store/journal/journal.hpp"
#include "store/journal/promise.hpp"
#include "store/journal/reader.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::backup {

namespace fs = std::filesystem;

class InstanceFilesTest : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path data() const { return temp_.path() / "data"; }
  [[nodiscard]] fs::path target() const { return temp_.path() / "backup"; }
  [[nodiscard]] fs::path part() const { return temp_.path() / "backup.part"; }
  [[nodiscard]] fs::path node(const std::string& service, const std::string& name) const {
    return data() / fmt::format("{}-commands-{}", service, name);
  }

  // One node each, primary in epoch 7.
  void make_instance() {
    for (const auto& service : services::names()) {
      add(service, "a", 0);
      save(service, {Epoch{7}, "a", {{"a", Epoch{6}}}});
    }
  }

  void save(const std::string& service, const failover::Record& record) const {
    auto store = watch::open_record_files(data() / "monitor");
    ASSERT_TRUE(store);
    ASSERT_TRUE((*store)->save(service, record));
    for (const auto& member : record.in_sync) promise(service, member.node, member.promise);
  }
  void promise(const std::string& service, const std::string& name, Epoch epoch) const {
    auto promise = journal::Promise::open(node(service, name));
    ASSERT_TRUE(promise) << promise.error().what;
    ASSERT_TRUE((*promise)->raise(epoch));
  }

  [[nodiscard]] std::unique_ptr<journal::Journal> open(const std::string& service, const std::string& name) {
    domains_.push_back(services::find(service)->make_domain());
    journal::Options options;
    options.file = node(service, name) / "journal.db";
    auto opened = journal::Journal::open(std::move(options), *domains_.back(), clock_);
    EXPECT_TRUE(opened) << opened.error().what;
    return std::move(*opened);
  }
  // So many more entries: users, or products.
  void add(const std::string& service, const std::string& name, int count,
           std::optional<journal::Cause> cause = std::nullopt) {
    const auto journal = open(service, name);
    for (int i = 0; i < count; ++i) write(*journal, service, cause);
  }
  void write(journal::Journal& journal, const std::string& service,
             std::optional<journal::Cause> cause = {}) {
    const auto number = ++written_;
    const auto body = service == "users"
                          ? fmt::format(R"({{"username":"user {}"}})", number)
                          : fmt::format(R"({{"name":"thing {}","value":1,"stock":1}})", number);
    auto command = services::find(service)->make_domain()->parse("POST", std::nullopt, body);
    std::promise<bool> taken;
    journal::Submission submission{cause ? "" : fmt::format("key-{}", number),
                                   std::get<domain::Command>(std::move(command)), std::move(cause)};
    journal.submit(std::move(submission), [&](const journal::Outcome& outcome) {
      taken.set_value(std::holds_alternative<journal::Answered>(outcome));
    });
    ASSERT_TRUE(taken.get_future().get());
  }

  [[nodiscard]] Result<Manifest> taken(const Progress& progress = kGoOn) const {
    return take(data(), target(), clock_, progress);
  }
  static std::int64_t entries_in(const fs::path& journal) {
    auto reader = journal::Reader::open(journal);
    EXPECT_TRUE(reader);
    return (*reader)->head()->value;
  }
  static std::string refusal(const Result<Manifest>& result) { return result ? "" : result.error().what; }
  static void write_text(const fs::path& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

  static inline const Progress kGoOn = [](std::string_view, std::uint64_t, std::uint64_t) { return true; };
  const sportapp::testing::TempFolder temp_;
  const SystemClock clock_{};

 private:
  std::vector<std::unique_ptr<domain::Domain>> domains_;
  int written_ = 0;
};

}  // namespace sportapp::backup
