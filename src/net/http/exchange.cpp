#include "net/http/exchange.hpp"

#include <spdlog/spdlog.h>

#include "net/http/session.hpp"

namespace sportapp::http {

Exchange::Exchange(std::weak_ptr<Session> session, std::uint64_t number, std::shared_ptr<Mailbox> mailbox)
    : session_(std::move(session)), number_(number), mailbox_(std::move(mailbox)) {}

// Only the loop thread locks the session: its last owner must not be another thread.
Exchange::~Exchange() {
  if (sent_) return;
  const auto tell = [session = session_, number = number_] {
    if (const auto locked = session.lock()) locked->abandoned(number);
  };
  mailbox_->on_owner_thread() ? tell() : mailbox_->post(tell);
}

void Exchange::send(Response response) {
  if (!mailbox_->on_owner_thread()) {
    spdlog::error("defect: an answer with status {} was sent from a thread that is not the loop's; post it",
                  response.status);
    return mailbox_->post([session = session_, number = number_, late = std::move(response)] {
      if (const auto locked = session.lock()) locked->answer(number, late);
    });
  }
  if (sent_) return;
  sent_ = true;
  if (const auto session = session_.lock()) session->answer(number_, std::move(response));
}

}  // namespace sportapp::http
