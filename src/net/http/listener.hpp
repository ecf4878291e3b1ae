// Takes connections of one kind (TCP, or a local socket) and hands them on as sockets of one type. Loop
// thread only.
#pragma once
#include <spdlog/spdlog.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <functional>
#include <utility>

#include "net/http/session.hpp"

namespace sportapp::http {

template <class Protocol>
class Listener {
 public:
  using Accepted = boost::asio::basic_stream_socket<Protocol, boost::asio::io_context::executor_type>;
  using Acceptor = boost::asio::basic_socket_acceptor<Protocol, boost::asio::io_context::executor_type>;
  using error_code = boost::system::error_code;

  // `adopt` gets each connection; `later` calls back after some milliseconds.
  Listener(boost::asio::io_context& io, std::function<void(Socket)> adopt,
           std::function<void(int delay_ms, Loop::Task)> later)
      : io_(io), acceptor_(io), adopt_(std::move(adopt)), later_(std::move(later)) {}

  // Listens; accept_next() begins to take connections.
  [[nodiscard]] error_code open(const typename Protocol::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(boost::asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_.non_blocking(true, error);
    if (error) close();
    return error;
  }

  [[nodiscard]] typename Protocol::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  void accept_next() {
    acceptor_.async_accept(
        [this](const error_code& error, Accepted socket) { on_accept(error, std::move(socket)); });
  }

  // Connections that the system took for us already are adopted too; then no more are taken.
  void take_backlog() {
    error_code error;
    while (acceptor_.is_open()) {
      Accepted socket(io_);
      acceptor_.accept(socket, error);
      if (error) break;
      adopt_(Socket(std::move(socket)));
    }
    close();
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  static constexpr int kRetryMs = 100;

  void on_accept(const error_code& error, Accepted socket) {
    if (!acceptor_.is_open()) return;
    if (error) {
      // Out of files or memory: connections wait in the backlog until some are given back.
      if (!std::exchange(cannot_accept_, true)) {
        spdlog::error("cannot accept connections: {}; trying on every {} ms", error.message(), kRetryMs);
      }
      later_(kRetryMs, [this] {
        if (acceptor_.is_open()) accept_next();
      });
      return;
    }
    cannot_accept_ = false;
    adopt_(Socket(std::move(socket)));
    accept_next();
  }

  boost::asio::io_context& io_;
  Acceptor acceptor_;
  const std::function<void(Socket)> adopt_;
  const std::function<void(int, Loop::Task)> later_;
  bool cannot_accept_ = false;
};

}  // namespace sportapp::http
