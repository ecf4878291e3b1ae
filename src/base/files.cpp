#include "base/files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "base/cause.hpp"

namespace sportapp {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kTailBytesMax = 1 << 20;

fs::path numbered(const fs::path& file, int number) {
  return file.string() + "." + std::to_string(number);
}

}  // namespace

Result<void> write_file(const fs::path& file, std::string_view text) {
  const fs::path beside = fmt::format("{}.{}.new", file.string(), ::getpid());
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out || ::rename(beside.c_str(), file.c_str()) != 0) {
    const auto why = cause_of(errno, file);
    ::unlink(beside.c_str());
    return Error{Retry::kLater, fmt::format("cannot write {}: {}", file.string(), why)};
  }
  return {};
}

std::optional<std::string> read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> last_lines(const fs::path& file, std::size_t count) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in || count == 0) return {};
  const auto size = static_cast<std::size_t>(in.tellg());
  const auto from = size > kTailBytesMax ? size - kTailBytesMax : 0;
  in.seekg(static_cast<std::streamoff>(from));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  return lines;
}

void rotate(const fs::path& file, int keep) {
  std::error_code ignored;  // a file that is not there yet has nothing to move
  for (int number = keep - 1; number >= 1; --number) {
    fs::rename(numbered(file, number), numbered(file, number + 1), ignored);
  }
  fs::rename(file, numbered(file, 1), ignored);
}

}  // namespace sportapp
