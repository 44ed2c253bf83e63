#include "engine/operations/verify_limits.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

constexpr size_t kNumberBytes = 8;
constexpr int kNames = 3;

std::string WindowName(absl::string_view window) {
  return absl::StrCat("limit ", Printable(window));
}

// Rule, member and name of the window, then a number.
bool IsWindow(absl::string_view rest) {
  for (int i = 0; i < kNames; ++i) {
    const size_t zero = rest.find('\0');
    if (zero == absl::string_view::npos) return false;
    rest.remove_prefix(zero + 1);
  }
  return rest.size() == kNumberBytes;
}

}  // namespace

void TellLimits(const LimitUseRecords& used, Uses which, Recount& recount) {
  for (const store::v1::LimitUseRecord& use : used) {
    if (which == Uses::kKept && !use.kept()) continue;
    const std::string name = WindowName(use.window());
    recount.tally().Count(Book::kLimitTimes, name, 1);
    recount.tally().Count(Book::kLimitPoints, name, use.points());
    recount.tally().Count(Book::kLimitDiscount, name, use.discount_minor());
  }
}

absl::Status VerifyLimits(Recount& recount) {
  return recount.Scan(
      {.letter = 'L', .stage = "limits"},
      [&](absl::string_view rest, absl::string_view value) {
        if (!IsWindow(rest)) {
          FindMalformedKey('L', rest, recount);
          return absl::OkStatus();
        }
        const std::string name = WindowName(rest);
        const auto record = recount.Parse<store::v1::LimitRecord>(value, name);
        if (!record) return absl::OkStatus();
        recount.tally().Claim(Book::kLimitTimes, name, record->times());
        recount.tally().Claim(Book::kLimitPoints, name, record->points());
        recount.tally().Claim(Book::kLimitDiscount, name,
                              record->discount_minor());
        return absl::OkStatus();
      });
}

}  // namespace pistis
