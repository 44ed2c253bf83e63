#include "server/sinks/smtp.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/sinks/mail.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30);
constexpr int kClosing = 421;

// What is left to send of a mail.
struct Outgoing {
  absl::string_view left;
  bool was_begun = false;
};

size_t Read(char* buffer, size_t size, size_t count, void* outgoing) {
  auto* mail = static_cast<Outgoing*>(outgoing);
  mail->was_begun = true;
  const size_t bytes = std::min(mail->left.size(), size * count);
  std::memcpy(buffer, mail->left.data(), bytes);
  mail->left.remove_prefix(bytes);
  return bytes;
}

}  // namespace

SmtpSink::SmtpSink(v1::SmtpSink smtp, Ending& ending)
    : smtp_(std::move(smtp)), transfer_(ending, PrivateTargets::kAllowed) {}

Delivery SmtpSink::Deliver(const v1::Event& event) {
  const v1::NoteRequested& note = event.note_requested();
  if (note.channel() != "email" || note.address().empty()) {
    return {.outcome = Outcome::kSkipped};
  }
  if (!IsMailAddress(note.address())) {
    return {.outcome = Outcome::kRejected,
            .trouble = "the member's address is none for mail"};
  }
  const std::string text = MailText(event, smtp_.from());
  Outgoing outgoing{.left = text};
  transfer_.Begin(smtp_.url(), "smtp,smtps", kTimeout);
  CURL* handle = transfer_.handle();
  const std::string sender = AddressOf(smtp_.from());
  curl_slist* recipients = curl_slist_append(nullptr, note.address().c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &Read);
  curl_easy_setopt(handle, CURLOPT_READDATA, &outgoing);
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   smtp_.user().empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL);
  if (!smtp_.user().empty()) {
    curl_easy_setopt(handle, CURLOPT_USERNAME, smtp_.user().c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, smtp_.password().c_str());
  }
  const CURLcode result = transfer_.Run();
  curl_slist_free_all(recipients);
  if (result == CURLE_OK) return {};
  if (result == CURLE_ABORTED_BY_CALLBACK) {
    return {.outcome = Outcome::kBrokenOff};
  }
  const int code = transfer_.AnswerCode();
  const bool is_of_mail =
      outgoing.was_begun || absl::StartsWith(transfer_.Words(), "RCPT");
  Delivery delivery{.outcome = Outcome::kUnreachable};
  if (is_of_mail && code >= 400 && code < 600 && code != kClosing) {
    delivery.outcome = code < 500 ? Outcome::kRefused : Outcome::kRejected;
    delivery.trouble = absl::StrCat("it answered ", code);
  } else {
    delivery.trouble = transfer_.TroubleOf(result);
  }
  return delivery;
}

}  // namespace pistis::server
