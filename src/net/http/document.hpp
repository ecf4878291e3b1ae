#pragma once
#include <boost/json/fwd.hpp>

#include "net/http/message.hpp"

namespace sportapp::http {

// A JSON answer.
[[nodiscard]] Response document(const boost::json::object& object, int status = 200);

}  // namespace sportapp::http
