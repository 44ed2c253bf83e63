#include "engine/members/referral_code.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/codes/code.h"

namespace pistis {
namespace {

constexpr size_t kSymbols = 12;
constexpr size_t kGroup = 4;
constexpr size_t kSymbolKeyBytes = 16;

}  // namespace

std::string ReferralCode(absl::string_view secret, const ProgramId& program,
                         const MemberId& member, absl::string_view prefix) {
  // The length of the first part tells where it ends.
  const std::string of = absl::StrCat("referral:", program.text().size(), ":",
                                      program.text(), member.text());
  const std::string symbols =
      Base32Symbols(HmacSha256(secret, of), static_cast<int>(kSymbols));
  std::string code(prefix);
  for (size_t i = 0; i < kSymbols; i += kGroup) {
    absl::StrAppend(&code, code.empty() ? "" : "-",
                    absl::string_view(symbols).substr(i, kGroup));
  }
  return code;
}

std::string ReferralKey(absl::string_view secret, const ProgramId& program,
                        absl::string_view code) {
  const std::string normal = NormalizeCode(code);
  const std::string symbols =
      normal.substr(normal.size() - std::min(normal.size(), kSymbols));
  return HmacSha256(secret, absl::StrCat("referral-key:", program.text().size(),
                                         ":", program.text(), symbols))
      .substr(0, kSymbolKeyBytes);
}

}  // namespace pistis
