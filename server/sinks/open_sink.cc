#include "server/sinks/open_sink.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "curl/curl.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "server/sinks/file_sink.h"
#include "server/sinks/kafka.h"
#include "server/sinks/smtp.h"
#include "server/sinks/webhook.h"

namespace pistis::server {
namespace {

// FIELD_INVALID where libcurl could not go there: a port above 65535, brackets
// that are left open.
absl::Status CheckUrl(absl::string_view field, const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(
      curl_url(), &curl_url_cleanup);
  const CURLUcode code =
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code == CURLUE_OK) return absl::OkStatus();
  return RefuseField(field,
                     absl::StrCat("is no address: ", curl_url_strerror(code)));
}

}  // namespace

absl::Status CheckAllowed(const v1::Subscription& subscription,
                          const SinkOptions& options) {
  if (subscription.has_webhook()) {
    PISTIS_RETURN_IF_ERROR(
        CheckUrl("subscription.webhook.url", subscription.webhook().url()));
  }
  if (subscription.has_smtp()) {
    PISTIS_RETURN_IF_ERROR(
        CheckUrl("subscription.smtp.url", subscription.smtp().url()));
  }
  if (subscription.has_webhook() &&
      options.private_targets == PrivateTargets::kRefused &&
      !MayBePublicHost(HostOf(subscription.webhook().url()))) {
    return RefuseField("subscription.webhook.url",
                       "leads into a private network; a server started with "
                       "--allow_private_targets allows that");
  }
  if (subscription.has_file() && options.events_dir.empty()) {
    return RefuseField("subscription.file",
                       "has no folder: the server was started without "
                       "--events_dir");
  }
  return absl::OkStatus();
}

std::unique_ptr<Sink> OpenSink(const ProgramId& program,
                               const v1::Subscription& subscription,
                               const SinkOptions& options, const Clock& clock,
                               Ending& ending) {
  switch (subscription.sink_case()) {
    case v1::Subscription::kWebhook:
      return std::make_unique<WebhookSink>(subscription.webhook(), clock,
                                           ending, options.private_targets);
    case v1::Subscription::kSmtp:
      return std::make_unique<SmtpSink>(subscription.smtp(), ending);
    case v1::Subscription::kKafka:
      return std::make_unique<KafkaSink>(subscription.kafka(), program, ending);
    case v1::Subscription::kFile:
      return std::make_unique<FileSink>(subscription.file(), program,
                                        options.events_dir);
    case v1::Subscription::SINK_NOT_SET:
      return nullptr;
  }
  return nullptr;
}

}  // namespace pistis::server
