#pragma once
#include <cstdint>
#include <memory>

#include "net/http/message.hpp"

namespace sportapp::http {

class Mailbox;
class Session;

// The one answer that a request is owed. It may be held, sent and let go after its session or its server are
// gone; nothing happens then.
class Exchange final : public Reply::Target {
 public:
  Exchange(std::weak_ptr<Session> session, std::uint64_t number, std::shared_ptr<Mailbox> mailbox);
  ~Exchange() override;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  void send(Response response) override;

 private:
  std::weak_ptr<Session> session_;
  std::uint64_t number_;
  std::shared_ptr<Mailbox> mailbox_;
  bool sent_ = false;
};

}  // namespace sportapp::http
