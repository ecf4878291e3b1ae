// Requests that end the process that executes them: whichever was in hand at such an end is tried apart
// before it is executed again, and is no longer executed where that ends badly. So a poison request ends the
// primary once, and no second node.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "net/http/router.hpp"
#include "server/quarantine/in_hand.hpp"
#include "server/quarantine/trial.hpp"
#include "store/journal/submission.hpp"

namespace sportapp::quarantine {

// Loop thread only, but for what says otherwise.
class Quarantine {
 public:
  struct Options {
    std::filesystem::path folder;     // of the records of all nodes; empty: nothing is ever suspect
    std::string name;                 // of this process, and its record
    std::vector<std::string> others;  // of the service's other nodes
    std::filesystem::path journal;
    Trials::Options trials{};
  };
  enum class Verdict { kInnocent, kSuspect, kQuarantined };

  // Where the records cannot be kept, the log says so, and nothing is ever suspect.
  [[nodiscard]] static std::unique_ptr<Quarantine> open(Options options, const Clock& clock, Loop& loop);
  ~Quarantine();

  // By what this process and the others remember at this moment.
  [[nodiscard]] Verdict verdict(const Fingerprint& request);
  // A suspect's trial: `then` gets its outcome, on the loop. One that failed is quarantined by then.
  void try_apart(const http::Request& request, const Fingerprint& fingerprint,
                 std::function<void(TrialOutcome::Kind)> then);
  // One whose trial went well was executed, and nothing happened.
  void executed(const Fingerprint& request);
  // 500 of its own kind.
  [[nodiscard]] http::Response answer(const Fingerprint& request) const;

  // As long as it lives, the request is in hand on the loop.
  class Reading {
   public:
    Reading(Quarantine& quarantine, const Fingerprint& request, std::string_view key);
    ~Reading();
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    InHandFile* own_;
  };
  // For the journal, which must be gone first; on the journal's thread.
  [[nodiscard]] journal::OnDeciding on_deciding();
  // For how long one request is in hand already; a sound process takes far below a millisecond. Any thread.
  [[nodiscard]] std::int64_t longest_in_hand_ms() const;

  // GET /internal/quarantine.
  void add_to(http::Router& router);
  [[nodiscard]] std::vector<KnownRequest> quarantined() const;

 private:
  struct Other {
    std::filesystem::path path;
    std::unique_ptr<InHandFile> file;  // none as long as it could not be opened
  };
  struct Suspicion;

  Quarantine(Options options, const Clock& clock, Loop& loop);
  [[nodiscard]] Result<void> open_own();
  void open_others();
  void suspect_what_another_program_met();
  void consider(const InHandFile& other, const Fingerprint& request, Suspicion& suspicion) const;
  void tried(KnownRequest request, TrialOutcome outcome);
  void remember(KnownRequest request);

  const Options options_;
  const Clock& clock_;
  Loop& loop_;
  const std::uint64_t program_;
  std::unique_ptr<InHandFile> own_;
  std::vector<Other> others_;
  std::int64_t others_tried_ms_ = 0;
  std::map<Fingerprint, std::vector<std::function<void(TrialOutcome::Kind)>>> waiting_;
  std::size_t waiting_count_ = 0;
  std::unique_ptr<Trials> trials_;
};

}  // namespace sportapp::quarantine
