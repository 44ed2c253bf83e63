#include "engine/codes/code.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"

namespace pistis {
namespace {

constexpr size_t kGroup = 4;
constexpr size_t kKeyBytes = 16;

// Binds each part's length, so that no two lists of parts read alike.
std::string Joined(std::initializer_list<absl::string_view> parts) {
  std::string joined;
  for (const absl::string_view part : parts) {
    absl::StrAppend(&joined, part.size(), ":", part);
  }
  return joined;
}

}  // namespace

std::string DeriveCode(absl::string_view secret, const ProgramId& program_id,
                       const OrderId& source,
                       const CodeTemplate& code_template) {
  std::string symbols = Base32Symbols(
      HmacSha256(secret, Joined({"issue", program_id.text(), source.text(),
                                 code_template.id})),
      code_template.symbols);
  if (code_template.check) {
    symbols.push_back(CheckSymbol(absl::StrCat(code_template.prefix, symbols)));
  }
  std::string code = code_template.prefix;
  for (size_t i = 0; i < symbols.size();) {
    const size_t left = symbols.size() - i;
    // No group of one.
    const size_t group = left == kGroup + 1 ? left : std::min(left, kGroup);
    absl::StrAppend(&code, code.empty() ? "" : "-",
                    absl::string_view(symbols).substr(i, group));
    i += group;
  }
  return code;
}

std::string CodeKey(absl::string_view secret, const ProgramId& program_id,
                    absl::string_view typed) {
  return HmacSha256(secret,
                    Joined({"code", program_id.text(), NormalizeCode(typed)}))
      .substr(0, kKeyBytes);
}

std::string LastSymbols(absl::string_view code) {
  const std::string normalized = NormalizeCode(code);
  return normalized.substr(normalized.size() -
                           std::min(normalized.size(), kGroup));
}

absl::Status RefuseUnknownCode(const TypedCode& typed) {
  const std::vector<CodeTemplate>& templates = typed.in_force.codes;
  const bool has_check =
      std::any_of(templates.begin(), templates.end(),
                  [](const CodeTemplate& of) { return !of.is_word(); }) &&
      std::all_of(
          templates.begin(), templates.end(),
          [](const CodeTemplate& of) { return of.is_word() || of.check; });
  const bool is_mistyped = has_check && !HasCheckSymbol(typed.text);
  return Refuse(Reason::kCodeNotFound,
                absl::StrCat("no code \"", typed.text, "\"",
                             is_mistyped ? "; it is mistyped" : ""),
                {{"code", std::string(typed.text)}});
}

CodeStanding StandingOf(const CodeState& code, absl::Time at) {
  if (code.is_void) return CodeStanding::kVoid;
  if (code.expire <= at) return CodeStanding::kExpired;
  if (code.uses > 0 && code.used >= code.uses) return CodeStanding::kUsed;
  return CodeStanding::kUsable;
}

absl::Status CheckUsable(const CodeState& code, const MemberId& member_id,
                         absl::Time at, const TypedCode& typed) {
  if (code.bound_to_member && code.member_id != member_id) {
    return RefuseUnknownCode(typed);
  }
  const std::string text(typed.text);
  switch (StandingOf(code, at)) {
    case CodeStanding::kVoid:
      return RefuseUnknownCode(typed);
    case CodeStanding::kExpired:
      return Refuse(
          Reason::kCodeExpired,
          absl::StrCat("the code \"", text, "\" expired at ",
                       absl::FormatTime(code.expire)),
          {{"code", text}, {"expire_time", absl::FormatTime(code.expire)}});
    case CodeStanding::kUsed:
      return Refuse(Reason::kCodeUsed,
                    absl::StrCat("the code \"", text, "\" was used ", code.used,
                                 " of ", code.uses, " times"),
                    {{"code", text}, {"uses", absl::StrCat(code.uses)}});
    case CodeStanding::kUsable:
      break;
  }
  if (!code.uses_per_member) return absl::OkStatus();
  if (member_id.empty()) {
    return Refuse(Reason::kCodeNotApplicable,
                  absl::StrCat("the code \"", text,
                               "\" is for members; the sale names none"),
                  {{"code", text}, {"condition", ""}});
  }
  if (code.used_by_member >= *code.uses_per_member) {
    return Refuse(Reason::kCodeUsed,
                  absl::StrCat("the member used the code \"", text, "\" ",
                               code.used_by_member, " of ",
                               *code.uses_per_member, " times"),
                  {{"code", text},
                   {"uses_per_member", absl::StrCat(*code.uses_per_member)}});
  }
  return absl::OkStatus();
}

}  // namespace pistis
