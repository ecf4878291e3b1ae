// One TCP connection and its channel. The endpoint's thread only.
#pragma once
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/link/channel.hpp"
#include "net/link/endpoint.hpp"

namespace sportapp::link {

using SteadyTimer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                                      boost::asio::io_context::executor_type>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using TcpEndpoint = boost::asio::ip::tcp::endpoint;

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void came_up(Connection& connection) = 0;
    virtual void received(Connection& connection, Frame frame) = 0;
    // Once, unless it was closed by close().
    virtual void ended(Connection& connection, const std::string& why, bool refused) = 0;
  };

  Connection(boost::asio::io_context& io, Owner& owner, ConnectionId id, Channel channel);

  // One of the two, once. It must be up `handshake_ms` later.
  void connect(const TcpEndpoint& to, int handshake_ms);
  void adopt(Socket socket, int handshake_ms);
  void send(const Frame& frame);
  void close();
  // Ends it as a failure, once this call has returned; it takes no frame any more.
  void break_off(const std::string& why);

  [[nodiscard]] ConnectionId id() const { return id_; }
  [[nodiscard]] bool is_up() const { return channel_.is_up(); }
  [[nodiscard]] bool takes_frames() const { return open_ && is_up() && !breaking_; }
  [[nodiscard]] const std::string& other() const { return channel_.other(); }
  [[nodiscard]] std::size_t outstanding_bytes() const { return outstanding_; }

 private:
  using error_code = boost::system::error_code;
  void begin();
  void wait_at_most(int handshake_ms);
  void read_next();
  void on_read(std::size_t bytes);
  void write(std::string bytes);
  void write_next();
  void on_written(const error_code& error);
  void fail(const std::string& why, bool refused = false);

  boost::asio::io_context& io_;
  Owner& owner_;
  const ConnectionId id_;
  Channel channel_;
  Socket socket_;
  SteadyTimer deadline_;
  bool open_ = true;
  bool breaking_ = false;
  std::vector<char> input_;
  std::vector<std::string> waiting_, writing_;
  std::size_t outstanding_ = 0;
};

}  // namespace sportapp::link
