// Notes to a mail server.
#ifndef PISTIS_SERVER_SINKS_SMTP_H_
#define PISTIS_SERVER_SINKS_SMTP_H_

#include "pistis/v1/subscription.pb.h"

#include "server/sinks/curl_transfer.h"
#include "server/sinks/sink.h"

namespace pistis::server {

// One mail for each note_requested of the channel "email" that has an address;
// other events are skipped. A reply 4yz to the recipient or the mail refuses
// it, 5yz rejects it; what fails before makes the subscription wait. Until the
// server is asked about the recipient there are 30 seconds; then 5 minutes for
// the recipient and 10 for the mail, and one without an answer is refused, so
// that others go on. TLS is used where the server offers it, whatever its
// certificate; with a password or "smtps://" it is a must, and the certificate
// must be good.
class SmtpSink final : public Sink {
 public:
  // The ending outlives the sink. Mail servers may stand in private networks.
  SmtpSink(v1::SmtpSink smtp, Ending& ending);

  [[nodiscard]] Delivery Deliver(const v1::Event& event) override;
  [[nodiscard]] Delivery Flush() override { return {}; }
  // A mail that is sent twice is seen twice.
  [[nodiscard]] size_t most_at_once() const override { return 1; }

 private:
  // Whom the transfer trusts, and with what.
  void SetTrust();

  const v1::SmtpSink smtp_;
  CurlTransfer transfer_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_SMTP_H_
