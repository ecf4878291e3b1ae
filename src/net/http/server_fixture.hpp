// For tests: a server on a free loopback port with its loop on a thread, and a client that sends any bytes.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/http/content.hpp"
#include "net/http/problem.hpp"
#include "net/http/server.hpp"

namespace sportapp::http {

inline Response text(std::string body) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

struct RunningServer {
  explicit RunningServer(Limits given = {}) : limits(given) {
    router.add("GET", "/hello", Audience::kPublic,
               [](const Request&, const Reply& reply) { reply(text("hello")); });
    router.add("POST", "/echo", Audience::kPublic,
               [](const Request& request, const Reply& reply) { reply(text(request.body)); });
  }
  ~RunningServer() { stop(0); }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  void start() {
    server.emplace(limits, router, [this](const Served& served) {
      const std::lock_guard lock(mutex);
      statuses.push_back(served.status);
    });
    port = server->listen("127.0.0.1", 0).value();
    thread = std::thread([this] { server->run(); });
  }
  void stop(int drain_ms) {
    if (!thread.joinable()) return;
    server->post([this, drain_ms] { server->stop(drain_ms); });
    thread.join();
  }
  // What `ask` gives on the loop thread.
  template <class Ask>
  auto on_loop(Ask ask) {
    std::promise<decltype(ask())> answer;
    server->post([&] { answer.set_value(ask()); });
    return answer.get_future().get();
  }
  std::vector<int> served() {
    const std::lock_guard lock(mutex);
    return statuses;
  }

  Limits limits;
  Router router;
  std::optional<Server> server;
  std::uint16_t port = 0;
  std::thread thread;
  std::mutex mutex;
  std::vector<int> statuses;
};

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] bool says(std::string_view line) const { return head.find(line) != std::string::npos; }
};

class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port, int receive_buffer_bytes = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (receive_buffer_bytes > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawConnection() { close(); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the other side hung up: what it said is still to be read
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  // One answer framed by its length or by chunks (left as they came, with their sizes).
  Answer receive(bool head_only = false) {
    Answer answer;
    answer.head = take(until("\r\n\r\n"));
    if (answer.head.size() < 12) return answer;
    answer.status = std::stoi(answer.head.substr(9, 3));
    if (head_only) return answer;
    const auto length = answer.head.find("Content-Length: ");
    if (length != std::string::npos) {
      answer.body = take(std::stoul(answer.head.substr(length + 16)));
    } else if (answer.says("Transfer-Encoding: chunked")) {
      answer.body = take(until("0\r\n\r\n"));
    }
    return answer;
  }
  // Everything until the other side closes; `cut` says that it did so by a reset.
  std::string receive_all(bool* cut = nullptr) {
    while (more()) continue;
    if (cut != nullptr) *cut = error_ == ECONNRESET;
    return std::exchange(pending_, {});
  }
  // Whether the server has closed, with nothing more said.
  bool is_closed() { return receive_all().empty() && error_ != EAGAIN; }

 private:
  bool more() {
    char bytes[16 * 1024];
    const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
    error_ = got < 0 ? errno : 0;
    if (got <= 0) return false;
    pending_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  std::size_t until(std::string_view mark) {
    for (;;) {
      const auto found = pending_.find(mark);
      if (found != std::string::npos) return found + mark.size();
      if (!more()) return pending_.size();
    }
  }
  std::string take(std::size_t bytes) {
    while (pending_.size() < bytes && more()) continue;
    auto taken = pending_.substr(0, bytes);
    pending_.erase(0, taken.size());
    return taken;
  }

  int socket_ = -1;
  int error_ = 0;
  std::string pending_;
};

inline constexpr const char* kGetHello = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n";

}  // namespace sportapp::http
