#include "base/process/signals.hpp"

#include <gmock/gmock.h>
#include <signal.h>

namespace sportapp::process {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Signals, ComeWhenTheyAreWaitedFor) {
  Signals signals;
  ::raise(SIGHUP);
  EXPECT_THAT(signals.wait(10'000), ElementsAre(SIGHUP));
  ::raise(SIGTERM);
  EXPECT_THAT(signals.wait(10'000), ElementsAre(SIGTERM));
  EXPECT_THAT(signals.wait(0), IsEmpty());
}

TEST(Signals, AHangupThatNohupIgnoresStaysIgnored) {
  ::signal(SIGHUP, SIG_IGN);
  Signals signals;
  ::raise(SIGHUP);
  EXPECT_THAT(signals.wait(0), IsEmpty());
  ::signal(SIGHUP, SIG_DFL);
}

}  // namespace sportapp::process
