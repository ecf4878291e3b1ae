#include "net/http/outgoing_connection.hpp"

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace sportapp::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace {

constexpr std::size_t kReadBytes = 4096;

std::string text_of(beast::string_view text) {
  return {text.data(), text.size()};
}

Response response_of(beast::http::response<beast::http::string_body> message) {
  Response response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    if (field.name() == beast::http::field::content_type) {
      response.content_type = text_of(field.value());
    } else {
      response.headers.emplace_back(text_of(field.name_string()), text_of(field.value()));
    }
  }
  response.body = std::move(message.body());
  return response;
}

asio::ssl::context& tls_of_the_system() {
  static asio::ssl::context context = [] {
    asio::ssl::context made(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(made.native_handle(), TLS1_2_VERSION);
    made.set_default_verify_paths();
    made.set_verify_mode(asio::ssl::verify_peer);
    return made;
  }();
  return context;
}

}  // namespace

struct OutgoingConnection::Tls {
  explicit Tls(Socket& below) : stream(below, tls_of_the_system()) {}
  asio::ssl::stream<Socket&> stream;
};

OutgoingConnection::OutgoingConnection(asio::io_context& io, Owner& owner, const Acceptable& acceptable)
    : socket_(io),
      resolver_(io),
      owner_(&owner),
      acceptable_(acceptable),
      in_(acceptable.head_bytes + acceptable.body_bytes) {}

OutgoingConnection::~OutgoingConnection() = default;

void OutgoingConnection::open(const Upstream& upstream, OutgoingPtr first) {
  outgoing_ = std::move(first);
  outgoing_->connection = weak_from_this();
  if (!upstream.local_socket.empty()) {
    try {
      return connect(asio::local::stream_protocol::endpoint(upstream.local_socket.string()));
    } catch (const boost::system::system_error& too_long) {
      return fail_soon(too_long.what());
    }
  }
  tcp_ = true;
  if (upstream.tls) host_ = upstream.host;
  error_code error;
  const auto address = asio::ip::make_address(upstream.host, error);
  error ? resolve(upstream) : connect(tcp::endpoint(address, upstream.port));
}

void OutgoingConnection::resolve(const Upstream& upstream) {
  resolver_.async_resolve(upstream.host, std::to_string(upstream.port),
                          [self = shared_from_this()](const error_code& error, const auto& found) {
                            if (self->owner_ == nullptr) return;
                            if (error) return self->fail(error.message());
                            for (const auto& one : found) self->addresses_.push_back(one.endpoint());
                            self->connect_to_next();
                          });
}

// A name may have an address at which nobody listens.
void OutgoingConnection::connect_to_next() {
  const auto endpoint = addresses_.front();
  addresses_.pop_front();
  connect(endpoint);
}

void OutgoingConnection::connect(const Socket::endpoint_type& endpoint) {
  socket_.async_connect(endpoint, [self = shared_from_this()](const error_code& error) {
    if (self->owner_ == nullptr) return;
    if (!error) return self->connected();
    if (self->addresses_.empty()) return self->fail(error.message());
    error_code ignored;
    self->socket_.close(ignored);
    self->connect_to_next();
  });
}

