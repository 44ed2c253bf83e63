// GetCode and ListCodes.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/operations/codes.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/load_order.h"
#include "engine/operations/paging.h"
#include "engine/storage/code_keys.h"
#include "engine/storage/key_parts.h"

namespace pistis {
namespace {

constexpr absl::string_view kMethod = "ListCodes";
// A page looks at so many codes, in whatever state they are.
constexpr size_t kMostLookedAt = 5000;
// A key of a list behind what all of the list begin with: number and hash.
constexpr size_t kPlaceBytes = kKeyNumberBytes + 16;

v1::Code::State StateOf(CodeStanding standing) {
  switch (standing) {
    case CodeStanding::kUsable:
      return v1::Code::USABLE;
    case CodeStanding::kUsed:
      return v1::Code::USED;
    case CodeStanding::kExpired:
      return v1::Code::EXPIRED;
    case CodeStanding::kVoid:
      return v1::Code::VOID;
  }
  return v1::Code::STATE_UNSPECIFIED;
}

// A list, what its page tokens are called, and where a page begins and ends.
struct ListSpan {
  std::string name;
  std::string prefix;
  std::string begin;
  std::string end;
};

// A token has the last code of the page before: its key behind the prefix, in
// hex.
absl::StatusOr<ListSpan> SpanOf(const ProgramId& program,
                                const v1::ListCodesRequest& request) {
  if (request.template_id().empty() == request.member_id().empty()) {
    return RefuseField("template_id",
                       "or member_id: give exactly one of the two");
  }
  const bool of_member = request.template_id().empty();
  const std::string& of =
      of_member ? request.member_id() : request.template_id();
  const std::string field = of_member ? "member_id" : "template_id";
  PISTIS_RETURN_IF_ERROR(CheckId(field, of));
  ListSpan span{.name = absl::StrCat(kMethod, " of ", field, " ", of)};
  span.prefix = CodeListPrefix(
      program, of_member ? CodeList::kMember : CodeList::kTemplate, of);
  span.begin = span.prefix;
  span.end = span.prefix;
  span.end.back() = '\1';
  PISTIS_ASSIGN_OR_RETURN(const std::string last,
                          ParseNamePageToken(span.name, request.page_token()));
  if (last.empty()) return span;
  const std::string place = absl::HexStringToBytes(last);
  if (place.size() != kPlaceBytes || absl::BytesToHexString(place) != last) {
    return RefuseField("page_token", "is none that ListCodes gave");
  }
  span.begin = absl::StrCat(span.prefix, place, absl::string_view("\0", 1));
  return span;
}

// The keys of a page's codes, at most `most`.
absl::StatusOr<std::vector<std::string>> KeysIn(const Reader& reader,
                                                const ListSpan& span,
                                                size_t most) {
  std::vector<std::string> keys;
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(span.begin, span.end,
                  [&](absl::string_view key, absl::string_view /*value*/) {
                    if (keys.size() == most) return Visit::kStop;
                    keys.emplace_back(key);
                    return Visit::kContinue;
                  }));
  return keys;
}

}  // namespace

v1::Code ToMessage(const LoadedCode& loaded, absl::Time now) {
  const store::v1::CodeRecord& record = loaded.record;
  v1::Code code;
  code.set_code_id(CodeIdOf(loaded.hash));
  code.set_template_id(record.template_id());
  code.set_last_symbols(record.last_symbols());
  code.set_member_id(record.member_id());
  code.set_bound_to_member(loaded.apply.code_template->bound_to_member);
  if (!record.is_word()) {
    *code.mutable_issued_time() =
        ToTimestamp(absl::FromUnixMicros(record.issued_us()));
  }
  if (record.expire_us() != 0) {
    *code.mutable_expire_time() =
        ToTimestamp(absl::FromUnixMicros(record.expire_us()));
  }
  code.set_uses(loaded.uses());
  code.set_used(record.used());
  code.set_state(StateOf(StandingOf({.is_void = !record.void_reason().empty(),
                                     .expire = ExpiryOf(record.expire_us()),
                                     .uses = loaded.uses(),
                                     .used = record.used()},
                                    now)));
  code.set_rulebook_version(loaded.issued_by->version);
  code.set_void_reason(record.void_reason());
  code.set_is_word(record.is_word());
  return code;
}

absl::StatusOr<v1::Code> GetCode(const QueryContext& context,
                                 const v1::GetCodeRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(const NamedCode named, ParseNamed(request));
  const ProgramId program(request.program_id());
  PISTIS_ASSIGN_OR_RETURN(const store::v1::TotalsRecord totals,
                          LoadTotals(context.reader, program));
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> in_force,
                          LoadCurrentRulebook(context.env, context.reader,
                                              program, totals, context.now));
  PISTIS_ASSIGN_OR_RETURN(const LoadedCode code,
                          FindNamed({.env = context.env,
                                     .reader = context.reader,
                                     .program = program,
                                     .rulebook = in_force},
                                    named));
  return ToMessage(code, context.now);
}

absl::StatusOr<v1::ListCodesResponse> ListCodes(
    const QueryContext& context, const v1::ListCodesRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  if (!v1::Code::State_IsValid(request.state())) {
    return RefuseField("state", "is none; write USABLE, USED, EXPIRED or VOID");
  }
  const ProgramId program(request.program_id());
  PISTIS_ASSIGN_OR_RETURN(const int page_size,
                          ParsePageSize(request.page_size()));
  PISTIS_ASSIGN_OR_RETURN(const ListSpan span, SpanOf(program, request));
  PISTIS_ASSIGN_OR_RETURN(const store::v1::TotalsRecord totals,
                          LoadTotals(context.reader, program));
  v1::ListCodesResponse page;
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> in_force,
                          LoadRulebookIfAny(context.env, context.reader,
                                            program, totals, context.now));
  if (in_force == nullptr) return page;
  const CodeLookup lookup{.env = context.env,
                          .reader = context.reader,
                          .program = program,
                          .rulebook = in_force};
  const auto add = [&](const LoadedCode& code) {
    v1::Code message = ToMessage(code, context.now);
    const bool is_asked = request.state() == v1::Code::STATE_UNSPECIFIED ||
                          request.state() == message.state();
    if (is_asked) *page.add_codes() = std::move(message);
  };
  const CodeTemplate* of = in_force->FindCode(request.template_id());
  if (of != nullptr && of->is_word() && request.page_token().empty()) {
    PISTIS_ASSIGN_OR_RETURN(const LoadedCode word, FindCode(lookup, of->word));
    add(word);
  }
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> keys,
                          KeysIn(context.reader, span, kMostLookedAt));
  size_t seen = 0;
  while (seen < keys.size() && page.codes_size() < page_size) {
    const absl::string_view place =
        absl::string_view(keys[seen++]).substr(span.prefix.size());
    PISTIS_ASSIGN_OR_RETURN(
        const LoadedCode code,
        FindCodeByHash(lookup, std::string(place.substr(kKeyNumberBytes))));
    add(code);
  }
  const bool is_last = seen == keys.size() && keys.size() < kMostLookedAt;
  if (is_last) return page;
  // Of a word alone: the place before all of the list.
  const std::string last = seen == 0
                               ? std::string(kPlaceBytes, '\0')
                               : keys[seen - 1].substr(span.prefix.size());
  page.set_next_page_token(
      NamePageToken(span.name, absl::BytesToHexString(last)));
  return page;
}

}  // namespace pistis
