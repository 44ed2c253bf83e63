#include "engine/operations/subscription_shape.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/stream_events.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxUrlBytes = 2048;
constexpr size_t kMaxTextBytes = 256;
constexpr size_t kMaxBrokersBytes = 1024;
constexpr size_t kMaxTopicBytes = 249;
constexpr size_t kMinSecretBytes = 24;
constexpr size_t kMaxSecretBytes = 64;
constexpr int kNewSecretBytes = 32;
constexpr absl::Duration kMinTimeout = absl::Milliseconds(100);
constexpr absl::Duration kMaxTimeout = absl::Seconds(30);
constexpr int32_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kMinFileBytes = 4096;
constexpr int64_t kMaxFileBytes = int64_t{1} << 40;
constexpr int32_t kMaxFilesKept = 10'000;
constexpr absl::string_view kSecretPrefix = "whsec_";

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char symbol) {
    return absl::ascii_isgraph(symbol);
  });
}

// A scheme, a host, and no user: "https://shop.example/hooks".
absl::Status CheckUrl(absl::string_view field, absl::string_view url,
                      std::initializer_list<absl::string_view> schemes) {
  absl::string_view rest = url;
  const bool has_scheme = std::any_of(
      schemes.begin(), schemes.end(), [&](absl::string_view scheme) {
        return absl::ConsumePrefix(&rest, scheme);
      });
  const absl::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (!has_scheme || authority.empty() || authority.front() == ':' ||
      !IsPrintable(url) || url.size() > kMaxUrlBytes) {
    return RefuseField(
        field, absl::StrCat("is no address of at most ", kMaxUrlBytes,
                            " bytes that begins with ", *schemes.begin()));
  }
  if (absl::StrContains(authority, '@')) {
    return RefuseField(field, "names a user; leave that out of an address");
  }
  return absl::OkStatus();
}

absl::Status CheckTimeout(const google::protobuf::Duration& timeout) {
  const absl::Duration length =
      absl::Seconds(timeout.seconds()) + absl::Nanoseconds(timeout.nanos());
  if (timeout.nanos() >= 0 && timeout.nanos() < kNanosPerSecond &&
      length >= kMinTimeout && length <= kMaxTimeout) {
    return absl::OkStatus();
  }
  return RefuseField(
      "subscription.webhook.timeout",
      absl::StrCat("is not from ", absl::FormatDuration(kMinTimeout), " to ",
                   absl::FormatDuration(kMaxTimeout)));
}

absl::Status CheckWebhook(const v1::WebhookSink& webhook) {
  PISTIS_RETURN_IF_ERROR(CheckUrl("subscription.webhook.url", webhook.url(),
                                  {"https://", "http://"}));
  if (!webhook.secret().empty()) {
    PISTIS_RETURN_IF_ERROR(
        CheckSecret("subscription.webhook.secret", webhook.secret()));
  }
  if (!webhook.previous_secret().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckSecret("subscription.webhook.previous_secret",
                                       webhook.previous_secret()));
  }
  if (!webhook.has_timeout()) return absl::OkStatus();
  return CheckTimeout(webhook.timeout());
}

