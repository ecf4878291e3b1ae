#include "ops/import/request_pool.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <stdexcept>

namespace sportapp::importing {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 * 1024;
constexpr long kConnectTimeoutMs = 5000;

struct EasyEnd {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiEnd {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListEnd {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderLines = std::unique_ptr<curl_slist, ListEnd>;

std::size_t keep_body(char* bytes, std::size_t, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  body.append(bytes, std::min(count, kAnswerBytesMax - body.size()));
  return count;
}

void add_line(HeaderLines& lines, const char* line) {
  auto* longer = curl_slist_append(lines.get(), line);
  if (longer == nullptr) throw std::bad_alloc();
  lines.release();
  lines.reset(longer);
}

Result<void> checked(CURLMcode code) {
  if (code == CURLM_OK) return {};
  return Error{Retry::kNever, std::string("libcurl: ") + curl_multi_strerror(code)};
}

}  // namespace

struct RequestPool::Impl {
  struct Slot {
    std::unique_ptr<CURL, EasyEnd> easy;
    HeaderLines headers;
    std::string answer_body;
    char failure[CURL_ERROR_SIZE] = "";
    bool under_way = false;
  };

  Options options;
  std::unique_ptr<CURLM, MultiEnd> multi;
  std::vector<Slot> slots;

  ~Impl() {
    for (auto& slot : slots) {
      if (slot.under_way) curl_multi_remove_handle(multi.get(), slot.easy.get());
    }
  }

  void prepare(std::size_t index);
  Answer answer_of(Slot& slot, CURLcode code) const;
};

void RequestPool::Impl::prepare(std::size_t index) {
  auto& slot = slots[index];
  slot.easy.reset(curl_easy_init());
  auto* easy = slot.easy.get();
  if (easy == nullptr) throw std::bad_alloc();
  curl_easy_setopt(easy, CURLOPT_URL, options.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout_ms));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &keep_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot.answer_body);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot.failure);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<char*>(index));
}

Answer RequestPool::Impl::answer_of(Slot& slot, CURLcode code) const {
  Answer answer;
  if (code != CURLE_OK) {
    answer.failure = slot.failure[0] != '\0' ? slot.failure : curl_easy_strerror(code);
    return answer;
  }
  auto* easy = slot.easy.get();
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_s);
  answer.retry_after_s = retry_after_s;
  curl_header* replayed = nullptr;
  answer.replayed =
      curl_easy_header(easy, "Idempotency-Replayed", 0, CURLH_HEADER, -1, &replayed) == CURLHE_OK &&
      std::string_view(replayed->value) == "true";
  answer.body = std::move(slot.answer_body);
  return answer;
}

Result<std::unique_ptr<RequestPool>> RequestPool::make(Options options) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->multi.reset(curl_multi_init());
  if (global != CURLE_OK || !impl->multi) return Error{Retry::kNever, "libcurl does not start"};
  impl->slots = std::vector<Impl::Slot>(impl->options.slots);
  for (std::size_t i = 0; i < impl->slots.size(); ++i) impl->prepare(i);
  const auto connections = static_cast<long>(impl->slots.size());
  curl_multi_setopt(impl->multi.get(), CURLMOPT_MAXCONNECTS, connections);
  return std::unique_ptr<RequestPool>(new RequestPool(std::move(impl)));
}

RequestPool::RequestPool(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RequestPool::~RequestPool() = default;

Result<void> RequestPool::start(std::size_t index, std::string_view body, const std::string& key) {
  auto& slot = impl_->slots.at(index);
  if (slot.under_way) throw std::logic_error("a request was started in a slot that has one");
  HeaderLines lines;
  add_line(lines, "Content-Type: application/json");
  add_line(lines, "Expect:");
  add_line(lines, ("Idempotency-Key: " + key).c_str());
  auto* easy = slot.easy.get();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines.get());
  slot.headers = std::move(lines);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
  slot.answer_body.clear();
  slot.failure[0] = '\0';
  slot.under_way = true;
  return checked(curl_multi_add_handle(impl_->multi.get(), easy));
}

Result<std::vector<RequestPool::Finished>> RequestPool::collect() {
  auto* multi = impl_->multi.get();
  int running = 0;
  if (auto performed = checked(curl_multi_perform(multi, &running)); !performed) return performed.error();
  std::vector<Finished> finished;
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    auto* easy = message->easy_handle;
    const auto code = message->data.result;
    char* index = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &index);
    const auto at = reinterpret_cast<std::size_t>(index);
    auto& slot = impl_->slots.at(at);
    finished.push_back({at, impl_->answer_of(slot, code)});
    slot.under_way = false;
    if (auto removed = checked(curl_multi_remove_handle(multi, easy)); !removed) return removed.error();
  }
  return finished;
}

Result<void> RequestPool::wait(const std::vector<int>& fds, std::int64_t timeout_ms) {
  std::vector<curl_waitfd> waited;
  for (const int fd : fds) waited.push_back({fd, CURL_WAIT_POLLIN, 0});
  return checked(curl_multi_poll(impl_->multi.get(), waited.data(), static_cast<unsigned>(waited.size()),
                                 static_cast<int>(timeout_ms), nullptr));
}

}  // namespace sportapp::importing
