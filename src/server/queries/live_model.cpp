#include "server/queries/live_model.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <future>
#include <utility>

#include "base/durable.hpp"

namespace sportapp::queries {
namespace {

namespace fs = std::filesystem;
using projection::ReadModel;
using projection::ReadModelReader;

constexpr std::size_t kFeedBatch = 1000;
constexpr std::int64_t kLateMs = 1000;  // an event older than this when written: we are behind
constexpr std::int64_t kSameErrorEveryMs = 10'000;

// The task ran, or the process ends. The loop runs nothing any more once `stop` is asked for.
bool run_on(Loop& loop, const std::stop_token& stop, const std::function<void()>& task) {
  auto done = std::make_shared<std::promise<void>>();
  auto ran = done->get_future();
  loop.post([&task, done] {
    task();
    done->set_value();
  });
  while (ran.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
    if (stop.stop_requested()) return false;
  }
  return true;
}

}  // namespace

Result<void> bring_to(ReadModel& model, messaging::EventSource& feed, Seq until) {
  while (model.position() < until) {
    const auto at = model.position();
    const auto missing = static_cast<std::size_t>(until.value - at.value);
    const auto events = feed.read(at, std::min(kFeedBatch, missing));
    if (!events) return events.error();
    if (events->empty()) {
      return Error{
          Retry::kLater,
          fmt::format("the feed ends at {}, the read model holds {}: is it the feed of this service?",
                      at.value, until.value)};
    }
    if (auto written = model.write(*events); !written) return written;
  }
  return {};
}

class LiveModel::Sink final : public messaging::EventSink {
 public:
  Sink(ReadModel& model, std::mutex& writing) : model_(model), writing_(writing) {}
  messaging::Place place() override {
    const std::lock_guard lock(writing_);
    return model_.place();
  }
  Result<void> write(std::span<const domain::CommittedEvent> events) override {
    const std::lock_guard lock(writing_);
    return model_.write(events);
  }

 private:
  ReadModel& model_;
  std::mutex& writing_;
};

LiveModel::LiveModel(Options options, const domain::Projection& projection, const Clock& clock, Loop& loop)
    : options_(std::move(options)), projection_(projection), clock_(clock), loop_(loop) {}

// The writer closes the file last: it alone can empty and remove the WAL.
LiveModel::~LiveModel() {
  reader_.reset();
}

Result<void> LiveModel::open() {
  const std::lock_guard lock(mutex_);
  if (replacing_ || reader_) return {};
  if (!model_) {
    auto model = open_model();
    if (!model) return model.error();
    model_ = std::move(*model);
    opened(*model_);
  }
  auto reader = ReadModelReader::open(options_.file);
  if (!reader) return reader.error();
  reader_ = std::move(*reader);
  if (!consumer_) follow();
  return {};
}

Result<std::unique_ptr<ReadModel>> LiveModel::open_model() {
  const auto on_written = [this](const ReadModel::Written& written) {
    if (written.lag_ms > kLateMs) late_until_ms_ = clock_.monotonic_ms() + kLateMs;
    if (options_.on_written) options_.on_written(written);
    set_aside_ = static_cast<std::int64_t>(written.set_aside);
    moved_to(written.position);
  };
  const auto on_damaged = [this](const Error& error) {
    spdlog::error("{}", error.what);
    loop_.post([this] { options_.on_damaged(); });
  };
  return ReadModel::open({.file = options_.file, .on_written = on_written, .on_damaged = on_damaged},
                         projection_, clock_);
}

void LiveModel::follow() {
  sink_ = std::make_unique<Sink>(*model_, writing_);
  auto options = options_.consumer;
  options.on_gone = [this] {
    if (options_.on_gone) loop_.post([this] { options_.on_gone(); });
  };
  options.on_other_history = [this] {
    if (options_.on_other_history) loop_.post([this] { options_.on_other_history(); });
  };
  consumer_ = std::make_unique<messaging::Consumer>(std::move(options), options_.make_feed(), *sink_);
}

void LiveModel::opened(ReadModel& model) {
  set_aside_ = static_cast<std::int64_t>(model.set_aside());
  moved_to(model.position());
}

// One post carries however many positions were passed until the loop takes it.
void LiveModel::moved_to(Seq position) {
  position_ = position.value;
  if (position_posted_.exchange(true)) return;
  loop_.post([this] {
    position_posted_ = false;
    options_.on_position({position_.load()});
  });
}

projection::ReadModelReader* LiveModel::reader() {
  if (!reader_) return nullptr;
  reader_->hold();
  if (!std::exchange(release_posted_, true)) {
    loop_.post([this] {
      release_posted_ = false;
      see_latest();
    });
  }
  return reader_.get();
}

void LiveModel::see_latest() {
  if (reader_) reader_->release();
}

void LiveModel::read_failed(const Error& error) {
  const auto now_ms = clock_.monotonic_ms();
  if (error.what != last_read_error_ || now_ms - last_read_error_ms_ > kSameErrorEveryMs) {
    spdlog::error("a query could not be answered: {}", error.what);
    last_read_error_ = error.what;
    last_read_error_ms_ = now_ms;
  }
  if (error.retry == Retry::kNever) options_.on_damaged();
}

void LiveModel::hurry(std::int64_t for_ms) {
  const std::lock_guard lock(mutex_);
  if (consumer_) consumer_->hurry(for_ms);
}

std::string LiveModel::reading() const {
  const std::lock_guard lock(mutex_);
  return consumer_ ? consumer_->status().reading : "nothing";
}

std::int64_t LiveModel::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_before_ + (consumer_ ? consumer_->status().refused : 0);
}

