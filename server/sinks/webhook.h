// Events to a web server, as Standard Webhooks says.
#ifndef PISTIS_SERVER_SINKS_WEBHOOK_H_
#define PISTIS_SERVER_SINKS_WEBHOOK_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/v1/subscription.pb.h"

#include "engine/base/clock.h"
#include "server/sinks/curl_transfer.h"
#include "server/sinks/sink.h"

namespace pistis::server {

// What a webhook is signed over.
struct SignedParts {
  absl::string_view id;
  int64_t unix_seconds = 0;
  absl::string_view body;
};

// The header webhook-signature: "v1,..." by the secret, and one more by the
// previous secret where there is one. Secrets are well-formed.
[[nodiscard]] std::string SignaturesOf(const v1::WebhookSink& webhook,
                                       const SignedParts& parts);

// One POST for each event, with the event as JSON. 2xx delivers; 410 ends the
// subscription; 408, 425, 429, 3xx, 5xx and no answer make it wait; other
// answers refuse the event. Redirects are not followed. The code of an answer
// counts, also where the rest of it does not come.
class WebhookSink final : public Sink {
 public:
  // The clock dates the signatures; it and the ending outlive the sink.
  WebhookSink(v1::WebhookSink webhook, const Clock& clock, Ending& ending,
              PrivateTargets private_targets);

  [[nodiscard]] Delivery Deliver(const v1::Event& event) override;
  [[nodiscard]] Delivery Flush() override { return {}; }
  [[nodiscard]] size_t most_at_once() const override { return 100; }

 private:
  const v1::WebhookSink webhook_;
  const Clock& clock_;
  CurlTransfer transfer_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_WEBHOOK_H_
