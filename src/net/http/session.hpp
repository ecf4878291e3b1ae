// One connection: reads a request, has it answered, writes the answer, and so on. Loop thread only.
#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http/mailbox.hpp"
#include "net/http/request_parser.hpp"
#include "net/http/response_head.hpp"
#include "net/http/server.hpp"

namespace sportapp::http {

// TCP or a local socket: a session need not know.
using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;

class Session;

// What a session needs of its server, which outlives it as far as it can act.
struct SessionHost {
  SessionHost(Limits limits_given, const Router& router_given,
              std::function<void(const Served&)> on_served_given)
      : limits(limits_given), router(router_given), on_served(std::move(on_served_given)) {}
  virtual ~SessionHost() = default;
  virtual void closed(Session& session) = 0;

  const Limits limits;
  const Router& router;
  const std::function<void(const Served&)> on_served;
  std::shared_ptr<Mailbox> mailbox;
  bool stopping = false;
};

class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, SessionHost& host);

  void start();
  // In place of start(): answers 503 as soon as a request begins, and closes.
  void refuse_connection();
  // The server stops: closed if no request is under way, else after its answer.
  void drain();
  void close();

  [[nodiscard]] bool is_over_time(std::int64_t now_us) const { return now_us >= deadline_us_; }
  // Does what its state says about time that ran out.
  void time_out();
  [[nodiscard]] bool owes_an_answer() const;

  // From the exchange's Reply; an exchange that is over is not answered again.
  void answer(std::uint64_t exchange, Response response);
  void abandoned(std::uint64_t exchange);

 private:
  enum class State { kIdle, kReading, kHandling, kWriting, kLingering, kClosed };
  using error_code = boost::system::error_code;

  void read_more();
  void on_read(const error_code& error, std::size_t bytes);
  void parse();
  bool accept_header();
  void dispatch();
  void refuse(const Objection& objection);
  void write_answer(Response response);
  void write_out();
  void on_written();
  void next_piece();
  void finish_exchange();
  void next_request();
  void linger();
  void abort();
  void set_deadline(int delay_ms);
  template <class Step>
  void post(Step step);

  Socket socket_;
  SessionHost& host_;
  State state_ = State::kIdle;
  bool reading_ = false;  // a read is under way
  bool over_limit_ = false;
  bool header_accepted_ = false;
  bool in_handler_ = false;
  bool close_after_ = false;
  bool chunked_ = false;
  std::uint64_t exchange_ = 0;
  std::int64_t deadline_us_ = 0;
  std::int64_t started_us_ = 0;
  int status_ = 0;
  Request request_;
  std::optional<RequestParser> parser_;
  std::optional<Response> early_answer_;  // given while the handler still ran
  std::function<std::optional<std::string>()> next_chunk_;
  boost::beast::flat_buffer in_;
  std::string out_;
};

}  // namespace sportapp::http
