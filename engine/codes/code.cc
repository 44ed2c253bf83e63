#include "engine/codes/code.h"

#include <algorithm>

#include "absl/strings/ascii.h"
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
                       const OrderId& order_id,
                       const CodeTemplate& code_template) {
  const std::string symbols = Base32Symbols(
      HmacSha256(secret, Joined({"issue", program_id.text(), order_id.text(),
                                 code_template.id})),
      code_template.symbols);
  std::string code = code_template.prefix;
  for (size_t i = 0; i < symbols.size(); i += kGroup) {
    absl::StrAppend(&code, code.empty() ? "" : "-",
                    absl::string_view(symbols).substr(i, kGroup));
  }
  return code;
}

std::string NormalizeCode(absl::string_view typed) {
  std::string code;
  for (const char typed_symbol : typed) {
    const char symbol =
        absl::ascii_toupper(static_cast<unsigned char>(typed_symbol));
    if (symbol == 'O') {
      code.push_back('0');
    } else if (symbol == 'I' || symbol == 'L') {
      code.push_back('1');
    } else if (absl::ascii_isalnum(static_cast<unsigned char>(symbol))) {
      code.push_back(symbol);
    }
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

absl::Status RefuseUnknownCode(absl::string_view typed) {
  return Refuse(Reason::kCodeNotFound, absl::StrCat("no code \"", typed, "\""),
                {{"code", std::string(typed)}});
}

absl::Status CheckUsable(const CodeState& code, const MemberId& member_id,
                         absl::Time at, absl::string_view typed) {
  if (code.bound_to_member && code.member_id != member_id) {
    return RefuseUnknownCode(typed);
  }
  if (code.expire <= at) {
    return Refuse(Reason::kCodeExpired,
                  absl::StrCat("the code \"", typed, "\" expired at ",
                               absl::FormatTime(code.expire)),
                  {{"code", std::string(typed)},
                   {"expire_time", absl::FormatTime(code.expire)}});
  }
  if (code.used >= code.uses) {
    return Refuse(
        Reason::kCodeUsed,
        absl::StrCat("the code \"", typed, "\" was used ", code.used, " of ",
                     code.uses, " times"),
        {{"code", std::string(typed)}, {"uses", absl::StrCat(code.uses)}});
  }
  return absl::OkStatus();
}

}  // namespace pistis
