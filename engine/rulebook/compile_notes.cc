#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr size_t kMaxTextBytes = 10'000;
constexpr size_t kMaxSubtagBytes = 8;
constexpr size_t kMaxTagBytes = 35;
constexpr int kMaxLanguages = 100;
constexpr absl::string_view kCode = "code";

const std::vector<std::string>& PlaceholderNames() {
  static const std::vector<std::string> names = {"name", "code", "points",
                                                 "order"};
  return names;
}

// "{{name}}" in a text. `closed` is false where "}}" does not follow.
struct Placeholder {
  size_t offset = 0;
  absl::string_view name;
  bool closed = true;
};

std::vector<Placeholder> FindPlaceholders(absl::string_view text) {
  std::vector<Placeholder> found;
  size_t at = text.find("{{");
  while (at != absl::string_view::npos) {
    const size_t begin = at + 2;
    const size_t end = text.find("}}", begin);
    if (end == absl::string_view::npos) {
      found.push_back({at, text.substr(begin), false});
      return found;
    }
    found.push_back({at, text.substr(begin, end - begin), true});
    at = text.find("{{", end + 2);
  }
  return found;
}

bool IsAlphanumeric(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isalnum);
}

// A language of letters, then subtags of letters and digits: "en", "zh-Hant",
// "el-GR".
bool IsLanguageTag(absl::string_view tag) {
  if (tag.size() > kMaxTagBytes) return false;
  const std::vector<absl::string_view> subtags = absl::StrSplit(tag, '-');
  const absl::string_view language = subtags.front();
  const bool letters =
      std::all_of(language.begin(), language.end(), absl::ascii_isalpha);
  return letters && language.size() >= 2 &&
         std::all_of(subtags.begin(), subtags.end(), [](absl::string_view s) {
           return !s.empty() && s.size() <= kMaxSubtagBytes &&
                  IsAlphanumeric(s);
         });
}

std::string PlaceholderProblem(const Placeholder& placeholder,
                               const Reporter& reporter) {
  if (!placeholder.closed) {
    return "{{ is opened and not closed; write {{name}}";
  }
  const absl::string_view trimmed =
      absl::StripAsciiWhitespace(placeholder.name);
  std::string mend = reporter.Suggestion(trimmed, PlaceholderNames());
  if (mend.empty()) {
    mend =
        absl::StrCat("; known are ", absl::StrJoin(PlaceholderNames(), ", "));
  }
  return absl::StrCat("unknown placeholder ", Shown(placeholder.name), mend);
}

bool IsKnown(const Placeholder& placeholder) {
  const auto& names = PlaceholderNames();
  return placeholder.closed &&
         std::find(names.begin(), names.end(), placeholder.name) != names.end();
}

void CheckText(const TextField& field, const CompileContext& context) {
  if (field.text.empty()) {
    context.reporter.Add(field.path, "is empty; write the text of the note");
  }
  if (field.text.size() > kMaxTextBytes) {
    context.reporter.Add(
        field.path, absl::StrCat("has ", field.text.size(), " bytes; at most ",
                                 kMaxTextBytes, " are allowed"));
    return;
  }
  for (const Placeholder& placeholder : FindPlaceholders(field.text)) {
    if (IsKnown(placeholder)) continue;
    context.reporter.AddInside(
        field.path, field.text, placeholder.offset,
        PlaceholderProblem(placeholder, context.reporter));
  }
}

bool ShowsCode(const NoteTemplate& note) {
  return std::any_of(
      note.text.begin(), note.text.end(), [](const auto& language_and_text) {
        const auto placeholders = FindPlaceholders(language_and_text.second);
        return std::any_of(
            placeholders.begin(), placeholders.end(),
            [](const Placeholder& p) { return p.name == kCode; });
      });
}

std::map<std::string, std::string> CompileTexts(const v1::NoteTemplate& source,
                                                const std::string& path,
                                                const CompileContext& context) {
  const std::string texts_path = KeyPath(path, "text");
  if (source.text().empty()) {
    context.reporter.Add(texts_path,
                         "is missing; add text: {en: \"Thank you!\"}");
  }
  if (source.text_size() > kMaxLanguages) {
    context.reporter.Add(texts_path, absl::StrCat("has more than ",
                                                  kMaxLanguages, " languages"));
    return {};
  }
  std::map<std::string, std::string> texts;
  for (const auto& [language, text] : source.text()) {
    const std::string inner = MapKeyPath(texts_path, language);
    if (!IsLanguageTag(language)) {
      context.reporter.Add(inner, absl::StrCat(Shown(language),
                                               " is not a language; write a "
                                               "BCP 47 tag such as en or "
                                               "el-GR"));
    }
    CheckText({inner, text}, context);
    texts.emplace(language, text);
  }
  return texts;
}

NoteTemplate CompileNote(const v1::NoteTemplate& source,
                         const std::string& path,
                         const CompileContext& context) {
  NoteTemplate note;
  note.id = source.id();
  const std::string channel_path = KeyPath(path, "channel");
  if (source.channel().empty()) {
    context.reporter.Add(channel_path,
                         "is missing; add channel: email, sms or print");
  }
  note.channel = ReadChoice<Channel>({channel_path, source.channel()},
                                     {{"email", Channel::kEmail},
                                      {"sms", Channel::kSms},
                                      {"print", Channel::kPrint}},
                                     context.reporter)
                     .value_or(Channel::kEmail);
  note.text = CompileTexts(source, path, context);
  return note;
}

}  // namespace

std::vector<NoteTemplate> CompileNotes(const v1::Rulebook& rulebook,
                                       const CompileContext& context,
                                       References& references) {
  std::vector<NoteTemplate> notes;
  notes.reserve(static_cast<size_t>(rulebook.notes_size()));
  for (const v1::NoteTemplate& source : rulebook.notes()) {
    const std::string path = EntryPath("notes", notes.size());
    references.notes.Add({KeyPath(path, "id"), source.id()}, notes.size(),
                         context.reporter);
    notes.push_back(CompileNote(source, path, context));
    references.note_shows_code.push_back(ShowsCode(notes.back()));
  }
  return notes;
}

}  // namespace pistis
