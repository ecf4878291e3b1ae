#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <list>
#include <memory>
#include <vector>

namespace sportapp::importing {

// Whether one of some files, which others own, can be read or has ended. While it lives a loop that runs is
// told.
class Readable {
 public:
  Readable(boost::asio::io_context& io, const std::vector<int>& fds) : any_(std::make_shared<bool>(false)) {
    for (const int fd : fds) {
      boost::system::error_code error;
      auto& watched = watched_.emplace_back(io);
      watched.assign(fd, error);
      if (error) {  // a regular file, which never waits
        *any_ = true;
        watched_.pop_back();
        continue;
      }
      watched.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [any = any_](const boost::system::error_code& failed) {
                           *any = *any || failed != boost::asio::error::operation_aborted;
                         });
    }
  }
  ~Readable() {
    for (auto& watched : watched_) watched.release();
  }
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;

  [[nodiscard]] bool any() const { return *any_; }

 private:
  std::list<boost::asio::posix::stream_descriptor> watched_;
  std::shared_ptr<bool> any_;
};

}  // namespace sportapp::importing
