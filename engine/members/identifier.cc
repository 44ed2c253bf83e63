#include "engine/members/identifier.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"

namespace pistis {
namespace {

constexpr size_t kMaxKindBytes = 32;
constexpr size_t kMaxValueBytes = 256;
constexpr size_t kKeyBytes = 16;
constexpr int kMemberIdSymbols = 20;

bool IsKindSymbol(char symbol) {
  return absl::ascii_islower(static_cast<unsigned char>(symbol)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(symbol)) ||
         symbol == '-' || symbol == '_';
}

}  // namespace

absl::Status CheckIdentifier(absl::string_view field, absl::string_view kind,
                             absl::string_view value) {
  if (kind.empty() || kind.size() > kMaxKindBytes ||
      !std::all_of(kind.begin(), kind.end(), IsKindSymbol)) {
    return RefuseField(absl::StrCat(field, ".kind"),
                       "is no kind; 1 to 32 of a-z, 0-9, '-', '_' are wanted, "
                       "such as \"card\"");
  }
  if (absl::StripAsciiWhitespace(value).empty()) {
    return RefuseField(absl::StrCat(field, ".value"), "is missing");
  }
  if (value.size() > kMaxValueBytes) {
    return RefuseField(absl::StrCat(field, ".value"),
                       absl::StrCat("has ", value.size(), " bytes; at most ",
                                    kMaxValueBytes, " are allowed"));
  }
  return absl::OkStatus();
}

std::string IdentifierKey(absl::string_view secret, const ProgramId& program_id,
                          absl::string_view kind, absl::string_view value) {
  std::string trimmed(absl::StripAsciiWhitespace(value));
  if (kind == "email") absl::AsciiStrToLower(&trimmed);
  return HmacSha256(secret, absl::StrCat("identifier ", program_id.text(), " ",
                                         kind, " ", trimmed))
      .substr(0, kKeyBytes);
}

MemberId DeriveMemberId(absl::string_view secret, const ProgramId& program_id,
                        const RequestId& request_id) {
  return MemberId(absl::StrCat(
      "m-", absl::AsciiStrToLower(Base32Symbols(
                HmacSha256(secret, absl::StrCat("member ", program_id.text(),
                                                " ", request_id.text())),
                kMemberIdSymbols))));
}

}  // namespace pistis