void OutgoingConnection::connected() {
  error_code error;
  if (tcp_) socket_.set_option(tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  if (error) return fail(error.message());
  if (!host_.empty()) return shake_hands();
  connected_ = true;
  read();
  write();
}

void OutgoingConnection::shake_hands() {
  tls_ = std::make_unique<Tls>(socket_);
  auto& stream = tls_->stream;
  if (SSL_set_tlsext_host_name(stream.native_handle(), host_.c_str()) != 1) {
    return fail(host_ + " is not a name that TLS can ask for");
  }
  stream.set_verify_callback(asio::ssl::host_name_verification(host_));
  stream.async_handshake(asio::ssl::stream_base::client,
                         [self = shared_from_this()](const error_code& error) {
                           if (self->owner_ == nullptr) return;
                           if (error)
                             return self->fail("no TLS with " + self->host_ + ": " + error.message());
                           self->connected_ = true;
                           self->read();
                           self->write();
                         });
}

void OutgoingConnection::send(OutgoingPtr outgoing) {
  outgoing_ = std::move(outgoing);
  outgoing_->connection = weak_from_this();
  write();
}

void OutgoingConnection::write() {
  const auto& bytes = outgoing_->bytes;
  auto written = [self = shared_from_this(), kept = outgoing_](const error_code& failure, std::size_t) {
    self->writing_ = false;
    if (failure && self->owner_ != nullptr) self->fail(failure.message());
  };
  if (tls_) {
    writing_ = true;
    return asio::async_write(tls_->stream, asio::buffer(bytes), std::move(written));
  }
  error_code error;
  const auto sent = socket_.write_some(asio::buffer(bytes), error);  // it seldom has to wait
  if (error && error != asio::error::would_block) return fail_soon(error.message());
  if (sent == bytes.size()) return;
  writing_ = true;
  asio::async_write(socket_, asio::buffer(bytes) + (error ? 0 : sent), std::move(written));
}

// There is always one under way: where no request is, it tells that the other side has closed.
void OutgoingConnection::read() {
  auto on_some = [self = shared_from_this()](const error_code& error, std::size_t bytes) {
    self->on_read(error, bytes);
  };
  if (tls_) {
    tls_->stream.async_read_some(in_.prepare(kReadBytes), std::move(on_some));
  } else {
    socket_.async_read_some(in_.prepare(kReadBytes), std::move(on_some));
  }
}

void OutgoingConnection::on_read(const error_code& error, std::size_t bytes) {
  if (owner_ == nullptr) return;
  if (error == asio::error::eof) return ended();
  if (error) return fail(error.message());
  if (!outgoing_) return fail(Breakage::kNotHttp, "an answer came to no request");
  in_.commit(bytes);
  parse();
}

// The other side has closed; an answer without a length ends so.
void OutgoingConnection::ended() {
  error_code error = asio::error::eof;
  if (acceptable_.ends_by_closing && outgoing_ && parser_ && parser_->is_header_done() && parser_->need_eof())
    parser_->put_eof(error);
  if (error || !parser_->is_done()) return fail(error_code(asio::error::eof).message());
  finish();
}

void OutgoingConnection::parse() {
  if (!parser_) {
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(acceptable_.head_bytes);
    parser_->body_limit(acceptable_.body_bytes);
  }
  error_code error;
  while (in_.size() > 0 && !parser_->is_done() && !error) {
    in_.consume(parser_->put(in_.data(), error));
  }
  if (error && error != beast::http::error::need_more) return fail(Breakage::kNotHttp, error.message());
  parser_->is_done() ? finish() : read();
}

void OutgoingConnection::finish() {
  if (parser_->get().result_int() / 100 == 1) {  // an interim answer before
    parser_.reset();
    return in_.size() > 0 ? parse() : read();
  }
  const bool reusable = parser_->get().keep_alive() && in_.size() == 0 && !writing_;
  auto response = response_of(parser_->release());
  parser_.reset();
  const auto self = shared_from_this();
  auto* const owner = owner_;
  const auto outgoing = std::move(outgoing_);
  reusable ? read() : close();
  owner->answered(self, outgoing, std::move(response), reusable);
}

void OutgoingConnection::fail(Breakage breakage, const std::string& why) {
  const auto self = shared_from_this();
  auto* const owner = owner_;
  const auto outgoing = std::move(outgoing_);
  close();
  owner->broken(self, outgoing, breakage, why);
}

void OutgoingConnection::fail_soon(const std::string& why) {
  asio::post(socket_.get_executor(), [self = shared_from_this(), why] {
    if (self->owner_ != nullptr) self->fail(why);
  });
}

void OutgoingConnection::close() {
  owner_ = nullptr;
  outgoing_.reset();
  resolver_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace sportapp::http
