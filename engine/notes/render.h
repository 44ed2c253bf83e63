// Notes: which text, and what stands in it. Pure.
#ifndef PISTIS_ENGINE_NOTES_RENDER_H_
#define PISTIS_ENGINE_NOTES_RENDER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/rulebook/rulebook.h"

namespace pistis {

// A note in the member's language.
struct RenderedNote {
  // Of the text.
  std::string language;
  // Empty where the template has none; one line.
  std::string subject;
  std::string text;
  // Empty where the template has none.
  std::string html;
  // How many messages an SMS takes; 0 of others.
  int sms_parts = 0;
  // What to know before it is sent.
  std::vector<std::string> warnings;
};

// Values by placeholder name.
using Placeholders = std::map<std::string, std::string>;

// The template's text for `language`: the very language, else its first part
// ("pt" for "pt-BR" and "pt_br"), else "en", else the first in alphabetical
// order; with every {{placeholder}} replaced, an unknown one by nothing (a
// published template has none). Subject and HTML likewise.
//
// Values lose what follows their first 500 bytes, and line breaks and other
// control characters become spaces; in HTML they are escaped. A subject and an
// SMS are one line. An SMS of more than max_parts messages is cut, but for
// what the first {{code}} became.
[[nodiscard]] RenderedNote RenderNote(const NoteTemplate& note,
                                      absl::string_view language,
                                      const Placeholders& values);

// "email", "sms" or "print".
[[nodiscard]] absl::string_view ChannelName(Channel channel);

}  // namespace pistis

#endif  // PISTIS_ENGINE_NOTES_RENDER_H_
