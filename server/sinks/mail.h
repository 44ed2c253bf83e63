// Notes as mail. Pure.
#ifndef PISTIS_SERVER_SINKS_MAIL_H_
#define PISTIS_SERVER_SINKS_MAIL_H_

#include <string>

#include "absl/strings/string_view.h"

#include "pistis/v1/event_service.pb.h"

namespace pistis::server {

// The address of "Corner shop <shop@mail.example>", or of a bare address.
[[nodiscard]] std::string AddressOf(absl::string_view sender);

// True where `address` may stand in an envelope and a header: local@domain, no
// blanks, quotes, backslashes, brackets of comments or addresses, commas,
// semicolons or control characters.
[[nodiscard]] bool IsMailAddress(absl::string_view address);

// The value of a header field in the form of RFC 2047 where it is more than
// short plain ASCII; folded. Control characters become blanks.
[[nodiscard]] std::string HeaderText(absl::string_view text);

// The mail of an event that has a note_requested with an address: RFC 5322,
// lines of at most 76 bytes, text and HTML side by side where the note has
// both. Dated by the event, its Message-ID made of the note's id and the
// event's, so the same event is always the same mail. `from` is a sender of an
// SmtpSink.
[[nodiscard]] std::string MailText(const v1::Event& event,
                                   absl::string_view from);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_MAIL_H_
