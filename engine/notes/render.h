// Notes: which text, and what stands in it. Pure.
#ifndef PISTIS_ENGINE_NOTES_RENDER_H_
#define PISTIS_ENGINE_NOTES_RENDER_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"

#include "engine/rulebook/rulebook.h"

namespace pistis {

// A note in the member's language.
struct RenderedNote {
  std::string language;
  std::string text;
};

// Values by placeholder name.
using Placeholders = std::map<std::string, std::string>;

// The template's text for `language`: the very language, else its first part
// ("pt" for "pt-BR"), else "en", else the first in alphabetical order; with
// every {{placeholder}} replaced, an unknown one by nothing (a published
// template has none).
[[nodiscard]] RenderedNote RenderNote(const NoteTemplate& note,
                                      absl::string_view language,
                                      const Placeholders& values);

// "email", "sms" or "print".
[[nodiscard]] absl::string_view ChannelName(Channel channel);

}  // namespace pistis

#endif  // PISTIS_ENGINE_NOTES_RENDER_H_
