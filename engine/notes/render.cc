#include "engine/notes/render.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

std::pair<std::string, std::string> PickText(const NoteTemplate& note,
                                             absl::string_view language) {
  for (const absl::string_view candidate :
       {language, language.substr(0, language.find('-')),
        absl::string_view("en")}) {
    const auto found = note.text.find(std::string(candidate));
    if (found != note.text.end()) return *found;
  }
  return *note.text.begin();
}

}  // namespace

RenderedNote RenderNote(const NoteTemplate& note, absl::string_view language,
                        const Placeholders& values) {
  const auto [chosen, text] = PickText(note, language);
  RenderedNote rendered{.language = chosen, .text = ""};
  absl::string_view rest = text;
  while (!rest.empty()) {
    const size_t open = rest.find("{{");
    absl::StrAppend(&rendered.text, rest.substr(0, open));
    if (open == absl::string_view::npos) break;
    rest.remove_prefix(open + 2);
    const size_t close = rest.find("}}");
    if (close == absl::string_view::npos) break;
    const absl::string_view name =
        absl::StripAsciiWhitespace(rest.substr(0, close));
    const auto value = values.find(std::string(name));
    if (value != values.end()) absl::StrAppend(&rendered.text, value->second);
    rest.remove_prefix(close + 2);
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
