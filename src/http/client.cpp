#include "http/client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>

namespace sportapp::http {
namespace {

constexpr std::size_t kAnswerBytesMax = 256UL * 1024 * 1024;

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Handle make_handle() {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  Handle handle(global == CURLE_OK ? curl_easy_init() : nullptr, &curl_easy_cleanup);
  if (!handle) throw std::bad_alloc();
  return handle;
}

std::size_t take_body(char* data, std::size_t, std::size_t bytes, void* into) {
  auto& body = static_cast<ClientResponse*>(into)->body;
  if (body.size() + bytes > kAnswerBytesMax) return 0;
  body.append(data, bytes);
  return bytes;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::size_t take_header(char* data, std::size_t, std::size_t bytes, void* into) {
  const std::string_view line(data, bytes);
  auto& headers = static_cast<ClientResponse*>(into)->headers;
  if (line.starts_with("HTTP/")) headers.clear();  // an interim answer before
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bytes;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
  return bytes;
}

bool names(const std::string& line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), line.begin(), [](char wanted, char c) {
           return wanted == c || (c >= 'A' && c <= 'Z' && wanted == c + 32);
         });
}

}  // namespace

std::string_view ClientResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

struct Client::Impl {
  Impl(std::string host, std::uint16_t port, int timeout_ms);
  Result<ClientResponse> perform(const std::string& target);

  Handle handle = make_handle();
  std::string address;
  int timeout_ms_max;
};

Client::Impl::Impl(std::string host, std::uint16_t port, int timeout_ms) : timeout_ms_max(timeout_ms) {
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  address = fmt::format("{}:{}", host, port);
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout_ms));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &take_header);
}

Result<ClientResponse> Client::Impl::perform(const std::string& target) {
  CURL* curl = handle.get();
  ClientResponse response;
  curl_easy_setopt(curl, CURLOPT_URL, ("http://" + address + target).c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    return response;
  }
  const bool never_arrived = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST;
  const bool malformed = code == CURLE_URL_MALFORMAT;
  const auto retry = malformed ? Retry::kNever : never_arrived ? Retry::kLater : Retry::kOutcomeUnknown;
  return Error{retry, fmt::format("no answer from {} to {} within {} ms: {}", address, target, timeout_ms_max,
                                  curl_easy_strerror(code))};
}

Client::Client(std::string host, std::uint16_t port, int timeout_ms)
    : impl_(std::make_unique<Impl>(std::move(host), port, timeout_ms)) {}

Client::~Client() = default;

Result<ClientResponse> Client::get(const std::string& target) {
  CURL* curl = impl_->handle.get();
  curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
  auto result = impl_->perform(target);
  // Reading changes nothing, so asking again is always safe.
  if (result.has_error() && result.error().retry == Retry::kOutcomeUnknown) {
    return Error{Retry::kLater, result.error().what};
  }
  return result;
}

Result<ClientResponse> Client::post(const std::string& target, std::string_view body,
                                    const std::vector<std::string>& header_lines) {
  HeaderList headers(nullptr, &curl_slist_free_all);
  const auto add = [&](const char* line) {
    auto* longer = curl_slist_append(headers.get(), line);
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers.release());
    headers.reset(longer);
  };
  add("Expect:");  // no round trip to ask leave
  bool typed = false;
  for (const auto& line : header_lines) {
    typed = typed || names(line, "content-type");
    add(line.c_str());
  }
  if (!typed) add("Content-Type: application/json");
  CURL* curl = impl_->handle.get();
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data() == nullptr ? "" : body.data());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  auto result = impl_->perform(target);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
  return result;
}

}  // namespace sportapp::http
