#include "server/sinks/mail.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

#include "engine/base/digest.h"

namespace pistis::server {
namespace {

constexpr absl::string_view kEnd = "\r\n";
constexpr size_t kLineBytes = 76;
// What fits into one encoded word of 75 bytes.
constexpr size_t kWordBytes = 45;
constexpr size_t kPlainBytes = 60;
constexpr size_t kBoundaryBytes = 12;

bool IsPlain(absl::string_view text) {
  return text.size() <= kPlainBytes && text.find("=?") == text.npos &&
         std::all_of(text.begin(), text.end(), [](unsigned char symbol) {
           return absl::ascii_isprint(symbol);
         });
}

// The first bytes of `text`, at most kWordBytes, with no character cut.
absl::string_view FirstWord(absl::string_view text) {
  if (text.size() <= kWordBytes) return text;
  size_t size = kWordBytes;
  while (size > 1 && (static_cast<uint8_t>(text[size]) & 0xc0U) == 0x80U)
    --size;
  return text.substr(0, size);
}

std::string Wrapped(const std::string& base64) {
  std::string lines;
  for (size_t at = 0; at < base64.size(); at += kLineBytes)
    absl::StrAppend(&lines, base64.substr(at, kLineBytes), kEnd);
  return lines;
}

std::string Part(absl::string_view type, absl::string_view content) {
  return absl::StrCat("Content-Type: ", type, "; charset=utf-8", kEnd,
                      "Content-Transfer-Encoding: base64", kEnd, kEnd,
                      Wrapped(absl::Base64Escape(content)));
}

// "Corner shop <shop@mail.example>" as a header has it.
std::string Sender(absl::string_view from) {
  const size_t open = from.find('<');
  if (open == absl::string_view::npos) return std::string(from);
  absl::string_view name = absl::StripAsciiWhitespace(from.substr(0, open));
  absl::ConsumePrefix(&name, "\"");
  absl::ConsumeSuffix(&name, "\"");
  std::string address = absl::StrCat("<", AddressOf(from), ">");
  if (name.empty()) return address;
  if (IsPlain(name) && name.find_first_of("\"\\") == name.npos) {
    return absl::StrCat("\"", name, "\" ", address);
  }
  return absl::StrCat(HeaderText(name), kEnd, " ", address);
}

// The id as it may stand before the @ of a Message-ID.
std::string IdText(absl::string_view id) {
  std::string text(id);
  std::replace_if(
      text.begin(), text.end(),
      [](unsigned char symbol) {
        return !absl::ascii_isalnum(symbol) && symbol != '-' && symbol != '_';
      },
      '.');
  return text;
}

std::string Head(const v1::Event& event, absl::string_view from) {
  const v1::NoteRequested& note = event.note_requested();
  const std::string sender = AddressOf(from);
  const absl::Time date =
      absl::FromUnixSeconds(event.effective_time().seconds());
  std::string head = absl::StrCat("From: ", Sender(from), kEnd, "To: <",
                                  note.address(), ">", kEnd);
  if (!note.subject().empty()) {
    absl::StrAppend(&head, "Subject: ", HeaderText(note.subject()), kEnd);
  }
  absl::StrAppend(
      &head,
      "Date: ", absl::FormatTime(absl::RFC1123_full, date, absl::UTCTimeZone()),
      kEnd, "Message-ID: <", IdText(note.note_id()), ".", event.event_id(),
      sender.substr(sender.find('@')), ">", kEnd, "MIME-Version: 1.0", kEnd);
  if (!note.language().empty() && IsPlain(note.language())) {
    absl::StrAppend(&head, "Content-Language: ", note.language(), kEnd);
  }
  // Nobody is out of office for it.
  absl::StrAppend(&head, "Auto-Submitted: auto-generated", kEnd);
  return head;
}

}  // namespace

std::string AddressOf(absl::string_view sender) {
  const size_t open = sender.find('<');
  if (open == absl::string_view::npos) return std::string(sender);
  return std::string(sender.substr(open + 1, sender.find('>') - open - 1));
}

bool IsMailAddress(absl::string_view address) {
  const size_t at = address.find('@');
  return at != absl::string_view::npos && at > 0 && at + 1 < address.size() &&
         address.find('@', at + 1) == absl::string_view::npos &&
         address.find_first_of("<>,;()\"\\") == absl::string_view::npos &&
         std::none_of(address.begin(), address.end(), [](unsigned char symbol) {
           return symbol <= ' ' || symbol == 0x7f;
         });
}

std::string HeaderText(absl::string_view text) {
  std::string rest(text);
  std::replace_if(
      rest.begin(), rest.end(),
      [](unsigned char symbol) { return absl::ascii_iscntrl(symbol); }, ' ');
  if (IsPlain(rest)) return rest;
  std::string words;
  absl::string_view left = rest;
  while (!left.empty()) {
    const absl::string_view word = FirstWord(left);
    absl::StrAppend(&words, words.empty() ? "" : "\r\n ", "=?UTF-8?B?",
                    absl::Base64Escape(word), "?=");
    left.remove_prefix(word.size());
  }
  return words;
}

std::string MailText(const v1::Event& event, absl::string_view from) {
  const v1::NoteRequested& note = event.note_requested();
  const std::string head = Head(event, from);
  if (note.html().empty()) {
    return absl::StrCat(head, Part("text/plain", note.text()));
  }
  // No base64 has a hyphen, so no part holds it.
  const std::string boundary = absl::StrCat(
      "pistis-",
      absl::BytesToHexString(Sha256(note.note_id()).substr(0, kBoundaryBytes)));
  return absl::StrCat(head, "Content-Type: multipart/alternative; boundary=\"",
                      boundary, "\"", kEnd, kEnd, "--", boundary, kEnd,
                      Part("text/plain", note.text()), "--", boundary, kEnd,
                      Part("text/html", note.html()), "--", boundary, "--",
                      kEnd);
}

}  // namespace pistis::server
