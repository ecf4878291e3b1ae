// The read model that a queries process serves: a reader for the loop, a writer that the consumer feeds.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/clock.hpp"
#include "base/loop.hpp"
#include "net/messaging/consumer.hpp"
#include "store/projection/read_model.hpp"

namespace sportapp::queries {

class LiveModel {
 public:
  struct Options {
    std::filesystem::path file;
    messaging::Consumer::Options consumer;
    std::function<std::unique_ptr<messaging::EventSource>()> make_feed;
    std::function<void(const projection::ReadModel::Written&)> on_written;  // on the consumer's thread
    std::function<void(Seq)> on_position;      // on the loop, at most one at a time under way
    std::function<void()> on_damaged;          // on the loop: only a rebuild helps
    std::function<void()> on_gone{};           // likewise: what comes next was deleted in the journal
    std::function<void()> on_other_history{};  // likewise: the journal has another history than the model
  };
  // All references must outlive it; destroyed when the loop has ended.
  LiveModel(Options options, const domain::Projection& projection, const Clock& clock, Loop& loop);
  ~LiveModel();

  // Opens what is not open and starts to follow; to be tried again when it fails. Loop thread.
  [[nodiscard]] Result<void> open();
  // Nothing while the model is not open. Loop thread; only until the caller gives the loop back. What is read
  // in one turn of the loop is of one moment: file locks are paid for once a turn, not once a query.
  [[nodiscard]] projection::ReadModelReader* reader();
  // What is read from here on is at least as new as position(). Loop thread.
  void see_latest();
  // A query met this: logged (not each time), and if the file is damaged on_damaged. Loop thread.
  void read_failed(const Error& error);

  // Somebody waits for a position, so long at most: what comes is taken in at once. Any thread.
  void hurry(std::int64_t for_ms);

  // Any thread.
  [[nodiscard]] Seq position() const { return {position_.load()}; }
  [[nodiscard]] std::int64_t set_aside() const { return set_aside_; }  // events that could not be shown
  [[nodiscard]] std::string reading() const;                           // stream, feed, nothing
  // Entries of the stream that were not believed, since the process started.
  [[nodiscard]] std::int64_t refused() const;
  [[nodiscard]] std::string refused_why() const;  // the last of them
  // "opening", "cut off" (neither stream nor feed answers), "catching up", "in-sync". Loop thread.
  [[nodiscard]] std::string state() const;
  [[nodiscard]] const std::filesystem::path& file() const { return options_.file; }

  // How the model recreated goes on: where the served one ended, or, if that is of another history than the
  // journal, where it stands.
  enum class Until { kServed, kOwn };
  // Puts `fresh`, a model in `fresh_file` that is not behind much, in this one's place: the consumer stops,
  // what `fresh` lacks is read from `feed`, the loop changes files between two tasks, the consumer goes on.
  // On an error the old model is served as before. Not on the loop thread, one at a time; ends early with
  // `stop`.
  [[nodiscard]] Result<void> replace_with(std::unique_ptr<projection::ReadModel> fresh,
                                          const std::filesystem::path& fresh_file,
                                          messaging::EventSource& feed, Until until,
                                          const std::stop_token& stop);
  // Applies events that were set aside again, while the model is served; writing waits meanwhile. Not on the
  // loop thread.
  [[nodiscard]] Result<projection::Retried> retry_set_aside(const std::stop_token& stop);

 private:
  // What the consumer writes to: the model, in turn with a retry.
  class Sink;
  [[nodiscard]] Result<std::unique_ptr<projection::ReadModel>> open_model();
  [[nodiscard]] Result<void> change_files(std::unique_ptr<projection::ReadModel> old,
                                          const std::filesystem::path& fresh_file);
  void follow();  // starts the consumer; mutex_ held
  void moved_to(Seq position);
  void opened(projection::ReadModel& model);

  const Options options_;
  const domain::Projection& projection_;
  const Clock& clock_;
  Loop& loop_;
  std::unique_ptr<projection::ReadModelReader> reader_;  // loop thread
  bool release_posted_ = false;                          // loop thread
  std::string last_read_error_;                          // loop thread
  std::int64_t last_read_error_ms_ = 0;                  // loop thread
  std::atomic<std::int64_t> position_{0};
  std::atomic<std::int64_t> set_aside_{0};
  std::atomic<bool> position_posted_{false};
  std::atomic<std::int64_t> late_until_ms_{0};  // monotonic: catching up until then

  std::mutex writing_;        // held by whoever writes to the model; taken before mutex_
  mutable std::mutex mutex_;  // the six below; never held while waiting
  bool replacing_ = false;
  std::int64_t refused_before_ = 0;  // by consumers that ended
  std::string refused_why_;          // likewise
  std::unique_ptr<projection::ReadModel> model_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<messaging::Consumer> consumer_;  // ends before the model it writes to
};

// Reads from `feed` into `model` until it holds `until`. An error if the feed ends before.
[[nodiscard]] Result<void> bring_to(projection::ReadModel& model, messaging::EventSource& feed, Seq until);

}  // namespace sportapp::queries
