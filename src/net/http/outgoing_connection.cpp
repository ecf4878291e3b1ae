#include "net/http/outgoing_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "net/http/content.hpp"

namespace sportapp::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace {

constexpr std::size_t kReadBytes = 4096;
constexpr std::uint32_t kHeadBytesMax = 16 * 1024;
constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;  // a whole list, of a backend without pages
constexpr std::array<std::string_view, 6> kGivenBack{"Location",           "Sportapp-Position",
                                                     "Retry-After",        "Idempotency-Replayed",
                                                     "Preference-Applied", "Sportapp-Not-Primary"};

std::string text_of(beast::string_view text) {
  return {text.data(), text.size()};
}

Response response_of(beast::http::response<beast::http::string_body> message) {
  Response response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = text_of(message[beast::http::field::content_type]);
  for (const auto name : kGivenBack) {
    const auto found = message.find(beast::string_view(name.data(), name.size()));
    if (found != message.end()) response.headers.emplace_back(name, text_of(found->value()));
  }
  response.body = std::move(message.body());
  return response;
}

}  // namespace

OutgoingConnection::OutgoingConnection(asio::io_context& io, Owner& owner)
    : socket_(io), resolver_(io), owner_(&owner), in_(kHeadBytesMax + kBodyBytesMax) {}

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
  error_code error;
  const auto address = asio::ip::make_address(upstream.host, error);
  error ? resolve(upstream) : connect(tcp::endpoint(address, upstream.port));
}

void OutgoingConnection::resolve(const Upstream& upstream) {
  resolver_.async_resolve(upstream.host, std::to_string(upstream.port),
                          [self = shared_from_this()](const error_code& error, const auto& found) {
                            if (self->owner_ == nullptr) return;
                            if (error) return self->fail(error.message());
                            self->connect(found.begin()->endpoint());
                          });
}

void OutgoingConnection::connect(const Socket::endpoint_type& endpoint) {
  socket_.async_connect(endpoint, [self = shared_from_this()](const error_code& error) {
    if (self->owner_ == nullptr) return;
    if (error) return self->fail(error.message());
    self->connected();
  });
}

void OutgoingConnection::connected() {
  connected_ = true;
  error_code error;
  if (tcp_) socket_.set_option(tcp::no_delay(true), error);
  if (!error) socket_.non_blocking(true, error);
  if (error) return fail(error.message());
  read();
  write();
}

void OutgoingConnection::send(OutgoingPtr outgoing) {
  outgoing_ = std::move(outgoing);
  outgoing_->connection = weak_from_this();
  write();
}

void OutgoingConnection::write() {
  error_code error;
  const auto& bytes = outgoing_->bytes;
  const auto sent = socket_.write_some(asio::buffer(bytes), error);  // it seldom has to wait
  if (error && error != asio::error::would_block) return fail_soon(error.message());
  if (sent == bytes.size()) return;
  writing_ = true;
  asio::async_write(socket_, asio::buffer(bytes) + (error ? 0 : sent),
                    [self = shared_from_this(), kept = outgoing_](const error_code& failure, std::size_t) {
                      self->writing_ = false;
                      if (failure && self->owner_ != nullptr) self->fail(failure.message());
                    });
}

// There is always one under way: where no request is, it tells that the other side has closed.
void OutgoingConnection::read() {
  socket_.async_read_some(in_.prepare(kReadBytes),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->on_read(error, bytes);
                          });
}

void OutgoingConnection::on_read(const error_code& error, std::size_t bytes) {
  if (owner_ == nullptr) return;
  if (error) return fail(error.message());
  if (!outgoing_) return fail(Breakage::kNotHttp, "an answer came to no request");
  in_.commit(bytes);
  parse();
}

void OutgoingConnection::parse() {
  if (!parser_) {
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(kHeadBytesMax);
    parser_->body_limit(kBodyBytesMax);
  }
  error_code error;
  while (in_.size() > 0 && !parser_->is_done() && !error) {
    in_.consume(parser_->put(in_.data(), error));
  }
  if (error && error != beast::http::error::need_more) return fail(Breakage::kNotHttp, error.message());
  parser_->is_done() ? finish() : read();
}

void OutgoingConnection::finish() {
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
