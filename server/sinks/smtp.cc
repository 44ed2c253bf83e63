#include "server/sinks/smtp.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/operations/journal.h"
#include "server/sinks/mail.h"

namespace pistis::server {
namespace {

// Until the server is asked about the recipient.
constexpr absl::Duration kTalkTimeout = absl::Seconds(30);
// From then on: servers ask other servers about recipients before they answer
// (RFC 5321, 4.5.3.2.3).
constexpr absl::Duration kRecipientTimeout = absl::Minutes(5);
// Once the mail is begun: servers look for viruses before they answer, and a
// mail that is given up too early is sent twice (RFC 5321, 4.5.3.2.6).
constexpr absl::Duration kMailTimeout = absl::Minutes(10);
constexpr int kClosing = 421;

// True of a note that was told late: old sales that are read in must not write
// to anybody. Such a note keeps the time of its sale, and nothing else takes
// effect kImportAge before it is committed.
bool IsOld(const v1::Event& event) {
  const auto late = absl::Seconds(event.commit_time().seconds() -
                                  event.effective_time().seconds());
  return event.has_commit_time() && late > kImportAge;
}

// What is left to send of a mail.
struct Outgoing {
  CurlTransfer& transfer;
  absl::string_view left;
  // The server was asked about the recipient.
  bool was_asked = false;
  bool was_begun = false;
};

// Sees what libcurl says to the server.
int Watch(CURL* /*handle*/, curl_infotype type, char* bytes, size_t size,
          void* outgoing) {
  auto* mail = static_cast<Outgoing*>(outgoing);
  if (type == CURLINFO_HEADER_OUT &&
      absl::StartsWith(absl::string_view(bytes, size), "RCPT")) {
    mail->transfer.Limit(kRecipientTimeout);
    mail->was_asked = true;
  }
  return 0;
}

size_t Read(char* buffer, size_t size, size_t count, void* outgoing) {
  auto* mail = static_cast<Outgoing*>(outgoing);
  if (!mail->was_begun) mail->transfer.Limit(kMailTimeout);
  mail->was_begun = true;
  const size_t bytes = std::min(mail->left.size(), size * count);
  std::memcpy(buffer, mail->left.data(), bytes);
  mail->left.remove_prefix(bytes);
  return bytes;
}

}  // namespace

SmtpSink::SmtpSink(v1::SmtpSink smtp, Ending& ending)
    : smtp_(std::move(smtp)), transfer_(ending, PrivateTargets::kAllowed) {}

void SmtpSink::SetTrust() {
  CURL* handle = transfer_.handle();
  const bool is_secret = !smtp_.user().empty();
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   is_secret ? CURLUSESSL_ALL : CURLUSESSL_TRY);
  if (is_secret) {
    curl_easy_setopt(handle, CURLOPT_USERNAME, smtp_.user().c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, smtp_.password().c_str());
  } else if (!absl::StartsWith(smtp_.url(), "smtps:")) {
    // It would go in plain text to a server without TLS; mail servers commonly
    // have certificates that they made themselves.
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

Delivery SmtpSink::Deliver(const v1::Event& event) {
  const v1::NoteRequested& note = event.note_requested();
  if (note.channel() != "email" || note.address().empty() || IsOld(event)) {
    return {.outcome = Outcome::kSkipped};
  }
  if (!IsMailAddress(note.address())) {
    return {.outcome = Outcome::kRejected,
            .trouble = "the member's address is none for mail"};
  }
  const std::string text = MailText(event, smtp_.from());
  Outgoing outgoing{.transfer = transfer_, .left = text};
  transfer_.Begin(smtp_.url(), "smtp,smtps",
                  kTalkTimeout + kRecipientTimeout + kMailTimeout);
  transfer_.Limit(kTalkTimeout);
  CURL* handle = transfer_.handle();
  curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                   static_cast<long>(  // NOLINT(google-runtime-int)
                       absl::ToInt64Seconds(kMailTimeout)));
  const std::string sender = AddressOf(smtp_.from());
  curl_slist* recipients = curl_slist_append(nullptr, note.address().c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &Read);
  curl_easy_setopt(handle, CURLOPT_READDATA, &outgoing);
  curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, &Watch);
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, &outgoing);
  curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
  SetTrust();
  const CURLcode result = transfer_.Run();
  curl_easy_setopt(handle, CURLOPT_VERBOSE, 0L);
  curl_slist_free_all(recipients);
  const int code = transfer_.AnswerCode();
  const bool was_taken = outgoing.was_begun && code >= 200 && code < 300;
  if (result == CURLE_OK || was_taken) return {};
  if (result == CURLE_ABORTED_BY_CALLBACK) {
    return {.outcome = Outcome::kBrokenOff};
  }
  // A server that is silent about one mail may take others.
  const bool is_silent = outgoing.was_asked && code != kClosing;
  Delivery delivery{.outcome =
                        is_silent ? Outcome::kRefused : Outcome::kUnreachable};
  if (outgoing.was_asked && code >= 400 && code < 600 && code != kClosing) {
    delivery.outcome = code < 500 ? Outcome::kRefused : Outcome::kRejected;
    delivery.trouble = absl::StrCat("it answered ", code);
  } else {
    delivery.trouble = transfer_.TroubleOf(result);
  }
  return delivery;
}

}  // namespace pistis::server
