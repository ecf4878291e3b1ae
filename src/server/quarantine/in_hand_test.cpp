#include "server/quarantine/in_hand.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/support/eventually.hpp"
#include "tests/support/other_process.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::quarantine {
namespace {

Fingerprint request(std::uint8_t number) {
  Fingerprint made{};
  made[0] = number;
  made[15] = 1;
  return made;
}

class InHandTest : public ::testing::Test {
 protected:
  std::unique_ptr<InHandFile> open() const {
    auto opened = InHandFile::open_own(file_);
    if (!opened) throw std::runtime_error(opened.error().what);
    return std::move(*opened);
  }
  // What `act` leaves in the file when its process is killed in the middle of it.
  template <class Act>
  void in_a_process_that_is_killed(Act act) const {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      act(*open());
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  static KnownRequest known(std::uint8_t number, Mark mark, std::int64_t since_ms) {
    return {
        .request = request(number), .mark = mark, .since_ms = since_ms, .key = "k" + std::to_string(number)};
  }

  sportapp::testing::TempFolder folder_;
  std::filesystem::path file_ = folder_.path() / "users-commands-a";
};

TEST_F(InHandTest, FingerprintsTellRequestsApart) {
  const auto one = fingerprint_of("POST", "/users", "{}");
  EXPECT_EQ(one, fingerprint_of("POST", "/users", "{}"));
  EXPECT_NE(one, fingerprint_of("PUT", "/users", "{}"));
  EXPECT_NE(one, fingerprint_of("POST", "/user", "s{}"));
  EXPECT_NE(one, Fingerprint{});
}

TEST_F(InHandTest, WhatAKilledProcessHadInHandIsSeenByOthersAndByItsSuccessor) {
  in_a_process_that_is_killed([](InHandFile& own) {
    own.begin(Executing::kReading, request(1), "k1");
    own.begin(Executing::kDeciding, request(2), "k2");
    own.begin(Executing::kDeciding, request(3), "k3");
  });
  const auto other = std::move(*InHandFile::open_other(file_));
  std::int64_t since_ms = -1;
  EXPECT_TRUE(other->stands(request(1), since_ms));
  EXPECT_FALSE(other->stands(request(2), since_ms)) << "the thread had gone on to the next";
  EXPECT_TRUE(other->stands(request(3), since_ms));
  EXPECT_GE(since_ms, 0);
  EXPECT_EQ(other->standing(Executing::kDeciding)->key, "k3");

  const auto successor = open();
  EXPECT_EQ(successor->known(request(1))->mark, Mark::kSuspect);
  EXPECT_EQ(successor->known(request(3))->key, "k3");
  EXPECT_FALSE(successor->known(request(2)));
  EXPECT_FALSE(other->stands(request(1), since_ms)) << "it is known now, and in hand no more";
  EXPECT_EQ(other->known(request(1))->mark, Mark::kSuspect);
}

TEST_F(InHandTest, OthersSeeWhetherItsProcessIsThere) {
  const auto lives = [this] {
    const auto other = InHandFile::open_other(file_);  // an error until the owner has given it its length
    return other && (*other)->owner_lives();
  };
  {
    const sportapp::testing::OtherProcess owner([this] {
      auto own = open();
      ::pause();
    });
    ASSERT_TRUE(sportapp::testing::eventually(lives));
  }
  EXPECT_FALSE(lives()) << "it was killed";
}

TEST_F(InHandTest, WhatWasDoneIsNoSuspect) {
  in_a_process_that_is_killed([](InHandFile& own) {
    own.begin(Executing::kReading, request(1), "k1");
    EXPECT_GE(own.longest_ms(), 0);
    own.end(Executing::kReading);
    own.end(Executing::kReading);
  });
  EXPECT_TRUE(open()->all_known().empty());
}

TEST_F(InHandTest, OneThatPassedItsTrialAndThenEndedTheProcessIsQuarantined) {
  in_a_process_that_is_killed([](InHandFile& own) {
    own.remember(known(1, Mark::kPassed, machine_ms()));
    own.begin(Executing::kDeciding, request(1), "k1");
  });
  EXPECT_EQ(open()->known(request(1))->mark, Mark::kQuarantined);
  EXPECT_EQ(open()->known(request(1))->mark, Mark::kQuarantined) << "and stays so";
}

TEST_F(InHandTest, OthersSeeNothingThatWasPutTogetherOfTwoRequests) {
  open();
  const sportapp::testing::OtherProcess owner([this] {
    const auto own = open();
    for (std::uint8_t number = 0;; ++number) {
      own->begin(Executing::kDeciding, request(number), std::string(100, static_cast<char>(number)));
      auto more = known(7, Mark::kSuspect, number);
      more.path = more.what = std::string(100, static_cast<char>(number));
      own->remember(more);
    }
  });
  const auto other = std::move(*InHandFile::open_other(file_));
  const auto end_ms = machine_ms() + 60'000;
  int standing = 0, known_ones = 0;
  for (std::int64_t last = -1; (standing < 10'000 || known_ones < 10'000) && machine_ms() < end_ms;) {
    if (const auto found = other->standing(Executing::kDeciding)) {
      ASSERT_EQ(found->key, std::string(100, static_cast<char>(found->request[0])));
      ++standing;
    }
    const auto seen = other->known(request(7));
    if (!seen) continue;
    const std::string all(100, static_cast<char>(seen->since_ms));
    ASSERT_EQ(seen->path, all);
    ASSERT_EQ(seen->what, all);
    known_ones += seen->since_ms == last ? 0 : 1;
    last = seen->since_ms;
  }
  EXPECT_GE(standing, 10'000);
  EXPECT_GE(known_ones, 10'000);
}

TEST_F(InHandTest, AFileThatIsNoneIsBegunAnew) {
  for (const auto& content : {std::string(), std::string("torn"), std::string(400'000, 'x')}) {
    std::ofstream(file_, std::ios::trunc) << content;
    const auto own = open();
    EXPECT_TRUE(own->all_known().empty());
    own->begin(Executing::kReading, request(1), "k1");
    std::int64_t since_ms = -1;
    EXPECT_TRUE((*InHandFile::open_other(file_))->stands(request(1), since_ms));
    std::filesystem::remove(file_);
  }
}

TEST_F(InHandTest, BytesThatMakeNoSenseBreakNothing) {
  open()->remember(known(1, Mark::kSuspect, 1));
  const auto size = std::filesystem::file_size(file_);
  std::fstream bytes(file_, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(24);
  bytes << std::string(size - 24, '\x7f');
  bytes.close();
  const auto own = open();
  EXPECT_LE(own->all_known().size(), InHandFile::kKnownMax);
  own->remember(known(2, Mark::kQuarantined, 5));
  EXPECT_EQ(own->known(request(2))->mark, Mark::kQuarantined);
}

TEST_F(InHandTest, AnotherProcessThatNeverWasIsAnError) {
  EXPECT_TRUE(InHandFile::open_other(file_).has_error());
  std::ofstream(file_) << "short";
  EXPECT_TRUE(InHandFile::open_other(file_).has_error());
}

TEST_F(InHandTest, AFullListLetsGoOfWhatMattersLeast) {
  const auto own = open();
  own->remember(known(1, Mark::kQuarantined, 1));
  own->remember(known(2, Mark::kCleared, 9));
  own->remember(known(3, Mark::kSuspect, 2));
  const auto fill = [&](std::size_t from) {
    std::optional<KnownRequest> gone;
    for (std::size_t i = from; i < InHandFile::kKnownMax; ++i) {
      auto more = known(200, Mark::kQuarantined, 100 + static_cast<std::int64_t>(i));
      more.request[1] = static_cast<std::uint8_t>(i);
      EXPECT_FALSE(own->remember(more));
    }
  };
  fill(3);
  EXPECT_EQ(own->all_known().size(), InHandFile::kKnownMax);
  EXPECT_FALSE(own->remember(known(4, Mark::kQuarantined, 400)));
  EXPECT_FALSE(own->known(request(2))) << "the one that was executed went";
  EXPECT_FALSE(own->remember(known(5, Mark::kQuarantined, 401)));
  EXPECT_FALSE(own->known(request(3))) << "then the suspect";
  EXPECT_EQ(own->remember(known(6, Mark::kQuarantined, 402))->key, "k1")
      << "then the oldest in quarantine, told";
  EXPECT_EQ(own->all_known().size(), InHandFile::kKnownMax);
  EXPECT_EQ(open()->all_known().size(), InHandFile::kKnownMax);
}

TEST_F(InHandTest, WhatTheMachinesClockOfBeforeARebootSaysIsForgottenButForTheQuarantine) {
  open()->remember(known(1, Mark::kSuspect, machine_ms() + 1'000'000));
  open()->remember(known(2, Mark::kQuarantined, machine_ms() + 1'000'000));
  const auto own = open();
  EXPECT_FALSE(own->known(request(1)));
  EXPECT_EQ(own->known(request(2))->since_ms, 0);
}

}  // namespace
}  // namespace sportapp::quarantine
