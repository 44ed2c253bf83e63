#include "engine/operations/paging.h"

#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/refusal.h"

namespace pistis {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;

}  // namespace

absl::StatusOr<int> ParsePageSize(int32_t page_size) {
  if (page_size < 0 || page_size > kMaxPageSize) {
    return RefuseField("page_size", absl::StrCat("is ", page_size, "; 0 to ",
                                                 kMaxPageSize, " are allowed"));
  }
  return page_size == 0 ? kDefaultPageSize : page_size;
}

std::string PageToken(absl::string_view method, int64_t number) {
  return absl::WebSafeBase64Escape(absl::StrCat(method, ":", number));
}

absl::StatusOr<int64_t> ParsePageToken(absl::string_view method,
                                       const std::string& token) {
  if (token.empty()) return 0;
  std::string text;
  int64_t number = 0;
  const bool decoded = absl::WebSafeBase64Unescape(token, &text);
  absl::string_view rest = text;
  if (!decoded || !absl::ConsumePrefix(&rest, absl::StrCat(method, ":")) ||
      !absl::SimpleAtoi(rest, &number) || number < 1 ||
      number == std::numeric_limits<int64_t>::max()) {
    return RefuseField("page_token",
                       absl::StrCat("is none that ", method,
                                    " gave; leave it empty for the first "
                                    "page"));
  }
  return number;
}

}  // namespace pistis
