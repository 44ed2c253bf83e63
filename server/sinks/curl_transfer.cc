#include "server/sinks/curl_transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <mutex>

#include "absl/strings/str_cat.h"

#include <unistd.h>

namespace pistis::server {
namespace {

constexpr size_t kMaxAnswerBytes = 64 << 10;
// Zero would be for ever.
constexpr int64_t kMinTimeoutMs = 1;

void StartLibrary() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) std::abort();
  });
}

}  // namespace

CurlTransfer::CurlTransfer(Ending& ending, PrivateTargets private_targets)
    : ending_(ending), private_targets_(private_targets) {
  StartLibrary();
  handle_ = curl_easy_init();
  if (handle_ == nullptr) std::abort();
}

CurlTransfer::~CurlTransfer() {
  curl_easy_cleanup(handle_);
}

void CurlTransfer::Begin(const std::string& url, const char* protocols,
                         absl::Duration timeout) {
  answer_bytes_ = 0;
  was_private_ = false;
  end_ = absl::InfiniteDuration();
  curl_easy_reset(handle_);
  curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, protocols);
  curl_easy_setopt(handle_, CURLOPT_PROXY, "");
  curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(
      handle_, CURLOPT_TIMEOUT_MS,
      static_cast<long>(  // NOLINT(google-runtime-int)
          std::max(absl::ToInt64Milliseconds(timeout), kMinTimeoutMs)));
  words_[0] = '\0';
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, words_.data());
  curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &CurlTransfer::Drop);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &CurlTransfer::Drop);
  curl_easy_setopt(handle_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle_, CURLOPT_OPENSOCKETFUNCTION,
                   &CurlTransfer::OpenSocket);
  curl_easy_setopt(handle_, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(handle_, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle_, CURLOPT_XFERINFOFUNCTION, &CurlTransfer::BreakOff);
  curl_easy_setopt(handle_, CURLOPT_XFERINFODATA, this);
}

void CurlTransfer::Limit(absl::Duration left) {
  end_ = steady_.Elapsed() + left;
}

CURLcode CurlTransfer::Run() {
  const CURLcode result = curl_easy_perform(handle_);
  const bool ran_out = result == CURLE_ABORTED_BY_CALLBACK &&
                       !ending_.EndsWithin(absl::ZeroDuration());
  if (!ran_out) return result;
  words_[0] = '\0';
  return CURLE_OPERATION_TIMEDOUT;
}

int CurlTransfer::AnswerCode() const {
  long code = 0;  // NOLINT(google-runtime-int)
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

std::string CurlTransfer::TroubleOf(CURLcode result) const {
  if (was_private_) {
    return "the target leads into a private network, which this server does "
           "not allow";
  }
  const std::string words = Words();
  return words.empty() ? curl_easy_strerror(result) : words;
}

size_t CurlTransfer::Drop(char* /*bytes*/, size_t size, size_t count,
                          void* transfer) {
  auto* self = static_cast<CurlTransfer*>(transfer);
  self->answer_bytes_ += size * count;
  return self->answer_bytes_ <= kMaxAnswerBytes ? size * count : 0;
}

curl_socket_t CurlTransfer::OpenSocket(void* transfer, curlsocktype /*purpose*/,
                                       curl_sockaddr* address) {
  auto* self = static_cast<CurlTransfer*>(transfer);
  if (self->private_targets_ == PrivateTargets::kRefused &&
      !IsPublicAddress(address->addr)) {
    self->was_private_ = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC,
                address->protocol);
}

int CurlTransfer::BreakOff(void* transfer, curl_off_t /*total*/,
                           curl_off_t /*now*/, curl_off_t /*upload_total*/,
                           curl_off_t /*upload_now*/) {
  auto* self = static_cast<CurlTransfer*>(transfer);
  const bool is_over = self->ending_.EndsWithin(absl::ZeroDuration()) ||
                       self->steady_.Elapsed() >= self->end_;
  return is_over ? 1 : 0;
}

}  // namespace pistis::server