std::string LiveModel::refused_why() const {
  const std::lock_guard lock(mutex_);
  const auto now = consumer_ ? consumer_->status().refused_why : std::string();
  return now.empty() ? refused_why_ : now;
}

std::string LiveModel::state() const {
  if (!reader_) return "opening";
  {
    const std::lock_guard lock(mutex_);
    if (replacing_) return "catching up";
  }
  if (reading() == "nothing") return "cut off";
  return clock_.monotonic_ms() < late_until_ms_ ? "catching up" : "in-sync";
}

Result<void> LiveModel::replace_with(std::unique_ptr<ReadModel> fresh, const fs::path& fresh_file,
                                     messaging::EventSource& feed, Until until, const std::stop_token& stop) {
  std::unique_ptr<messaging::Consumer> consumer;
  {
    const std::lock_guard lock(mutex_);
    if (!model_ || !consumer_) return Error{Retry::kLater, "the read model is not open; see the log"};
    replacing_ = true;
    consumer = std::move(consumer_);
    const auto status = consumer->status();
    refused_before_ += status.refused;
    if (status.refused > 0) refused_why_ = status.refused_why;
  }
  consumer.reset();  // waits for its thread, and below for a retry: from there nothing moves
  const std::lock_guard writing(writing_);
  std::unique_ptr<ReadModel> old;
  {
    const std::lock_guard lock(mutex_);
    old = std::move(model_);
  }
  auto outcome = until == Until::kServed ? bring_to(*fresh, feed, old->position()) : Result<void>();
  if (outcome) outcome = ReadModel::seal(std::move(fresh));
  Result<void> changed;
  if (outcome) {
    const auto change = [&] { changed = change_files(std::move(old), fresh_file); };
    if (!run_on(loop_, stop, change)) return Error{Retry::kLater, "the process is ending"};
    outcome = changed;
  }
  const std::lock_guard lock(mutex_);
  replacing_ = false;
  if (old) model_ = std::move(old);
  if (model_) follow();
  return outcome;
}

Result<projection::Retried> LiveModel::retry_set_aside(const std::stop_token& stop) {
  const std::lock_guard writing(writing_);
  ReadModel* model = nullptr;
  {
    const std::lock_guard lock(mutex_);
    model = model_.get();  // goes only under writing_
  }
  if (model == nullptr) return Error{Retry::kLater, "the read model is not open; see the log"};
  auto retried = model->retry_set_aside(stop);
  opened(*model);
  return retried;
}

// Every connection to the old file is closed while its name changes hands: SQLite would else apply the WAL of
// one file to the other. Whatever fails, open() is tried again with the file that then has the name.
Result<void> LiveModel::change_files(std::unique_ptr<ReadModel> old, const fs::path& fresh_file) {
  reader_.reset();
  auto outcome = ReadModel::seal(std::move(old));
  if (!outcome && outcome.error().retry == Retry::kNever) outcome = projection::put_aside(options_.file);
  if (outcome) outcome = rename_durably(fresh_file, options_.file);
  auto model = open_model();
  if (!model) return model.error();
  auto reader = ReadModelReader::open(options_.file);
  if (reader) reader_ = std::move(*reader);
  opened(**model);
  const std::lock_guard lock(mutex_);
  model_ = std::move(*model);
  return outcome;
}

}  // namespace sportapp::queries
