// Values in memory that processes share, changed by one thread of one of them while others read, without a
// lock that could outlive its holder.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace sportapp {

// A value as words, each of which is read and written as one, in no order: a Seqlock makes one value of them.
template <class Value>
class SharedWords {
  static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) % sizeof(std::uint32_t) == 0);

 public:
  [[nodiscard]] Value load() const {
    std::array<std::uint32_t, kWords> words;
    for (std::size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
    Value value;
    std::memcpy(&value, words.data(), sizeof value);
    return value;
  }
  void store(const Value& value) {
    std::array<std::uint32_t, kWords> words;
    std::memcpy(words.data(), &value, sizeof value);
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kWords = sizeof(Value) / sizeof(std::uint32_t);
  std::atomic<std::uint32_t> words_[kWords];
};

// The sequence lock of H.-J. Boehm, "Can seqlocks get along with programming language memory models?" (MSPC
// 2012), with fences, so that the words it guards are read and written without any order of their own. Beside
// the count stands a mark: 0 while there is nothing, and while it is being written, so that of a writer which
// is killed in the middle nothing is seen. Zeros are one with nothing in it. One writer, any readers.
class Seqlock {
 public:
  // `write` stores the words; then `mark`, which is not 0, says that they are there.
  template <class Write>
  void write(std::uint32_t mark, Write write) {
    mark_.store(0, std::memory_order_relaxed);
    // Whoever sees this count sees that nothing is there, or what is written now.
    turn_.store(turn_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    // Whoever sees one of the words written now sees this count at its second look.
    std::atomic_thread_fence(std::memory_order_release);
    write();
    mark_.store(mark, std::memory_order_release);
  }
  void clear() { mark_.store(0, std::memory_order_release); }

  [[nodiscard]] std::uint32_t mark() const { return mark_.load(std::memory_order_acquire); }
  // What `read` makes of the mark and the words, all of one write(); nothing where there is nothing, or where
  // it is rewritten at each try. `read` may see words of several writes, and is then called again.
  template <class Read>
  [[nodiscard]] auto read(Read read) const -> std::optional<std::invoke_result_t<Read, std::uint32_t>> {
    for (int i = 0; i < kTries; ++i) {
      const auto turn = turn_.load(std::memory_order_acquire);
      const auto mark = mark_.load(std::memory_order_acquire);
      if (mark == 0) return std::nullopt;
      auto made = read(mark);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (turn_.load(std::memory_order_relaxed) == turn) return made;
    }
    return std::nullopt;
  }

 private:
  static constexpr int kTries = 100;
  std::atomic<std::uint32_t> mark_, turn_;
};

// What is shared between processes must mean the same in each.
static_assert(std::atomic<std::uint32_t>::is_always_lock_free && sizeof(Seqlock) == 8);

}  // namespace sportapp
