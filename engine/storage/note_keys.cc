#include "engine/storage/note_keys.h"

#include "absl/strings/strip.h"

#include "engine/storage/key_parts.h"

namespace pistis {
namespace {

constexpr char kNotes = 'U';
constexpr char kIndex = 'u';
constexpr char kDeferred = 'n';
constexpr char kContacts = 'c';

// A text that ends with the next zero byte of `rest`, which then begins behind
// it; nothing where there is none, or where it is empty.
std::optional<std::string> TakeText(absl::string_view& rest) {
  const size_t zero = rest.find('\0');
  if (zero == absl::string_view::npos || zero == 0) return std::nullopt;
  std::string text(rest.substr(0, zero));
  rest.remove_prefix(zero + 1);
  return text;
}

std::optional<absl::Time> TakeTime(absl::string_view& rest) {
  if (rest.size() < kKeyNumberBytes) return std::nullopt;
  const absl::Time time = absl::FromUnixMicros(ReadKeyNumber(rest));
  rest.remove_prefix(kKeyNumberBytes);
  return time;
}

std::optional<NoteName> NameOf(const std::optional<std::string>& member,
                               std::optional<absl::Time> time,
                               const std::optional<std::string>& note,
                               absl::string_view rest) {
  if (!member || !time || !note || !rest.empty()) return std::nullopt;
  return NoteName{.member = MemberId(*member), .time = *time, .note = *note};
}

// The end of the keys that begin with `begin`, which ends with a zero byte.
NoteRange AllFrom(std::string begin) {
  std::string end = begin;
  end.back() = '\1';
  return {.begin = std::move(begin), .end = std::move(end)};
}

}  // namespace

std::string NoteKey(const ProgramId& program, const NoteName& name) {
  std::string key = NumberedKey(kNotes, program, name.member.text(),
                                absl::ToUnixMicros(name.time));
  AppendKeyText(name.note, key);
  return key;
}

std::string NoteIndexKey(const ProgramId& program, absl::string_view note) {
  return TableKey(kIndex, program, note);
}

std::string DeferredNoteKey(const ProgramId& program, const NoteName& name) {
  std::string key = TimedKey(kDeferred, program, name.time, name.member.text());
  AppendKeyText(name.note, key);
  return key;
}

std::string ContactKey(const ProgramId& program, const MemberId& member) {
  return TableKey(kContacts, program, member.text());
}

NoteRange NotesOf(const ProgramId& program, const MemberId& member) {
  return AllFrom(TableKey(kNotes, program, member.text()));
}

NoteRange DeferredBetween(const ProgramId& program, absl::Time from,
                          absl::Time to) {
  const auto at = [&](absl::Time time) {
    return NumberedKey(kDeferred, program, "", absl::ToUnixMicros(time));
  };
  return {.begin = at(from), .end = at(to)};
}

std::optional<NoteName> ParseNoteKey(const ProgramId& program,
                                     absl::string_view key) {
  if (!absl::ConsumePrefix(&key, TableKey(kNotes, program, ""))) {
    return std::nullopt;
  }
  const std::optional<std::string> member = TakeText(key);
  const std::optional<absl::Time> time = TakeTime(key);
  const std::optional<std::string> note = TakeText(key);
  return NameOf(member, time, note, key);
}

std::optional<NoteName> ParseDeferredNoteKey(const ProgramId& program,
                                             absl::string_view key) {
  if (!absl::ConsumePrefix(&key, TableKey(kDeferred, program, ""))) {
    return std::nullopt;
  }
  const std::optional<absl::Time> time = TakeTime(key);
  const std::optional<std::string> member = TakeText(key);
  const std::optional<std::string> note = TakeText(key);
  return NameOf(member, time, note, key);
}

std::string NoteIndexValue(const NoteName& name) {
  std::string value;
  AppendKeyText(name.member.text(), value);
  AppendKeyNumber(absl::ToUnixMicros(name.time), value);
  return value;
}

std::optional<NoteName> ParseNoteIndex(absl::string_view note,
                                       absl::string_view value) {
  const std::optional<std::string> member = TakeText(value);
  const std::optional<absl::Time> time = TakeTime(value);
  return NameOf(member, time, std::string(note), value);
}

}  // namespace pistis
