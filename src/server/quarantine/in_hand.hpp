// The record of what a process has in hand: a file shared in memory, so that it is still there when the
// process is killed (not when the machine is). The requests that are being executed, one a thread; and what
// is known of requests that were in hand when a process died.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/journal/submission.hpp"

namespace sportapp::quarantine {

// Of method, path and body: two that are the same request have the same.
using Fingerprint = journal::RequestTag;
[[nodiscard]] Fingerprint fingerprint_of(std::string_view method, std::string_view path,
                                         std::string_view body);
// Milliseconds by which all processes of this machine agree.
[[nodiscard]] std::int64_t machine_ms();
// Of the program that runs here: another build has another.
[[nodiscard]] std::uint64_t program_identity();

// Reading and deciding a request takes microseconds, and waits for nothing but a processor and the disk: a
// process that has one in hand for so long hangs in it.
inline constexpr std::int64_t kHangsAfterMs = 250;

enum class Executing : std::size_t { kReading, kDeciding };  // on the loop; on the journal's thread
inline constexpr std::size_t kExecutingThreads = 2;

struct Standing {
  Fingerprint request{};
  std::string key;
  std::int64_t since_ms = 0;
};

enum class Mark : std::uint32_t {
  kNone,
  kSuspect,      // was in hand when a process died
  kPassed,       // a trial of it went well, and it is being executed
  kCleared,      // it was executed
  kQuarantined,  // is no longer executed
};

struct KnownRequest {
  Fingerprint request{};
  Mark mark = Mark::kNone;
  std::int64_t since_ms = 0;  // machine_ms() of the mark
  std::int64_t time_ms = 0;   // since 1970
  std::uint64_t program = 0;  // that it was quarantined with
  std::string key{};          // texts are cut where they are long
  std::string method{};
  std::string path{};
  std::string what{};  // happened
};

// One process writes its file, from the named threads; others of this machine read it meanwhile. Whatever the
// writer's end cuts off, a reader sees an entry whole or not at all.
class InHandFile {
 public:
  static constexpr std::size_t kKnownMax = 256;

  // The process's own. What stands in it as in hand is of a process that died: it becomes known as suspect,
  // and as quarantined where a trial of it had passed. A file that cannot be one is started again.
  [[nodiscard]] static Result<std::unique_ptr<InHandFile>> open_own(const std::filesystem::path& file);
  // Another process's, to read; an error while it is not there.
  [[nodiscard]] static Result<std::unique_ptr<InHandFile>> open_other(const std::filesystem::path& file);
  ~InHandFile();

  // Each on its thread only.
  void begin(Executing thread, const Fingerprint& request, std::string_view key);
  void end(Executing thread);

  [[nodiscard]] std::optional<Standing> standing(Executing thread) const;
  [[nodiscard]] bool stands(const Fingerprint& request, std::int64_t& since_ms) const;
  // Of another process's: that is there. What a process that is there has in hand it mostly finishes.
  [[nodiscard]] bool owner_lives() const;
  // For how long the one in hand longest is; 0 where none is. Any thread.
  [[nodiscard]] std::int64_t longest_ms() const;

  [[nodiscard]] bool knows_any() const;
  [[nodiscard]] std::optional<KnownRequest> known(const Fingerprint& request) const;
  [[nodiscard]] std::vector<KnownRequest> all_known() const;
  // One a fingerprint. Where there is no room, the oldest of the least weight goes: cleared, then passed,
  // then suspect, then quarantined; the one that went is given when it was quarantined.
  std::optional<KnownRequest> remember(const KnownRequest& request);

 private:
  struct Layout;
  InHandFile(Layout* layout, int descriptor);
  void own_it(const std::filesystem::path& file) const;
  void forget_before_reboot();
  void suspect_what_stands();
  [[nodiscard]] std::size_t place_for(const Fingerprint& request) const;

  Layout* const layout_;
  const int descriptor_;  // to lock by: closing any other of the file would end the owner's lock
};

}  // namespace sportapp::quarantine
