#include "ops/import/decoder.hpp"

#include <fmt/format.h>
#include <iconv.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace sportapp::importing {
namespace {

constexpr std::string_view kUtf8 = "utf-8", kAuto = "auto", kWindows = "windows-1252";
constexpr std::size_t kHeadBytes = 256;  // by which UTF-16 without a mark is known, as far as they are there
constexpr std::size_t kMarkBytes = 4;
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kMarks{
    {{"\xef\xbb\xbf", kUtf8}, {"\xff\xfe", "utf-16le"}, {"\xfe\xff", "utf-16be"}}};

// Text of mostly Latin letters in UTF-16 has a zero in nearly every second byte.
std::string_view by_zeros(std::string_view head) {
  std::array<std::size_t, 2> zeros{};
  for (std::size_t i = 0; i < head.size(); ++i) zeros.at(i % 2) += head[i] == '\0' ? 1 : 0;
  const auto most = head.size() < 32 ? head.size() / 2 : head.size() / 2 * 3 / 4;
  if (head.size() < kMarkBytes) return {};
  if (zeros[1] >= most && zeros[0] == 0) return "utf-16le";
  if (zeros[0] >= most && zeros[1] == 0) return "utf-16be";
  return {};
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

}  // namespace

const std::vector<std::string>& encodings() {
  static const std::vector<std::string> kEncodings{"auto",         "utf-8",      "utf-16le",   "utf-16be",
                                                   "windows-1252", "iso-8859-1", "iso-8859-15"};
  return kEncodings;
}

struct Decoder::Iconv {
  explicit Iconv(const std::string& from) : handle(::iconv_open("UTF-8", from.c_str())) {}
  ~Iconv() {
    if (is_open()) ::iconv_close(handle);
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;
  [[nodiscard]] bool is_open() const { return handle != reinterpret_cast<iconv_t>(-1); }
  iconv_t handle;
};

Decoder::Decoder(std::string encoding) : encoding_(std::move(encoding)), is_given_(encoding_ != kAuto) {}

Decoder::~Decoder() = default;

Result<std::string> Decoder::push(std::string_view bytes) {
  waiting_.append(bytes);
  return decode(false);
}

Result<std::string> Decoder::finish() {
  return decode(true);
}

Result<std::string> Decoder::decode(bool last) {
  if (!is_chosen_ && !choose(last)) return std::string();
  if (encoding_ == kUtf8) {
    auto text = take_utf8(last);
    if (!text || encoding_ == kUtf8) return text;
    auto rest = convert(last);
    if (!rest) return rest;
    return *text + *rest;
  }
  return convert(last);
}

// False where more must come first.
bool Decoder::choose(bool last) {
  // By the same bytes in whatever pieces they come.
  const bool may_be_utf16 = waiting_.find('\0') < kMarkBytes;
  if (!last && waiting_.size() < (may_be_utf16 ? kHeadBytes : kMarkBytes)) return false;
  is_chosen_ = true;
  for (const auto& [mark, encoding] : kMarks) {
    if (!waiting_.starts_with(mark) || (is_given_ && encoding_ != encoding)) continue;
    waiting_.erase(0, mark.size());
    encoding_ = encoding;
    return true;
  }
  if (is_given_) return true;
  const auto found = may_be_utf16 ? by_zeros(std::string_view(waiting_).substr(0, kHeadBytes)) : "";
  encoding_ = found.empty() ? kUtf8 : found;
  return true;
}

// Up to where it is none, which may be its end; then the encoding is another one, or it is an error.
Result<std::string> Decoder::take_utf8(bool last) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(waiting_.data());
  std::size_t at = 0;
  while (at < waiting_.size()) {
    if (is_ascii(waiting_[at])) {
      ++at;
      continue;
    }
    utf8proc_int32_t character = 0;
    const auto left = waiting_.size() - at;
    const auto length = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(left), &character);
    if (length > 0) {
      at += static_cast<std::size_t>(length);
      has_utf8_ = true;
      continue;
    }
    if (left < 4 && !last) break;
    if (is_given_ || has_utf8_) return malformed(at);
    encoding_ = kWindows;
    break;
  }
  auto text = waiting_.substr(0, at);
  waiting_.erase(0, at);
  passed(text);
  return text;
}

Result<std::string> Decoder::convert(bool last) {
  if (!iconv_) iconv_ = std::make_unique<Iconv>(encoding_);
  if (!iconv_->is_open())
    return Error{Retry::kNever,
                 fmt::format("this machine cannot read {}; save the file as UTF-8", encoding_)};
  std::string text(waiting_.size() * 3 + 16, '\0');
  auto* from = waiting_.data();
  auto* to = text.data();
  std::size_t left = waiting_.size(), room = text.size();
  const auto done = ::iconv(iconv_->handle, &from, &left, &to, &room);
  const bool is_cut_off = done == static_cast<std::size_t>(-1) && errno == EINVAL;
  text.resize(text.size() - room);
  passed(text);
  if (done == static_cast<std::size_t>(-1) && !(is_cut_off && !last))
    return malformed(waiting_.size() - left);
  waiting_.erase(0, waiting_.size() - left);
  return text;
}

Error Decoder::malformed(std::size_t at) const {
  const auto lines = encoding_ == kUtf8 ? std::count(waiting_.begin(),
                                                     waiting_.begin() + static_cast<std::ptrdiff_t>(at), '\n')
                                        : 0;
  return {Retry::kNever,
          fmt::format("line {}: the byte {:#04x} is not {}{}; save the file as UTF-8, or say what it is: "
                      "--encoding {}",
                      line_ + lines, static_cast<unsigned char>(waiting_[at]), encoding_,
                      is_given_ || encoding_ != kUtf8 ? "" : ", as what stands before it is",
                      encoding_ == kWindows ? "iso-8859-1" : kWindows)};
}

void Decoder::passed(std::string_view text) {
  line_ += std::count(text.begin(), text.end(), '\n');
}

}  // namespace sportapp::importing
