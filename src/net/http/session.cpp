#include "net/http/session.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "net/http/exchange.hpp"
#include "net/http/loop_timers.hpp"
#include "net/http/problem.hpp"

namespace sportapp::http {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kFirstReadBytes = 2048;
constexpr std::size_t kBodyReadBytesMax = 32 * 1024;
constexpr std::size_t kBufferKeptMax = 16 * 1024;  // what an idle connection may keep
// How long bytes are still read and dropped after the last answer: closing with unread bytes would reset the
// connection and take the answer with it.
constexpr int kLingerMs = 2000;
constexpr int kRefusalMs = 1000;  // a connection over the limit that asks nothing is closed in silence
constexpr int kLingerWhileStoppingMs = 200;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Session::Session(Socket socket, SessionHost& host)
    : socket_(std::move(socket)), host_(host), in_(host.limits.header_bytes + kBodyReadBytesMax) {}

template <class Step>
void Session::post(Step step) {
  asio::post(socket_.get_executor(), [self = shared_from_this(), step] {
    if (self->state_ != State::kClosed) ((*self).*step)();
  });
}

void Session::set_deadline(int delay_ms) {
  deadline_us_ = monotonic_us() + std::int64_t{delay_ms} * 1000;
}

void Session::start() {
  set_deadline(host_.limits.idle_timeout_ms);
  read_more();
}

// Not before the request begins: NGINX, given an answer before it asked, takes the next server's for the rest
// of the same one.
void Session::refuse_connection() {
  over_limit_ = true;
  set_deadline(kRefusalMs);
  read_more();
}

void Session::read_more() {
  std::size_t wanted = kFirstReadBytes;
  if (parser_ && parser_->is_header_done() && parser_->content_length_remaining()) {
    wanted =
        std::clamp<std::size_t>(*parser_->content_length_remaining(), kFirstReadBytes, kBodyReadBytesMax);
  }
  const auto room = in_.max_size() - in_.size();
  if (room == 0) return refuse(objection_to(boost::beast::http::error::header_limit));
  reading_ = true;
  socket_.async_read_some(in_.prepare(std::min(wanted, room)),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->on_read(error, bytes);
                          });
}

void Session::on_read(const error_code& error, std::size_t bytes) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (error) return state_ == State::kWriting ? void() : close();
  if (state_ == State::kWriting) return;  // refused meanwhile: what came does not count
  if (state_ == State::kLingering) return read_more();
  if (over_limit_) {
    return refuse(
        {503, "Too many connections", "This server has all the connections it takes; try again soon."});
  }
  in_.commit(bytes);
  parse();
}

void Session::parse() {
  if (state_ == State::kIdle) {
    state_ = State::kReading;
    started_us_ = monotonic_us();
    deadline_us_ = started_us_ + std::int64_t{host_.limits.request_timeout_ms} * 1000;
  }
  while (in_.size() > 0) {
    if (!parser_) {
      // Some clients end a body with a line break too many (RFC 9112, 2.2).
      const std::string_view front(static_cast<const char*>(in_.data().data()),
                                   std::min<std::size_t>(in_.size(), 2));
      if (front == "\r\n") {
        in_.consume(2);
        continue;
      }
      if (front != "\r") parser_.emplace(request_, host_.limits);
    }
    if (!parser_) break;
    error_code error;
    const auto used = parser_->put(in_.data(), error);
    in_.consume(used);
    if (error == boost::beast::http::error::need_more) break;
    if (error) return refuse(objection_to(error));
    if (parser_->is_header_done() && !header_accepted_ && !accept_header()) return;
    if (parser_->is_done()) return dispatch();
  }
  if (!parser_ && in_.size() == 0) {
    state_ = State::kIdle;
    set_deadline(host_.limits.idle_timeout_ms);
  }
  read_more();
}

bool Session::accept_header() {
  header_accepted_ = true;
  if (const auto objection = parser_->objection()) {
    refuse(*objection);
    return false;
  }
  // Before a body is asked for or read; where there is none, the router refuses and the connection is kept.
  if (auto refused = parser_->is_done() ? std::nullopt : host_.router.refusal(request_)) {
    close_after_ = true;
    write_answer(std::move(*refused));
    return false;
  }
  if (!parser_->expects_continue() || parser_->is_done() || in_.size() > 0) return true;
  error_code error;
  // Everything before was taken by the kernel, so these few bytes fit; where they do not, the client is gone.
  if (socket_.write_some(asio::buffer(kContinue), error) != kContinue.size()) {
    close();
    return false;
  }
  return true;
}

void Session::dispatch() {
  state_ = State::kHandling;
  ++exchange_;
  set_deadline(host_.limits.answer_timeout_ms);
  close_after_ = !parser_->keep_alive();
  in_handler_ = true;
  {
    const Reply reply(std::make_shared<Exchange>(weak_from_this(), exchange_, host_.mailbox));
    try {
      host_.router.route(request_, reply);
    } catch (const std::exception& failure) {
      spdlog::error("defect: the handler of {} {} threw: {}", request_.method, request_.path, failure.what());
      reply(problem(500, "Internal error", "The request hit a defect of this server."));
    }
  }
  in_handler_ = false;
  if (!early_answer_) return;
  auto answer = std::move(*early_answer_);
  early_answer_.reset();
  write_answer(std::move(answer));
}

void Session::answer(std::uint64_t exchange, Response response) {
  if (state_ != State::kHandling || exchange != exchange_ || early_answer_) return;
  if (in_handler_) {
    early_answer_ = std::move(response);
  } else {
    write_answer(std::move(response));
  }
}

