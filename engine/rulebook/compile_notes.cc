#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "engine/rulebook/compile_parts.h"
#include "engine/rulebook/placeholders.h"

namespace pistis {
namespace {

constexpr size_t kMaxTextBytes = 10'000;
constexpr size_t kMaxSubtagBytes = 8;
constexpr size_t kMaxTagBytes = 35;
constexpr size_t kMaxLanguages = 100;
constexpr int64_t kMostSmsParts = 10;
constexpr int64_t kMostContacts = 100;
constexpr int kMostContactDays = 366;
constexpr absl::string_view kCode = "code";

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

// The texts of one note.
class NoteTexts {
 public:
  NoteTexts(absl::string_view kind, Reporter& reporter)
      : placeholders_(PlaceholdersOf(kind)), reporter_(reporter) {}

  using Source = google::protobuf::Map<std::string, std::string>;
  [[nodiscard]] TextsByLanguage Compile(const std::string& path,
                                        const Source& source) const {
    if (source.size() > kMaxLanguages) {
      reporter_.Add(
          path, absl::StrCat("has more than ", kMaxLanguages, " languages"));
      return {};
    }
    TextsByLanguage texts;
    for (const auto& [language, text] : source) {
      const std::string inner = MapKeyPath(path, language);
      if (!IsLanguageTag(language)) {
        reporter_.Add(inner, absl::StrCat(Shown(language),
                                          " is not a language; write a BCP 47 "
                                          "tag such as en or el-GR"));
      }
      Check({inner, text});
      texts.emplace(language, text);
    }
    return texts;
  }

 private:
  void Check(const TextField& field) const {
    if (field.text.empty()) {
      reporter_.Add(field.path, "is empty; write the text of the note");
    }
    if (field.text.size() > kMaxTextBytes) {
      reporter_.Add(field.path,
                    absl::StrCat("has ", field.text.size(), " bytes; at most ",
                                 kMaxTextBytes, " are allowed"));
      return;
    }
    for (const Placeholder& placeholder : FindPlaceholders(field.text)) {
      if (IsKnown(placeholder)) continue;
      reporter_.AddInside(field.path, field.text, placeholder.offset,
                          ProblemOf(placeholder));
    }
  }

  [[nodiscard]] bool IsKnown(const Placeholder& placeholder) const {
    return placeholder.closed &&
           std::find(placeholders_.begin(), placeholders_.end(),
                     placeholder.name) != placeholders_.end();
  }

  [[nodiscard]] std::string ProblemOf(const Placeholder& placeholder) const {
    if (!placeholder.closed) {
      return "{{ is opened and not closed; write {{name}}";
    }
    const absl::string_view trimmed =
        absl::StripAsciiWhitespace(placeholder.name);
    std::string mend = reporter_.Suggestion(trimmed, placeholders_);
    if (mend.empty()) {
      mend = absl::StrCat("; known are ", absl::StrJoin(placeholders_, ", "));
    }
    return absl::StrCat("unknown placeholder ", Shown(placeholder.name), mend);
  }

  std::vector<std::string> placeholders_;
  Reporter& reporter_;
};

bool ShowsCode(const TextsByLanguage& texts) {
  return std::any_of(
      texts.begin(), texts.end(), [](const auto& language_and_text) {
        const auto placeholders = FindPlaceholders(language_and_text.second);
        return std::any_of(
            placeholders.begin(), placeholders.end(),
            [](const Placeholder& p) { return p.name == kCode; });
      });
}

bool ShowsCode(const NoteTemplate& note) {
  return ShowsCode(note.text) || ShowsCode(note.subject) ||
         ShowsCode(note.html);
}

ChoiceNames<std::string> KindNames() {
  ChoiceNames<std::string> names;
  for (const absl::string_view kind : kNoteKinds)
    names.emplace_back(kind, kind);
  return names;
}

// What one channel has and another has not.
void CheckChannel(const v1::NoteTemplate& source, const std::string& path,
                  const NoteTemplate& note, Reporter& reporter) {
  const bool is_sms = note.channel == Channel::kSms;
  if (is_sms && !source.subject().empty()) {
    reporter.Add(KeyPath(path, "subject"),
                 "is not for SMS, which have none; remove it");
  }
  if (note.channel != Channel::kEmail && !source.html().empty()) {
    reporter.Add(KeyPath(path, "html"), "is for e-mail alone; remove it");
  }
  const bool has_parts =
      source.max_parts() != 0 || reporter.Stated(KeyPath(path, "max_parts"));
  if (!is_sms && has_parts) {
    reporter.Add(KeyPath(path, "max_parts"), "is for SMS alone; remove it");
  }
}

NoteTemplate CompileNote(const v1::NoteTemplate& source,
                         const std::string& path,
                         const CompileContext& context) {
  Reporter& reporter = context.reporter;
  NoteTemplate note;
  note.id = source.id();
  const std::string channel_path = KeyPath(path, "channel");
  if (source.channel().empty()) {
    reporter.Add(channel_path, "is missing; add channel: email, sms or print");
  }
  note.channel = ReadChoice<Channel>({channel_path, source.channel()},
                                     {{"email", Channel::kEmail},
                                      {"sms", Channel::kSms},
                                      {"print", Channel::kPrint}},
                                     reporter)
                     .value_or(Channel::kEmail);
  note.kind = ReadChoice<std::string>({KeyPath(path, "kind"), source.kind()},
                                      KindNames(), reporter)
                  .value_or(note.kind);
  const std::string text_path = KeyPath(path, "text");
  if (source.text().empty()) {
    reporter.Add(text_path, "is missing; add text: {en: \"Thank you!\"}");
  }
  const NoteTexts texts(note.kind, reporter);
  note.text = texts.Compile(text_path, source.text());
  note.subject = texts.Compile(KeyPath(path, "subject"), source.subject());
  note.html = texts.Compile(KeyPath(path, "html"), source.html());
  if (source.has_priority()) note.priority = source.priority();
  CheckChannel(source, path, note, reporter);
  note.max_parts =
      static_cast<int>(ReadCount({.path = KeyPath(path, "max_parts"),
                                  .value = source.max_parts(),
                                  .most = kMostSmsParts},
                                 note.max_parts, reporter));
  note.beyond_cap = source.beyond_cap();
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

ContactPolicy CompileContact(const v1::ContactPolicy& source,
                             Reporter& reporter) {
  ContactPolicy policy;
  const CountField most{
      .path = "contact.max", .value = source.max(), .most = kMostContacts};
  if (source.max() != 0 || reporter.Stated(most.path)) {
    if (CheckCount(most, reporter)) policy.max = source.max();
    if (source.window().empty()) {
      reporter.Add("contact", "has max, but not in how long; add window: 7d");
    }
  } else if (!source.window().empty()) {
    reporter.Add("contact.window",
                 "does nothing without max; add max: 2 or remove it");
  }
  if (!source.window().empty()) {
    const TextField field{"contact.window", source.window()};
    const int days = ReadDays(field, reporter).value_or(1);
    if (days > kMostContactDays) {
      reporter.Add(field.path, absl::StrCat(Shown(field.text),
                                            " is out of range; write 1d to ",
                                            kMostContactDays, "d"));
    }
    policy.window = days * absl::Hours(24);
  }
  policy.quiet = ReadHours({"contact.quiet", source.quiet()}, reporter);
  policy.needs_consent =
      ReadChoice<bool>({"contact.consent", source.consent()},
                       {{"assumed", false}, {"required", true}}, reporter)
          .value_or(false);
  return policy;
}

}  // namespace pistis
