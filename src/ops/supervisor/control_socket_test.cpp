#include "ops/supervisor/control_socket.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "base/control_client.hpp"
#include "base/local_address.hpp"
#include "tests/support/hand_clock.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::supervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ControlSocketTest : public ::testing::Test {
 protected:
  void SetUp() override { open(folder_.path() / "control.sock"); }
  void TearDown() override {
    for (const int fd : raw_) ::close(fd);
  }
  void open(const std::filesystem::path& file) {
    file_ = file;
    auto opened = ControlSocket::open(file, clock_, [this](const ControlRequest& request) {
      asked_.push_back(request.what + " " + request.name + " " + request.by + std::to_string(request.pid));
      return refusal_.empty() ? Result<void>() : Result<void>(Error{Retry::kNever, refusal_});
    });
    ASSERT_TRUE(opened) << opened.error().what;
    socket_ = std::move(*opened);
  }
  // What a client is told, while the socket is served.
  template <class Ask>
  Result<void> told(const Ask& ask) {
    Result<void> answer;
    std::atomic<bool> done = false;
    std::thread client([&] {
      answer = ask(ControlClient(file_));
      done = true;
    });
    while (!done) {
      auto waited = socket_->waited_for();
      ::poll(waited.data(), waited.size(), 5);
      socket_->serve();
    }
    client.join();
    return answer;
  }
  int connect() {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const auto address = LocalAddress::of(file_).value();
    EXPECT_EQ(::connect(fd, address.get(), LocalAddress::size()), 0);
    raw_.push_back(fd);
    return fd;
  }
  static void send(int fd, const std::string& text) {
    EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // What came, or "open" while nothing did, or "closed".
  static std::string state_of(int fd) {
    std::array<char, 512> text{};
    const auto got = ::recv(fd, text.data(), text.size(), 0);
    if (got < 0) return errno == EAGAIN ? "open" : "closed";
    return got == 0 ? "closed" : std::string(text.data(), static_cast<std::size_t>(got));
  }

  sportapp::testing::TempFolder folder_;
  std::filesystem::path file_;
  sportapp::testing::HandClock clock_;
  std::vector<std::string> asked_;
  std::string refusal_;
  std::vector<int> raw_;
  std::unique_ptr<ControlSocket> socket_;
};

}  // namespace

TEST_F(ControlSocketTest, WhatIsAskedIsDone) {
  EXPECT_TRUE(told([](const auto& client) { return client.kill("users-commands-a", 12, "hangs"); }));
  EXPECT_TRUE(told([](const auto& client) { return client.stop("redis", "operator"); }));
  EXPECT_TRUE(told([](const auto& client) { return client.start("redis"); }));
  EXPECT_TRUE(told([](const auto& client) { return client.restart("monitor"); }));
  EXPECT_THAT(asked_, ElementsAre("kill users-commands-a 12", "stop redis operator0", "start redis 0",
                                  "restart monitor 0"));
}

TEST_F(ControlSocketTest, ARefusalReachesTheAsker) {
  refusal_ = "unknown process 'x'";
  EXPECT_EQ(told([](const auto& client) { return client.start("x"); }).error().what, refusal_);
}

TEST_F(ControlSocketTest, OnlyItsOwnerMayConnect) {
  struct stat seen {};
  ASSERT_EQ(::stat(file_.c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777, 0600U);
}

TEST_F(ControlSocketTest, ALongPathIsNoHindrance) {
  const auto deep = folder_.path() / std::string(100, 'x') / std::string(100, 'y');
  std::filesystem::create_directories(deep);
  open(deep / "control.sock");
  EXPECT_TRUE(told([](const auto& client) { return client.start("redis"); }));
}

TEST_F(ControlSocketTest, WhoSendsNothingIsDroppedAndHindersNobody) {
  const int silent = connect();
  const int slow = connect();
  send(slow, R"({"do":"start",)");
  socket_->serve();
  EXPECT_TRUE(told([](const auto& client) { return client.restart("monitor"); }));
  EXPECT_EQ(state_of(silent), "open");
  clock_.now_ms += ControlSocket::kDeadlineMs;
  socket_->serve();
  EXPECT_EQ(state_of(silent), "closed");
  EXPECT_EQ(state_of(slow), "closed");
  EXPECT_THAT(asked_, ElementsAre("restart monitor 0"));
}

TEST_F(ControlSocketTest, ALineInPiecesIsOneLine) {
  const int fd = connect();
  send(fd, R"({"do":"sta)");
  socket_->serve();
  send(fd, "rt\",\"name\":\"redis\"}\n");
  socket_->serve();
  EXPECT_EQ(state_of(fd), "{\"ok\":true}\n");
}

TEST_F(ControlSocketTest, NonsenseIsAnsweredAndNotDone) {
  for (const auto& line :
       {std::string("nonsense"), std::string("[]"), std::string(R"({"do":"start"})"),
        std::string(R"({"do":"start","name":1})"), std::string(R"({"do":"stop","name":"redis"})"),
        std::string(R"({"do":"kill","name":"redis","pid":"x"})"), std::string(),
        std::string(2 * ControlSocket::kLineMax, ' ')}) {
    const int fd = connect();
    send(fd, line + "\n");
    socket_->serve();
    EXPECT_THAT(state_of(fd), HasSubstr(R"({"ok":false,"error":)")) << line;
  }
  EXPECT_THAT(asked_, ElementsAre());
}

TEST_F(ControlSocketTest, MoreClientsThanItTakesWaitForTheirTurn) {
  std::vector<int> fds;
  for (std::size_t i = 0; i < ControlSocket::kClientsMax + 1; ++i) fds.push_back(connect());
  send(fds.back(), "{\"do\":\"start\",\"name\":\"redis\"}\n");
  socket_->serve();
  EXPECT_EQ(socket_->waited_for().size(), ControlSocket::kClientsMax);
  EXPECT_EQ(state_of(fds.back()), "open");
  clock_.now_ms += ControlSocket::kDeadlineMs;
  socket_->serve();
  socket_->serve();
  EXPECT_EQ(state_of(fds.back()), "{\"ok\":true}\n");
}

TEST(ControlClient, NobodyThereIsAnErrorThatNamesTheSocket) {
  const sportapp::testing::TempFolder folder;
  const auto file = folder.path() / "control.sock";
  EXPECT_THAT(ControlClient(file).start("redis").error().what, HasSubstr(file.string()));
}

}  // namespace sportapp::supervisor
