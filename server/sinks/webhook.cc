#include "server/sinks/webhook.h"

#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/digest.h"
#include "server/sinks/event_json.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);
constexpr int kFirstFinalCode = 200;
constexpr int kGoneCode = 410;

std::string SignatureOf(absl::string_view secret, const SignedParts& parts) {
  std::string key;
  absl::ConsumePrefix(&secret, "whsec_");
  absl::Base64Unescape(secret, &key);
  return absl::StrCat(
      "v1,", absl::Base64Escape(
                 HmacSha256(key, absl::StrCat(parts.id, ".", parts.unix_seconds,
                                              ".", parts.body))));
}

class Headers {
 public:
  Headers() = default;
  ~Headers() { curl_slist_free_all(list_); }
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;

  void Add(const std::string& line) {
    list_ = curl_slist_append(list_, line.c_str());
  }
  [[nodiscard]] curl_slist* list() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

absl::Duration TimeoutOf(const v1::WebhookSink& webhook) {
  if (!webhook.has_timeout()) return kTimeout;
  return absl::Seconds(webhook.timeout().seconds()) +
         absl::Nanoseconds(webhook.timeout().nanos());
}

// What the answer's code says.
Outcome OutcomeOf(int code) {
  if (code >= 200 && code < 300) return Outcome::kDelivered;
  if (code == kGoneCode) return Outcome::kGone;
  if (code < 400 || code >= 500) return Outcome::kUnreachable;
  for (const int passing : {408, 425, 429}) {
    if (code == passing) return Outcome::kUnreachable;
  }
  return Outcome::kRefused;
}

}  // namespace

std::string SignaturesOf(const v1::WebhookSink& webhook,
                         const SignedParts& parts) {
  std::string signature = SignatureOf(webhook.secret(), parts);
  if (webhook.previous_secret().empty()) return signature;
  return absl::StrCat(signature, " ",
                      SignatureOf(webhook.previous_secret(), parts));
}

WebhookSink::WebhookSink(v1::WebhookSink webhook, const Clock& clock,
                         Ending& ending, PrivateTargets private_targets)
    : webhook_(std::move(webhook)),
      clock_(clock),
      transfer_(ending, private_targets) {}

Delivery WebhookSink::Deliver(const v1::Event& event) {
  const std::string body = EventJson(event);
  const int64_t now = absl::ToUnixSeconds(clock_.WallNow());
  Headers headers;
  headers.Add("content-type: application/json");
  headers.Add("user-agent: pistis");
  // Would cost a round trip.
  headers.Add("expect:");
  headers.Add(absl::StrCat("webhook-id: ", event.event_id()));
  headers.Add(absl::StrCat("webhook-timestamp: ", now));
  headers.Add(absl::StrCat("webhook-signature: ",
                           SignaturesOf(webhook_, {.id = event.event_id(),
                                                   .unix_seconds = now,
                                                   .body = body})));
  transfer_.Begin(webhook_.url(), "http,https", TimeoutOf(webhook_));
  CURL* handle = transfer_.handle();
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.list());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
  const CURLcode result = transfer_.Run();
  const int code = transfer_.AnswerCode();
  // Whatever became of the rest of an answer, its code has said enough.
  if (code < kFirstFinalCode) {
    if (result == CURLE_ABORTED_BY_CALLBACK) {
      return {.outcome = Outcome::kBrokenOff};
    }
    return {.outcome = Outcome::kUnreachable,
            .trouble = transfer_.TroubleOf(result)};
  }
  Delivery delivery{.outcome = OutcomeOf(code)};
  if (delivery.outcome == Outcome::kDelivered) return delivery;
  delivery.trouble = absl::StrCat("it answered ", code);
  curl_off_t retry_after = 0;
  if (curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after) ==
      CURLE_OK) {
    delivery.retry_after = absl::Seconds(retry_after);
  }
  return delivery;
}

}  // namespace pistis::server
