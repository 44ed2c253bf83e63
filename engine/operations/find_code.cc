#include "engine/operations/find_code.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/window_sums.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::CodeRecord;

constexpr absl::string_view kMemberUses = "code-uses/";
constexpr size_t kCodeIdBytes = 16;

WindowSeries MemberUses(const ProgramId& program, absl::string_view hash,
                        const MemberId& member) {
  return {.program = program,
          .holder = absl::StrCat(kMemberUses, absl::BytesToHexString(hash)),
          .of = member.text(),
          .window = LimitWindow::kEver,
          .windows = 1};
}

// The word as it is in force, whatever it was when it was last used.
LoadedCode LoadWord(const CodeLookup& of, const CodeTemplate& word,
                    std::string hash, std::optional<CodeRecord> known) {
  LoadedCode loaded{.hash = std::move(hash), .issued_by = of.rulebook};
  if (known) loaded.record = *std::move(known);
  loaded.record.set_is_word(true);
  loaded.record.set_template_id(word.id);
  loaded.record.set_last_symbols(LastSymbols(word.word));
  loaded.apply = {.code_template = &word, .issued_by = of.rulebook.get()};
  return loaded;
}

absl::StatusOr<LoadedCode> LoadIssued(const CodeLookup& of, std::string hash,
                                      CodeRecord record) {
  LoadedCode loaded{.hash = std::move(hash),
                    .record = std::move(record),
                    .issued_by = of.rulebook};
  if (loaded.record.rulebook_version() != of.rulebook->version) {
    PISTIS_ASSIGN_OR_RETURN(
        loaded.issued_by,
        of.env.rulebooks.Get(of.reader, of.program,
                             loaded.record.rulebook_version()));
  }
  const CodeTemplate* code_template =
      loaded.issued_by->FindCode(loaded.record.template_id());
  if (code_template == nullptr) return RecordCorrupt("CodeRecord");
  loaded.apply = {.code_template = code_template,
                  .issued_by = loaded.issued_by.get()};
  return loaded;
}

// An issued code stays what it is, whatever a later rulebook has for a word.
// `word_of` finds the word; it is not asked where there is an issued code.
template <typename WordOf>
absl::StatusOr<LoadedCode> Find(const CodeLookup& of, WordOf word_of,
                                std::string hash, const TypedCode& typed) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<CodeRecord> record,
      GetRecord<CodeRecord>(of.reader, CodeIndexKey(of.program, hash)));
  if (record && !record->is_word()) {
    return LoadIssued(of, std::move(hash), *std::move(record));
  }
  const CodeTemplate* word = word_of();
  if (word == nullptr) return RefuseUnknownCode(typed);
  return LoadWord(of, *word, std::move(hash), std::move(record));
}

}  // namespace

int64_t LoadedCode::uses() const {
  return record.is_word() ? apply.code_template->uses : record.uses();
}

bool LoadedCode::keeps_uses() const {
  return KeepsUse(record, apply.code_template);
}

absl::StatusOr<LoadedCode> FindCode(const CodeLookup& of,
                                    const std::string& typed) {
  PISTIS_ASSIGN_OR_RETURN(
      LoadedCode loaded,
      Find(of, [&] { return of.rulebook->FindWord(typed); },
           CodeKey(of.env.secret, of.program, typed), {typed, *of.rulebook}));
  loaded.apply.typed = typed;
  return loaded;
}

absl::StatusOr<LoadedCode> FindCodeByHash(const CodeLookup& of,
                                          const std::string& hash) {
  const std::string code_id = CodeIdOf(hash);
  return Find(
      of,
      [&] { return WordUnder(*of.rulebook, of.env.secret, of.program, hash); },
      hash, {code_id, *of.rulebook});
}

absl::StatusOr<CodeState> StateOf(const CodeLookup& of, const LoadedCode& code,
                                  const MemberId& member) {
  const CodeTemplate& code_template = *code.apply.code_template;
  CodeState state{.member_id = MemberId(code.record.member_id()),
                  .bound_to_member = code_template.bound_to_member,
                  .is_void = !code.record.void_reason().empty(),
                  .expire = ExpiryOf(code.record.expire_us()),
                  .uses = code.uses(),
                  .used = code.record.used(),
                  .uses_per_member = code_template.uses_per_member};
  if (!state.uses_per_member || member.empty()) return state;
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::LimitRecord used,
      ReadWindow(of.reader, MemberUses(of.program, code.hash, member),
                 absl::CivilDay()));
  state.used_by_member = used.times();
  return state;
}

absl::Status CheckUsableBy(const CodeLookup& of, const LoadedCode& code,
                           const MemberId& member, absl::Time at) {
  PISTIS_ASSIGN_OR_RETURN(const CodeState state, StateOf(of, code, member));
  return CheckUsable(state, member, at, {code.apply.typed, *of.rulebook});
}

const CodeTemplate* WordUnder(const Rulebook& rulebook,
                              const std::string& secret,
                              const ProgramId& program,
                              absl::string_view hash) {
  const auto found = std::find_if(
      rulebook.codes.begin(), rulebook.codes.end(),
      [&](const CodeTemplate& of) {
        return of.is_word() &&
               absl::string_view(CodeKey(secret, program, of.word)) == hash;
      });
  return found == rulebook.codes.end() ? nullptr : &*found;
}

bool KeepsUse(const CodeRecord& code, const CodeTemplate* word_of_sale) {
  if (!code.is_word()) return code.keeps_uses();
  return word_of_sale != nullptr && word_of_sale->keeps_uses;
}

std::string MemberUsesWindow(absl::string_view hash, const MemberId& member) {
  return StoredWindow(MemberUses(ProgramId(), hash, member), absl::CivilDay());
}

std::string CodeIdOf(absl::string_view hash) {
  return absl::BytesToHexString(hash);
}

std::string HashOfCodeId(absl::string_view code_id) {
  const bool is_hex =
      std::all_of(code_id.begin(), code_id.end(), [](unsigned char c) {
        return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
      });
  if (!is_hex || code_id.size() != 2 * kCodeIdBytes) return "";
  return absl::HexStringToBytes(code_id);
}

}  // namespace pistis
