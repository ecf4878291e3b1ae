// What the tests of journals that delete share.
#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "store/journal/testing.hpp"
#include "store/projection/base_model.hpp"
#include "store/projection/testing.hpp"
#include "store/retention/retention.hpp"
#include "tests/support/hand_clock.hpp"

namespace sportapp::retention::testing {

class RetentionTest : public journal::FollowerTest {
 protected:
  void SetUp() override { open(); }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "journal.db"; }
  [[nodiscard]] std::filesystem::path base() const { return folder_.path() / projection::kBaseFile; }
  [[nodiscard]] std::filesystem::path next() const { return projection::next_base_of(file()); }
  void begin(retention::RetentionPolicy policy, std::function<std::optional<Seq>()> needed = {}) {
    retention_ = std::make_unique<Retention>(Retention::Options{file(), policy, std::move(needed)}, *journal_,
                                             views_, hand_);
  }
  void end() { retention_.reset(); }
  template <class Holds>
  static bool soon(Holds holds) {
    for (int i = 0; i < 2000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  [[nodiscard]] bool reaches(std::int64_t seq) {
    return soon([&] { return journal_->status().base.seq == Seq{seq}; });
  }
  [[nodiscard]] bool stays(std::int64_t seq) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    return journal_->status().base.seq == Seq{seq};
  }
  [[nodiscard]] static std::int64_t position(const std::filesystem::path& model) {
    const auto end = projection::base_end_of(model);
    return end && *end ? (*end)->position.value : -1;
  }
  void restart() {
    end();
    journal_.reset();
    open();
  }

  projection::testing::Names views_;
  sportapp::testing::HandClock hand_;
  std::unique_ptr<Retention> retention_;
};

}  // namespace sportapp::retention::testing
