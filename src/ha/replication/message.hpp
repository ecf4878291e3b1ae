// What primary and spare tell each other over a link. The primary speaks first, each of its messages has a
// number, and the spare answers in order.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "ha/failover/record.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::replication {

using journal::Settled;

// The type of a message's frame on a link; see failover/report.hpp for those beside it.
inline constexpr std::uint8_t kMessageFrame = 3;

// Primary: "I am primary under this epoch. Where does your journal end?"
struct Hello {
  Epoch epoch;
  std::uint64_t number = 0;
  bool counts = false;  // it waits for this node on every commit
};

// Primary: what follows `previous`, which is the end of the spare's journal. Without entries it only asks
// whether the spare still follows.
struct Append {
  Epoch epoch;
  std::uint64_t number = 0;
  Position previous;
  journal::SharedEntries entries;
};

// Primary: a piece of a whole journal, in place of the spare's.
struct Chunk {
  Epoch epoch;
  std::uint64_t number = 0;
  std::uint64_t offset = 0;
  bool last = false;
  Position head;  // of the whole
  std::string bytes;
};

// Where a journal that cannot be used "ends": no journal continues it, so the node gets a copy of a whole
// one.
inline constexpr Position kUnusable{Seq{-1}, {}};

// Spare: its journal ends here, and its promise is on disk. Answers a Hello, and an Append that does not fit.
struct Welcome {
  std::uint64_t number = 0;  // of the message answered
  Position head;
  Settled settled{};  // the last that it knows of, also where its journal has lost it
};

// Spare: everything up to `head` is on disk, under the epoch asked for.
struct Ack {
  std::uint64_t number = 0;
  Position head;
};

// Spare: everything up to `head` is in its journal's hands, under the epoch asked for. It will be on disk,
// and before this node leads, unless this process or its disk fails first. An Ack follows.
struct Taken {
  std::uint64_t number = 0;
  Position head;
};

// Spare: it has promised a higher epoch.
struct Refuse {
  std::uint64_t number = 0;
  Epoch promise;
};

using Message = std::variant<Hello, Append, Chunk, Welcome, Ack, Refuse, Taken>;

// Entries of one message have at most about this many bytes, and at least one entry.
inline constexpr std::size_t kAppendBytesMax = 4 * 1024 * 1024;
[[nodiscard]] std::size_t bytes_of(const journal::Entry& entry);

// The first byte says which. A malformed one is an error: both sides must have one version.
[[nodiscard]] std::string encode(const Message& message);
[[nodiscard]] Result<Message> decode(std::string_view bytes);

// Of a snapshot kept in memory, and for tests.
[[nodiscard]] std::string encode(const std::vector<journal::Entry>& entries);
[[nodiscard]] Result<std::vector<journal::Entry>> decode_entries(std::string_view bytes);

[[nodiscard]] std::string describe(const Message& message);  // for a trace: "append 7: 3 entries after 41"

}  // namespace sportapp::replication
