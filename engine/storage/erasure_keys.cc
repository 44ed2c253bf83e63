#include "engine/storage/erasure_keys.h"

#include "engine/storage/key_parts.h"

namespace pistis {

std::string ErasureKey(const ProgramId& program, const MemberId& member) {
  return TableKey('e', program, member.text());
}

std::string UncleanKey(const ProgramId& program, const MemberId& member) {
  std::string key = TableKey('e', program, "");
  AppendKeyText("", key);
  if (!member.empty()) AppendKeyText(member.text(), key);
  return key;
}

KeyRange KeysOf(char table, const ProgramId& program, absl::string_view text) {
  KeyRange range{.begin = TableKey(table, program, text), .end = {}};
  range.end = range.begin;
  // A key's text ends with a zero byte.
  range.end.back() = '\1';
  return range;
}

}  // namespace pistis
