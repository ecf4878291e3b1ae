#include "base/seqlock.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <new>
#include <thread>

namespace sportapp {
namespace {

constexpr std::size_t kNumbers = 100;  // long enough that a reader often comes into the middle
using Numbers = std::array<std::uint64_t, kNumbers>;

struct Shared {
  Seqlock lock;
  SharedWords<Numbers> words;
  std::atomic<std::uint64_t> written{0};
};

// A process of its own that writes until it is killed, at the end of the block.
class Writer {
 public:
  template <class Write>
  explicit Writer(Write write) : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    write();
  }
  ~Writer() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  [[nodiscard]] bool began() const { return pid_ > 0; }

 private:
  const pid_t pid_;
};

class SeqlockTest : public ::testing::Test {
 protected:
  SeqlockTest()
      : memory_(::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        shared_(*new (memory_) Shared) {}
  ~SeqlockTest() override { ::munmap(memory_, sizeof(Shared)); }

  void write(std::uint64_t number) {
    Numbers numbers;
    numbers.fill(number);
    shared_.lock.write(static_cast<std::uint32_t>(number) | 1U, [&] { shared_.words.store(numbers); });
    shared_.written.store(number, std::memory_order_relaxed);
  }
  [[noreturn]] void write_for_ever() {
    for (auto number = shared_.written.load() + 1;; ++number) write(number);
  }
  // What is there, once it is seen to be of one write; 0: nothing is.
  std::uint64_t read() {
    const auto seen =
        shared_.lock.read([this](std::uint32_t mark) { return std::pair(mark, shared_.words.load()); });
    if (!seen) return 0;
    const auto number = seen->second.front();
    for (const auto other : seen->second) EXPECT_EQ(other, number) << "torn";
    EXPECT_EQ(seen->first, static_cast<std::uint32_t>(number) | 1U) << "the mark is of another";
    return number;
  }
  // Reads until `most` different values were seen whole, or for some seconds, and on until there were a few:
  // where the processors are busy reader and writer seldom run at once.
  void see_values(int most) {
    constexpr int kFew = 10;
    constexpr std::chrono::seconds kSome{3}, kGiveUp{60};
    const auto began = std::chrono::steady_clock::now();
    std::uint64_t last = 0;
    int seen = 0;
    while (seen < most && !HasFailure()) {
      const auto took = std::chrono::steady_clock::now() - began;
      if (took > kGiveUp || (seen >= kFew && took > kSome)) break;
      const auto number = read();
      if (number == 0) continue;
      EXPECT_GE(number, last) << "it went back";
      if (number != last) ++seen;
      last = number;
    }
    EXPECT_GE(seen, kFew) << "the writer hardly got on";
  }

  void* const memory_;
  Shared& shared_;
};

TEST_F(SeqlockTest, HasNothingUntilItIsWrittenAndOnceItIsCleared) {
  EXPECT_EQ(read(), 0U);
  write(7);
  EXPECT_EQ(read(), 7U);
  shared_.lock.clear();
  EXPECT_EQ(read(), 0U);
}

TEST_F(SeqlockTest, AnotherProcessSeesEachValueWholeOrNotAtAll) {
  const Writer writer([this] { write_for_ever(); });
  ASSERT_TRUE(writer.began());
  see_values(20'000);
}

TEST_F(SeqlockTest, AnotherThreadSeesEachValueWholeOrNotAtAll) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (std::uint64_t number = 1; !stop; ++number) write(number);
  });
  see_values(20'000);
  stop = true;
  writer.join();
}

TEST_F(SeqlockTest, OfAWriterThatIsKilledAValueIsSeenWholeOrNotAtAll) {
  for (int i = 0; i < 100 && !HasFailure(); ++i) {
    const auto before = shared_.written.load();
    {
      const Writer writer([this] { write_for_ever(); });
      ASSERT_TRUE(writer.began());
      while (shared_.written.load() < before + 5) std::this_thread::yield();
    }
    const auto seen = read();
    EXPECT_TRUE(seen == 0 || seen >= shared_.written.load());
    write(shared_.written.load() + 2);
    EXPECT_EQ(read(), shared_.written.load()) << "the next writer goes on";
  }
}

}  // namespace
}  // namespace sportapp
