// Connections that carry frames between the nodes of a service and the monitor, as those see them who use
// them.
#pragma once
#include <cstdint>
#include <string>

#include "base/loop.hpp"
#include "base/strong.hpp"
#include "net/link/frame.hpp"

namespace sportapp::link {

// Of one connection of one endpoint; none is used twice.
using ConnectionId = StrongNumber<struct ConnectionIdTag>;

// On sockets: Endpoint. The simulator has others. On the loop's thread, or before it runs.
class Links : public Loop {
 public:
  // Keeps a connection to `name`: started again when it broke or did not come up, every 20 to 200 ms.
  virtual void dial(const std::string& name, const std::string& host, std::uint16_t port) = 0;
  virtual void hang_up(const std::string& name) = 0;
  // False where the connection is not up any more. Frames arrive in order, or the connection breaks.
  virtual bool send(ConnectionId connection, const Frame& frame) = 0;
  virtual void close(ConnectionId connection) = 0;  // a dialled one is dialled again
};

}  // namespace sportapp::link
