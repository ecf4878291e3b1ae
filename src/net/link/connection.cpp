#include "net/link/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace sportapp::link {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kHandshakeInput = 256;
constexpr std::size_t kInput = 128 * 1024;
// A machine that is gone says nothing more: its connection ends after so long.
constexpr int kSilentMs = 3000;

std::string words_of(const boost::system::error_code& error) {
  return error == asio::error::eof ? "it closed the connection" : error.message();
}

// Small frames go at once. What the system does not know is no reason not to go on.
void set_options(Socket& socket) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  using Seconds = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using Every = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using Times = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  using UserTimeout = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;
  socket.set_option(Seconds(1), ignored);
  socket.set_option(Every(1), ignored);
  socket.set_option(Times(kSilentMs / 1000 - 1), ignored);
  socket.set_option(UserTimeout(kSilentMs), ignored);
}

}  // namespace

Connection::Connection(asio::io_context& io, Owner& owner, ConnectionId id, Channel channel)
    : io_(io),
      owner_(owner),
      id_(id),
      channel_(std::move(channel)),
      socket_(io),
      deadline_(io),
      input_(kHandshakeInput) {}

void Connection::connect(const TcpEndpoint& to, int handshake_ms) {
  wait_at_most(handshake_ms);
  socket_.async_connect(to, [self = shared_from_this()](const error_code& error) {
    if (!self->open_) return;
    if (error) return self->fail(words_of(error), error == asio::error::connection_refused);
    self->begin();
  });
}

void Connection::adopt(Socket socket, int handshake_ms) {
  socket_ = std::move(socket);
  wait_at_most(handshake_ms);
  begin();
}

void Connection::wait_at_most(int handshake_ms) {
  deadline_.expires_after(std::chrono::milliseconds(handshake_ms));
  deadline_.async_wait([self = shared_from_this(), handshake_ms](const error_code& error) {
    if (error || !self->open_ || self->is_up()) return;
    self->fail("no connection within " + std::to_string(handshake_ms) + " ms");
  });
}

void Connection::begin() {
  set_options(socket_);
  write(channel_.take_output());
  read_next();
}

void Connection::read_next() {
  socket_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            if (!self->open_) return;
                            if (error) return self->fail(words_of(error));
                            self->on_read(bytes);
                          });
}

void Connection::on_read(std::size_t bytes) {
  const bool was_up = is_up();
  auto frames = channel_.received({input_.data(), bytes});
  auto output = channel_.take_output();
  if (!frames) {
    error_code ignored;
    if (!output.empty()) socket_.write_some(asio::buffer(output), ignored);
    return fail(frames.error().what);
  }
  write(std::move(output));
  if (is_up() && !was_up) {
    deadline_.cancel();
    input_.resize(kInput);
    owner_.came_up(*this);
  }
  for (auto& frame : *frames) {
    if (!open_) return;
    owner_.received(*this, std::move(frame));
  }
  if (open_) read_next();
}

void Connection::send(const Frame& frame) {
  write(channel_.seal(frame));
}

void Connection::write(std::string bytes) {
  if (bytes.empty() || !open_) return;
  outstanding_ += bytes.size();
  waiting_.push_back(std::move(bytes));
  if (writing_.empty()) write_next();
}

void Connection::write_next() {
  writing_.swap(waiting_);
  std::vector<asio::const_buffer> buffers;
  buffers.reserve(writing_.size());
  for (const auto& bytes : writing_) buffers.emplace_back(asio::buffer(bytes));
  asio::async_write(socket_, buffers, [self = shared_from_this()](const error_code& error, std::size_t) {
    self->on_written(error);
  });
}

void Connection::on_written(const error_code& error) {
  if (!open_) return;
  if (error) return fail(words_of(error));
  for (const auto& bytes : writing_) outstanding_ -= bytes.size();
  writing_.clear();
  if (!waiting_.empty()) write_next();
}

void Connection::break_off(const std::string& why) {
  breaking_ = true;
  asio::post(io_, [self = shared_from_this(), why] {
    if (self->open_) self->fail(why);
  });
}

void Connection::fail(const std::string& why, bool refused) {
  const auto self = shared_from_this();  // the owner lets go of it
  close();
  owner_.ended(*this, why, refused);
}

void Connection::close() {
  open_ = false;
  error_code ignored;
  deadline_.cancel();
  socket_.close(ignored);
}

}  // namespace sportapp::link
