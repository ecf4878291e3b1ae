#include "server/monitor/hung_processes.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string_view>

#include "base/files.hpp"
#include "base/local_address.hpp"
#include "base/process/testing.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::monitor {
namespace {

constexpr int kSurelyMs = 20'000;  // what must come has come by then, on any machine
constexpr const char* kNode = "users-commands-a";

// Stands for the supervisor: gives each request the same answer, and ends nobody.
class AnsweringSocket {
 public:
  explicit AnsweringSocket(const std::filesystem::path& file) {
    const auto address = LocalAddress::of(file).value();
    EXPECT_EQ(::bind(fd_, address.get(), LocalAddress::size()), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
  }
  ~AnsweringSocket() { ::close(fd_); }
  AnsweringSocket(const AnsweringSocket&) = delete;
  AnsweringSocket& operator=(const AnsweringSocket&) = delete;

  // The next request, which is given this answer.
  std::string answer(std::string_view line) const {
    pollfd waiting{fd_, POLLIN, 0};
    EXPECT_EQ(::poll(&waiting, 1, kSurelyMs), 1) << "nobody asks";
    const int client = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    std::string asked(1024, '\0');
    const auto size = ::recv(client, asked.data(), asked.size(), 0);
    asked.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    EXPECT_EQ(::send(client, line.data(), line.size(), MSG_NOSIGNAL), static_cast<ssize_t>(line.size()));
    ::close(client);
    return asked;
  }

 private:
  int fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

class HungProcessesTest : public ::testing::Test {
 protected:
  HungProcessesTest() { start(); }

  // Another child runs under the node's name.
  void start() {
    const auto& folder = folder_.path();
    child_.emplace();
    pid_ = child_->start({"/bin/sleep", "60"}, folder, folder / "log").pid;
    const auto instance = fmt::format(R"({{"processes":[{{"name":"{}","pid":{}}}]}})", kNode, pid_);
    ASSERT_TRUE(write_file(folder / "instance.json", instance));
  }
  void kill(std::string_view answer = "{\"ok\":true}\n") {
    hung_.kill(kNode, "silent");
    EXPECT_NE(supervisor_.answer(answer).find(std::to_string(pid_)), std::string::npos);
    // What comes of a kill is noted before the next is begun.
    hung_.kill(kNode, "silent");
    (void)supervisor_.answer("{\"ok\":false,\"error\":\"again\"}\n");
  }

  sportapp::testing::TempFolder folder_;
  AnsweringSocket supervisor_{folder_.path() / "control.sock"};
  HungProcesses hung_{folder_.path() / "control.sock"};
  std::optional<process::testing::TestChild> child_;
  pid_t pid_ = 0;
};

}  // namespace

TEST_F(HungProcessesTest, PatienceDoublesWithEachProcessThatWasEndedForItsSilence) {
  EXPECT_EQ(hung_.patience(kNode), 1);
  kill();
  EXPECT_EQ(hung_.patience(kNode), 2);
  EXPECT_EQ(hung_.patience("users-commands-b"), 1);
  start();
  kill();
  EXPECT_EQ(hung_.patience(kNode), 4);
}

TEST_F(HungProcessesTest, OfOneProcessOneEndCounts) {
  for (int times = 0; times < 5; ++times) kill();
  EXPECT_EQ(hung_.patience(kNode), 2);
}

TEST_F(HungProcessesTest, AnEndThatWasRefusedDoesNotCount) {
  kill("{\"ok\":false,\"error\":\"no such process\"}\n");
  EXPECT_EQ(hung_.patience(kNode), 1);
}

TEST_F(HungProcessesTest, WhatIsHaltedTellsNothingOfTheMachine) {
  ::kill(pid_, SIGSTOP);
  for (int ms = 0; !hung_.is_halted(kNode) && ms < kSurelyMs; ++ms) ::usleep(1000);
  ASSERT_TRUE(hung_.is_halted(kNode));
  kill();
  EXPECT_EQ(hung_.patience(kNode), 1);
}

}  // namespace sportapp::monitor
