// One kind of transfer by libcurl, again and again.
#ifndef PISTIS_SERVER_SINKS_CURL_TRANSFER_H_
#define PISTIS_SERVER_SINKS_CURL_TRANSFER_H_

#include <array>
#include <cstddef>
#include <string>

#include "absl/time/time.h"

#include "curl/curl.h"
#include "engine/base/clock.h"
#include "server/ending.h"
#include "server/sinks/target_address.h"

namespace pistis::server {

// A handle that keeps its connection between transfers. One thread. Proxies of
// the environment are not used: they would be asked to go where the server may
// not.
class CurlTransfer {
 public:
  // The ending breaks off a transfer and outlives it.
  CurlTransfer(Ending& ending, PrivateTargets private_targets);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Forgets the options of the last transfer. `protocols` as libcurl names
  // them: "http,https". What the server answers is read and dropped, up to a
  // bound.
  void Begin(const std::string& url, const char* protocols,
             absl::Duration timeout);
  // For further options.
  [[nodiscard]] CURL* handle() { return handle_; }
  // Ends the transfer, as a timeout, where it is not over `left` from now;
  // counts anew when it is said anew, also by what the transfer calls. Looked
  // at about every second.
  void Limit(absl::Duration left);
  [[nodiscard]] CURLcode Run();

  // The code of the last answer; 0 where there was none.
  [[nodiscard]] int AnswerCode() const;
  // What went wrong, in words.
  [[nodiscard]] std::string TroubleOf(CURLcode result) const;
  // What libcurl says of it, or nothing.
  [[nodiscard]] std::string Words() const { return words_.data(); }

 private:
  static size_t Drop(char* bytes, size_t size, size_t count, void* transfer);
  static curl_socket_t OpenSocket(void* transfer, curlsocktype purpose,
                                  curl_sockaddr* address);
  static int BreakOff(void* transfer, curl_off_t total, curl_off_t now,
                      curl_off_t upload_total, curl_off_t upload_now);

  Ending& ending_;
  const PrivateTargets private_targets_;
  CURL* handle_;
  std::array<char, CURL_ERROR_SIZE> words_{};
  const BootClock steady_;
  // By the steady clock.
  absl::Duration end_ = absl::InfiniteDuration();
  size_t answer_bytes_ = 0;
  bool was_private_ = false;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_CURL_TRANSFER_H_
