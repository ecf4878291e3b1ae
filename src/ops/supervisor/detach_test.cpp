#include "ops/supervisor/detach.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>

#include "tests/support/temp_folder.hpp"

namespace sportapp::supervisor {

// The child of fork() never returns into the test: it ends itself.
TEST(Detach, TheCallerGetsTheChildsWordWhileTheChildGoesOn) {
  const sportapp::testing::TempFolder folder;
  std::array<int, 2> alive{};
  ASSERT_EQ(::pipe(alive.data()), 0);
  Detach detach;
  const auto status = detach.fork();
  if (!status) {
    detach.let_go(7, folder.path() / "stderr.log");
    ::usleep(200'000);
    ::_exit(0);
  }
  EXPECT_EQ(*status, 7);
  // The child closed what it inherited: with our own end closed, nobody holds the pipe.
  ::close(alive[1]);
  pollfd waiting{alive[0], POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 1);
  EXPECT_TRUE(waiting.revents & POLLHUP);
  ::close(alive[0]);
}

TEST(Detach, AChildThatEndsWithoutAWordGivesItsOwnStatus) {
  Detach detach;
  const auto status = detach.fork();
  if (!status) ::_exit(3);
  EXPECT_EQ(*status, 3);
}

}  // namespace sportapp::supervisor
