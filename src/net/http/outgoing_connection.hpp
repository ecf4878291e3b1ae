// One connection to another server: a request, its answer, the next request. Every client of this program is
// made of it. Loop thread only.
#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/http/message.hpp"
#include "net/http/session.hpp"
#include "net/http/upstream.hpp"

namespace sportapp::http {

class OutgoingConnection;

// What an answer may be; another one breaks the connection.
struct Acceptable {
  std::uint32_t head_bytes = 16 * 1024;
  std::size_t body_bytes = 16 * 1024 * 1024;  // a whole list, of a backend without pages
  bool ends_by_closing = false;               // without a length: whether it is whole nobody can tell
};

// A request, as it goes out, and what its sender needs to know of it.
struct Outgoing {
  explicit Outgoing(std::string bytes_given) : bytes(std::move(bytes_given)) {}
  virtual ~Outgoing() = default;
  std::string bytes;
  std::weak_ptr<OutgoingConnection> connection;  // that it was given to
};
using OutgoingPtr = std::shared_ptr<Outgoing>;

enum class Breakage : std::uint8_t {
  kNoConnection,  // nothing was sent; without TLS to whom it should be, too
  kCut,
  kNotHttp,
};

class OutgoingConnection final : public std::enable_shared_from_this<OutgoingConnection> {
 public:
  // Told what happens, never from within a call of the connection's.
  class Owner {
   public:
    virtual ~Owner() = default;
    // `reusable`: ready for the next request. The names of headers are as they came.
    virtual void answered(const std::shared_ptr<OutgoingConnection>& connection, const OutgoingPtr& outgoing,
                          Response response, bool reusable) = 0;
    // It is closed. `outgoing` is empty if none was under way.
    virtual void broken(const std::shared_ptr<OutgoingConnection>& connection, const OutgoingPtr& outgoing,
                        Breakage breakage, const std::string& why) = 0;
  };

  OutgoingConnection(boost::asio::io_context& io, Owner& owner, const Acceptable& acceptable = {});
  ~OutgoingConnection();
  void open(const Upstream& upstream, OutgoingPtr first);
  void send(OutgoingPtr outgoing);
  // The owner hears nothing more of it.
  void close();

 private:
  struct Tls;
  using error_code = boost::system::error_code;
  using tcp = boost::asio::ip::tcp;
  using Resolver = boost::asio::ip::basic_resolver<tcp, boost::asio::io_context::executor_type>;

  void connect(const Socket::endpoint_type& endpoint);
  void connect_to_next();
  void shake_hands();
  void resolve(const Upstream& upstream);
  void connected();
  void write();
  void read();
  void on_read(const error_code& error, std::size_t bytes);
  void ended();
  void parse();
  void finish();
  void fail(Breakage breakage, const std::string& why);
  void fail(const std::string& why) { fail(connected_ ? Breakage::kCut : Breakage::kNoConnection, why); }
  void fail_soon(const std::string& why);

  Socket socket_;
  Resolver resolver_;
  Owner* owner_;  // null once closed
  const Acceptable acceptable_;
  std::unique_ptr<Tls> tls_;
  std::string host_;                             // of TLS
  std::deque<Socket::endpoint_type> addresses_;  // not tried yet
  bool connected_ = false;
  bool tcp_ = false;
  bool writing_ = false;
  OutgoingPtr outgoing_;
  boost::beast::flat_buffer in_;
  std::optional<boost::beast::http::response_parser<boost::beast::http::string_body>> parser_;
};

}  // namespace sportapp::http
