#include "engine/notes/render.h"

#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "engine/notes/sms.h"

namespace pistis {
namespace {

constexpr size_t kMaxValueBytes = 500;
constexpr absl::string_view kCode = "code";

absl::string_view FirstPart(absl::string_view language) {
  return language.substr(0, language.find('-'));
}

// The language and its text; `texts` is not empty.
std::pair<std::string, std::string> PickText(const TextsByLanguage& texts,
                                             absl::string_view language) {
  for (const absl::string_view candidate :
       {language, FirstPart(language), absl::string_view("en")}) {
    const auto found = texts.find(std::string(candidate));
    if (found != texts.end()) return *found;
  }
  return *texts.begin();
}

// Without the rest of a character that was cut in two.
absl::string_view Bounded(absl::string_view value) {
  if (value.size() <= kMaxValueBytes) return value;
  size_t end = kMaxValueBytes;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U)
    --end;
  return value.substr(0, end);
}

// In one line: a header that is made of it must not get another.
std::string Flat(absl::string_view text) {
  std::string flat(text);
  std::replace_if(
      flat.begin(), flat.end(),
      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); },
      ' ');
  return flat;
}

std::string EscapedForHtml(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string Filled(absl::string_view text, const Placeholders& values) {
  std::string filled;
  while (!text.empty()) {
    const size_t open = text.find("{{");
    absl::StrAppend(&filled, text.substr(0, open));
    if (open == absl::string_view::npos) break;
    text.remove_prefix(open + 2);
    const size_t close = text.find("}}");
    if (close == absl::string_view::npos) break;
    const absl::string_view name =
        absl::StripAsciiWhitespace(text.substr(0, close));
    const auto value = values.find(std::string(name));
    if (value != values.end()) absl::StrAppend(&filled, value->second);
    text.remove_prefix(close + 2);
  }
  return filled;
}

// Each value as `fit` makes it.
Placeholders Fitted(const Placeholders& values,
                    absl::FunctionRef<std::string(absl::string_view)> fit) {
  Placeholders fitted;
  for (const auto& [name, value] : values)
    fitted.emplace(name, fit(value));
  return fitted;
}

void WarnOfLanguage(absl::string_view what, absl::string_view wanted,
                    absl::string_view taken, RenderedNote& rendered) {
  if (wanted.empty() || FirstPart(wanted) == FirstPart(taken)) return;
  rendered.warnings.push_back(
      absl::StrCat("there is no ", what, " in ", wanted, "; it is in ", taken));
}

void FitIntoSms(const NoteTemplate& note, const Placeholders& values,
                RenderedNote& rendered) {
  const std::string whole = Flat(rendered.text);
  const auto code = values.find(std::string(kCode));
  rendered.text =
      FitSms(whole, code == values.end() ? "" : code->second, note.max_parts);
  rendered.sms_parts = SmsParts(rendered.text);
  const int wanted = SmsParts(whole);
  if (wanted == rendered.sms_parts) return;
  rendered.warnings.push_back(absl::StrCat("the text takes ", wanted,
                                           " messages and was cut to ",
                                           rendered.sms_parts));
}

}  // namespace

RenderedNote RenderNote(const NoteTemplate& note, absl::string_view language,
                        const Placeholders& values) {
  const Placeholders plain =
      Fitted(values, [](absl::string_view v) { return Flat(Bounded(v)); });
  RenderedNote rendered;
  const auto [chosen, text] = PickText(note.text, language);
  rendered.language = chosen;
  rendered.text = Filled(text, plain);
  WarnOfLanguage("text", language, chosen, rendered);
  if (!note.subject.empty()) {
    const auto [of_subject, subject] = PickText(note.subject, language);
    rendered.subject = Flat(Filled(subject, plain));
    WarnOfLanguage("subject", chosen, of_subject, rendered);
  }
  if (!note.html.empty()) {
    const auto [of_html, html] = PickText(note.html, language);
    rendered.html = Filled(html, Fitted(plain, EscapedForHtml));
    WarnOfLanguage("html", chosen, of_html, rendered);
  }
  if (note.channel == Channel::kSms) FitIntoSms(note, plain, rendered);
  return rendered;
}

absl::string_view ChannelName(Channel channel) {
  switch (channel) {
    case Channel::kEmail:
      return "email";
    case Channel::kSms:
      return "sms";
    case Channel::kPrint:
      return "print";
  }
  return "email";
}

}  // namespace pistis
