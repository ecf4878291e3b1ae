#include "net/http/document.hpp"

#include <boost/json.hpp>

namespace sportapp::http {

Response document(const boost::json::object& object, int status) {
  Response response;
  response.status = status;
  response.body = boost::json::serialize(object);
  return response;
}

}  // namespace sportapp::http