// "shop@mail.example" or "Corner shop <shop@mail.example>".
bool IsSender(absl::string_view from) {
  if (from.empty() || from.size() > kMaxTextBytes) return false;
  if (std::any_of(from.begin(), from.end(), [](unsigned char symbol) {
        return absl::ascii_iscntrl(symbol);
      })) {
    return false;
  }
  const size_t open = from.find('<');
  absl::string_view address = from;
  if (open != absl::string_view::npos) {
    if (from.back() != '>') return false;
    address = from.substr(open + 1, from.size() - open - 2);
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(address, '@');
  return parts.size() == 2 && !parts[0].empty() && !parts[1].empty() &&
         IsPrintable(address) &&
         address.find_first_of("<>,;\"") == absl::string_view::npos;
}

absl::Status CheckSmtp(const v1::SmtpSink& smtp) {
  PISTIS_RETURN_IF_ERROR(
      CheckUrl("subscription.smtp.url", smtp.url(), {"smtp://", "smtps://"}));
  PISTIS_RETURN_IF_ERROR(
      CheckText("subscription.smtp.from", smtp.from(), kMaxTextBytes));
  if (!IsSender(smtp.from())) {
    return RefuseField("subscription.smtp.from",
                       "is no sender; \"Corner shop <shop@mail.example>\" is "
                       "wanted");
  }
  PISTIS_RETURN_IF_ERROR(
      CheckText("subscription.smtp.user", smtp.user(), kMaxTextBytes));
  return CheckText("subscription.smtp.password", smtp.password(),
                   kMaxTextBytes);
}

absl::Status CheckKafka(const v1::KafkaSink& kafka) {
  if (kafka.brokers().empty() || kafka.brokers().size() > kMaxBrokersBytes ||
      !IsPrintable(kafka.brokers())) {
    return RefuseField("subscription.kafka.brokers",
                       "is no list of brokers; \"broker1:9092,broker2:9092\" "
                       "is wanted");
  }
  const std::string& topic = kafka.topic();
  const bool is_topic =
      !topic.empty() && topic.size() <= kMaxTopicBytes && topic != "." &&
      topic != ".." &&
      std::all_of(topic.begin(), topic.end(), [](unsigned char symbol) {
        return absl::ascii_isalnum(symbol) || symbol == '.' || symbol == '_' ||
               symbol == '-';
      });
  if (is_topic) return absl::OkStatus();
  return RefuseField("subscription.kafka.topic",
                     absl::StrCat("is no topic; 1 to ", kMaxTopicBytes,
                                  " letters, digits, '.', '_', '-' are "
                                  "wanted"));
}

absl::Status CheckFile(const v1::FileSink& file) {
  if (!IsPlainName(file.name())) {
    return RefuseField("subscription.file.name",
                       "is no name; 1 to 64 of a-z, 0-9, '-', '_' are wanted");
  }
  if (file.max_bytes() != 0 &&
      (file.max_bytes() < kMinFileBytes || file.max_bytes() > kMaxFileBytes)) {
    return RefuseField(
        "subscription.file.max_bytes",
        absl::StrCat("is ", file.max_bytes(), "; 0, or ", kMinFileBytes, " to ",
                     kMaxFileBytes, " are allowed"));
  }
  if (file.keep() < 0 || file.keep() > kMaxFilesKept) {
    return RefuseField("subscription.file.keep",
                       absl::StrCat("is ", file.keep(), "; 0 to ",
                                    kMaxFilesKept, " are allowed"));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsPlainName(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char symbol) {
           return absl::ascii_islower(symbol) || absl::ascii_isdigit(symbol) ||
                  symbol == '-' || symbol == '_';
         });
}

absl::Status CheckSecret(absl::string_view field, const std::string& secret) {
  std::string bytes;
  if (absl::StartsWith(secret, kSecretPrefix) &&
      absl::Base64Unescape(secret.substr(kSecretPrefix.size()), &bytes) &&
      bytes.size() >= kMinSecretBytes && bytes.size() <= kMaxSecretBytes) {
    return absl::OkStatus();
  }
  return RefuseField(field,
                     "is none; \"whsec_\" and 24 to 64 bytes in base64 "
                     "are wanted");
}

absl::Status CheckSink(const v1::Subscription& subscription) {
  switch (subscription.sink_case()) {
    case v1::Subscription::kWebhook:
      return CheckWebhook(subscription.webhook());
    case v1::Subscription::kSmtp:
      return CheckSmtp(subscription.smtp());
    case v1::Subscription::kKafka:
      return CheckKafka(subscription.kafka());
    case v1::Subscription::kFile:
      return CheckFile(subscription.file());
    case v1::Subscription::SINK_NOT_SET:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status CheckKinds(const v1::Subscription& subscription) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<v1::Event::PayloadCase> kinds,
      ParseKinds("subscription.kinds", subscription.kinds()));
  if (kinds.size() != static_cast<size_t>(subscription.kinds_size())) {
    return RefuseField("subscription.kinds",
                       "names a kind more than once; once is wanted");
  }
  if (subscription.has_smtp() && !kinds.empty() &&
      std::find(kinds.begin(), kinds.end(), v1::Event::kNoteRequested) ==
          kinds.end()) {
    return RefuseField("subscription.kinds",
                       "lacks note_requested, and nothing else goes by mail");
  }
  return absl::OkStatus();
}

bool WritesSameFile(const v1::Subscription& one,
                    const v1::Subscription& other) {
  return one.has_file() && other.has_file() &&
         one.file().name() == other.file().name();
}

std::string NewSecret() {
  return absl::StrCat(kSecretPrefix,
                      absl::Base64Escape(RandomBytes(kNewSecretBytes)));
}

}  // namespace pistis
