#include "engine/notes/render.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "engine/expr/utf8.h"
#include "engine/notes/sms.h"

namespace pistis {
namespace {

constexpr size_t kMaxValueBytes = 500;
constexpr absl::string_view kCode = "code";

// "pt-br" for "pt_BR": tags are the same whatever their case.
std::string TagOf(absl::string_view language) {
  return absl::AsciiStrToLower(absl::StrReplaceAll(language, {{"_", "-"}}));
}

std::string FirstPart(absl::string_view language) {
  const std::string tag = TagOf(language);
  return tag.substr(0, tag.find('-'));
}

// The language and its text; `texts` is not empty.
std::pair<std::string, std::string> PickText(const TextsByLanguage& texts,
                                             absl::string_view language) {
  for (const std::string& candidate :
       {TagOf(language), FirstPart(language), std::string("en")}) {
    const auto found = std::find_if(
        texts.begin(), texts.end(),
        [&](const auto& text) { return TagOf(text.first) == candidate; });
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

// Control characters, and what Unicode has for the ends of lines.
bool BreaksALine(uint32_t c) {
  constexpr uint32_t kSpace = 0x20;
  constexpr uint32_t kDelete = 0x7f;
  constexpr uint32_t kLastControl = 0x9f;
  constexpr uint32_t kLineSeparator = 0x2028;
  constexpr uint32_t kParagraphSeparator = 0x2029;
  return c < kSpace || (c >= kDelete && c <= kLastControl) ||
         c == kLineSeparator || c == kParagraphSeparator;
}

// In one line: a header that is made of it must not get another.
std::string Flat(absl::string_view text) {
  std::string flat;
  while (!text.empty()) {
    const absl::string_view bytes = expr::FirstCodePoint(text);
    absl::StrAppend(&flat, BreaksALine(expr::DecodeUtf8(bytes)) ? " " : bytes);
    text.remove_prefix(bytes.size());
  }
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

// A text, and where its first {{code}} stands in it.
struct FilledText {
  std::string text;
  TextSpan code;
};

FilledText Filled(absl::string_view text, const Placeholders& values) {
  FilledText filled;
  while (!text.empty()) {
    const size_t open = text.find("{{");
    absl::StrAppend(&filled.text, text.substr(0, open));
    if (open == absl::string_view::npos) break;
    text.remove_prefix(open + 2);
    const size_t close = text.find("}}");
    if (close == absl::string_view::npos) break;
    const absl::string_view name =
        absl::StripAsciiWhitespace(text.substr(0, close));
    const auto value = values.find(std::string(name));
    const size_t begin = filled.text.size();
    if (value != values.end()) absl::StrAppend(&filled.text, value->second);
    const bool is_first = filled.code.begin == filled.code.end;
    if (name == kCode && is_first) {
      filled.code = {.begin = begin, .end = filled.text.size()};
    }
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

void FitIntoSms(const FilledText& whole, int max_parts,
                RenderedNote& rendered) {
  rendered.text = FitSms(whole.text, whole.code, max_parts);
  rendered.sms_parts = SmsParts(rendered.text);
  const int wanted = SmsParts(whole.text);
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
  rendered.text = Filled(text, plain).text;
  WarnOfLanguage("text", language, chosen, rendered);
  if (!note.subject.empty()) {
    const auto [of_subject, subject] = PickText(note.subject, language);
    rendered.subject = Flat(Filled(subject, plain).text);
    WarnOfLanguage("subject", chosen, of_subject, rendered);
  }
  if (!note.html.empty()) {
    const auto [of_html, html] = PickText(note.html, language);
    rendered.html = Filled(html, Fitted(plain, EscapedForHtml)).text;
    WarnOfLanguage("html", chosen, of_html, rendered);
  }
  if (note.channel == Channel::kSms) {
    FitIntoSms(Filled(Flat(text), plain), note.max_parts, rendered);
  }
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