void Session::abandoned(std::uint64_t exchange) {
  if (state_ != State::kHandling || exchange != exchange_ || early_answer_) return;
  spdlog::error("defect: the handler of {} {} let go of its reply without an answer", request_.method,
                request_.path);
  answer(exchange, problem(500, "Internal error", "The request hit a defect of this server."));
}

void Session::refuse(const Objection& objection) {
  close_after_ = true;
  if (started_us_ == 0) started_us_ = monotonic_us();
  auto response = objection.status == 503 ? unavailable(objection.detail)
                                          : problem(objection.status, objection.title, objection.detail);
  write_answer(std::move(response));
}

void Session::write_answer(Response response) {
  if (!is_sendable(response)) {
    spdlog::error("defect: the answer to {} {} has a status or header that cannot be sent (status {})",
                  request_.method, request_.path, response.status);
    response = problem(500, "Internal error", "The request hit a defect of this server.");
  }
  const bool http11 = parser_ && parser_->is_http11();
  const bool body = has_body(response.status) && request_.method != "HEAD";
  auto framing = Framing::kLength;
  if (response.next_chunk) framing = http11 ? Framing::kChunked : Framing::kUntilClose;
  close_after_ = close_after_ || host_.stopping || framing == Framing::kUntilClose;
  auto persistence = close_after_ ? Persistence::kClose : Persistence::kDefault;
  if (!close_after_ && !http11) persistence = Persistence::kKeepAlive;

  status_ = response.status;
  chunked_ = framing == Framing::kChunked;
  out_.clear();
  append_head(out_, response, framing, persistence);
  if (body && !chunked_) out_.append(response.body);
  if (body && chunked_ && !response.body.empty()) append_chunk(out_, response.body);
  if (body) next_chunk_ = std::move(response.next_chunk);
  write_out();
}

void Session::write_out() {
  state_ = State::kWriting;
  set_deadline(host_.limits.answer_timeout_ms);
  error_code error;
  const auto sent = socket_.write_some(asio::buffer(out_), error);  // it seldom has to wait
  if (error && error != asio::error::would_block) return close();
  if (sent == out_.size()) return on_written();
  asio::async_write(socket_, asio::buffer(out_) + (error ? 0 : sent),
                    [self = shared_from_this()](const error_code& failure, std::size_t) {
                      if (self->state_ == State::kClosed) return;
                      failure ? self->close() : self->on_written();
                    });
}

void Session::on_written() {
  // Posted, so that one long answer leaves room for others between its pieces.
  next_chunk_ ? post(&Session::next_piece) : finish_exchange();
}

void Session::next_piece() {
  std::optional<std::string> piece;
  try {
    piece = next_chunk_();
  } catch (const std::exception& failure) {
    spdlog::error("the answer to {} {} is cut off: {}", request_.method, request_.path, failure.what());
    return abort();
  }
  if (piece && piece->empty()) return on_written();
  out_.clear();
  if (!piece) {
    next_chunk_ = nullptr;
    if (!chunked_) return finish_exchange();
    out_.append(kLastChunk);
  } else if (chunked_) {
    append_chunk(out_, *piece);
  } else {
    out_ = std::move(*piece);
  }
  write_out();
}

void Session::finish_exchange() {
  if (host_.on_served) host_.on_served({request_, status_, monotonic_us() - started_us_});
  close_after_ || host_.stopping ? linger() : next_request();
}

void Session::next_request() {
  parser_.reset();
  header_accepted_ = false;
  started_us_ = 0;
  request_.method.clear();
  request_.path.clear();
  request_.query.clear();
  request_.headers.clear();
  request_.captures.clear();
  request_.body.clear();
  if (request_.body.capacity() > kBufferKeptMax) request_.body.shrink_to_fit();
  if (out_.capacity() > kBufferKeptMax) {
    out_.clear();
    out_.shrink_to_fit();
  }
  if (in_.size() == 0 && in_.capacity() > kBufferKeptMax) in_.shrink_to_fit();
  state_ = State::kIdle;
  set_deadline(host_.limits.idle_timeout_ms);
  // The next pipelined request waits its turn behind other connections.
  in_.size() > 0 ? post(&Session::parse) : read_more();
}

void Session::linger() {
  state_ = State::kLingering;
  set_deadline(host_.stopping ? kLingerWhileStoppingMs : kLingerMs);
  in_.clear();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  if (!reading_) read_more();
}

void Session::drain() {
  if (state_ == State::kLingering) set_deadline(kLingerWhileStoppingMs);
  error_code ignored;
  const bool request_came = state_ != State::kIdle || in_.size() > 0 || socket_.available(ignored) > 0;
  if (!request_came) close();
}

bool Session::owes_an_answer() const {
  return state_ == State::kReading || state_ == State::kHandling || state_ == State::kWriting;
}

void Session::time_out() {
  switch (state_) {
    case State::kReading:
      return refuse(
          {408, "Request timeout", "The request did not arrive whole in the time this server waits."});
    case State::kHandling:
      return write_answer(unavailable("The answer took longer than this server lets a client wait."));
    case State::kWriting:
      return abort();
    case State::kIdle:
    case State::kLingering:
      return close();
    case State::kClosed:
      return;
  }
}

void Session::abort() {
  error_code ignored;
  // A reset: even an answer that ends with the connection is then seen to be cut.
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

void Session::close() {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();
  state_ = State::kClosed;
  error_code ignored;
  socket_.close(ignored);
  next_chunk_ = nullptr;
  host_.closed(*this);
}

}  // namespace sportapp::http
