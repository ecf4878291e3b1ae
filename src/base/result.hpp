// Errors are values: what happened, to what, what to do; and whether trying again can help.
#pragma once
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace sportapp {

enum class Retry {
  kNever,           // the same call fails the same way
  kLater,           // it may pass later: nothing was changed
  kOutcomeUnknown,  // it may have happened: resynchronise before trusting the state
};

struct Error {
  Retry retry = Retry::kNever;
  std::string what;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(error.what);
}

template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace sportapp
