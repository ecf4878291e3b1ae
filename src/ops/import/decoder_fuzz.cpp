// Files of any bytes: the first one chooses the encoding and in what pieces the rest comes.
#include <utf8proc.h>

#include <cstdint>
#include <memory>
#include <string>

#include "ops/import/decoder.hpp"
#include "ops/import/unpacker.hpp"
#include "tests/support/require.hpp"

namespace {

using namespace sportapp::importing;
using sportapp::testing::require;

struct Read {
  std::string text, error;
};

Read read_all(std::string_view bytes, std::size_t piece, const std::string& encoding) {
  Unpacker unpacker;
  Decoder decoder(encoding);
  Read read;
  const auto take = [&](const sportapp::Result<std::string>& some) {
    if (some) {
      read.text += *some;
    } else {
      read.error = some.error().what;
    }
    return read.error.empty();
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto unpacked = unpacker.push(bytes.substr(at, piece));
    if (!unpacked) return {{}, unpacked.error().what};
    if (!take(decoder.push(*unpacked))) return read;
  }
  const auto rest = unpacker.finish();
  if (!rest) return {{}, rest.error().what};
  if (take(decoder.push(*rest))) take(decoder.finish());
  return read;
}

bool is_utf8(const std::string& text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t character = 0;
    const auto left = static_cast<utf8proc_ssize_t>(text.size() - at);
    const auto length = utf8proc_iterate(bytes + at, left, &character);
    if (length <= 0) return false;
    at += static_cast<std::size_t>(length);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto& encoding = encodings().at(data[0] % encodings().size());
  const std::size_t piece = 1 + data[0] / encodings().size();
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read_all(bytes, bytes.size() + 1, encoding);
  const auto pieces = read_all(bytes, piece, encoding);
  require(whole.error.empty() == pieces.error.empty(), "the pieces decide nothing");
  require(!whole.error.empty() || whole.text == pieces.text, "the pieces change nothing");
  require(is_utf8(whole.text), "what comes out is UTF-8");
  return 0;
}
