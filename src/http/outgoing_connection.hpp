// One connection of a forwarder: a request, its answer, the next request. Loop thread only.
#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/forwarder.hpp"
#include "http/session.hpp"

namespace sportapp::http {

class ForwardConnection;

// A request on its way: in the queue, then on one connection, until its outcome is told.
struct Forwarded {
  std::string bytes;
  Forwarder::Done done;
  Loop::TimerId timer = 0;
  std::weak_ptr<ForwardConnection> connection{};
};
using ForwardedPtr = std::shared_ptr<Forwarded>;

class ForwardConnection final : public std::enable_shared_from_this<ForwardConnection> {
 public:
  // Told what happens, never from within a call of the connection's.
  class Owner {
   public:
    virtual ~Owner() = default;
    // `reusable`: ready for the next request.
    virtual void answered(const std::shared_ptr<ForwardConnection>& connection, const ForwardedPtr& forwarded,
                          Response response, bool reusable) = 0;
    // It is closed. `forwarded` is empty if none was under way.
    virtual void broken(const std::shared_ptr<ForwardConnection>& connection, const ForwardedPtr& forwarded,
                        bool was_connected, const std::string& why) = 0;
  };

  ForwardConnection(boost::asio::io_context& io, Owner& owner);
  void open(const Upstream& upstream, ForwardedPtr first);
  void send(ForwardedPtr forwarded);
  // The owner hears nothing more of it.
  void close();

 private:
  using error_code = boost::system::error_code;
  using tcp = boost::asio::ip::tcp;
  using Resolver = boost::asio::ip::basic_resolver<tcp, boost::asio::io_context::executor_type>;

  void connect(const Socket::endpoint_type& endpoint);
  void resolve(const Upstream& upstream);
  void connected();
  void write();
  void read();
  void on_read(const error_code& error, std::size_t bytes);
  void parse();
  void finish();
  void fail(const std::string& why);
  void fail_soon(const std::string& why);

  Socket socket_;
  Resolver resolver_;
  Owner* owner_;  // null once closed
  bool connected_ = false;
  bool tcp_ = false;
  bool writing_ = false;
  ForwardedPtr forwarded_;
  boost::beast::flat_buffer in_;
  std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> parser_;
};

}  // namespace sportapp::http
