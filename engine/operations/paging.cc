#include "engine/operations/paging.h"

#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 1000;

absl::Status RefuseToken(absl::string_view method) {
  return RefuseField("page_token", absl::StrCat("is none that ", method,
                                                " gave; leave it empty for "
                                                "the first page"));
}

}  // namespace

absl::StatusOr<int> ParsePageSize(int32_t page_size) {
  if (page_size < 0 || page_size > kMaxPageSize) {
    return RefuseField("page_size", absl::StrCat("is ", page_size, "; 0 to ",
                                                 kMaxPageSize, " are allowed"));
  }
  return page_size == 0 ? kDefaultPageSize : page_size;
}

std::string PageToken(absl::string_view method, int64_t number) {
  return NamePageToken(method, absl::StrCat(number));
}

std::string NamePageToken(absl::string_view method, absl::string_view name) {
  return absl::WebSafeBase64Escape(absl::StrCat(method, ":", name));
}

absl::StatusOr<std::string> ParseNamePageToken(absl::string_view method,
                                               const std::string& token) {
  if (token.empty()) return token;
  std::string text;
  const bool decoded = absl::WebSafeBase64Unescape(token, &text);
  absl::string_view rest = text;
  if (!decoded || !absl::ConsumePrefix(&rest, absl::StrCat(method, ":")) ||
      rest.empty()) {
    return RefuseToken(method);
  }
  return std::string(rest);
}

absl::StatusOr<int64_t> ParsePageToken(absl::string_view method,
                                       const std::string& token) {
  PISTIS_ASSIGN_OR_RETURN(const std::string name,
                          ParseNamePageToken(method, token));
  if (name.empty()) return 0;
  int64_t number = 0;
  if (!absl::SimpleAtoi(name, &number) || number < 1 ||
      number == std::numeric_limits<int64_t>::max()) {
    return RefuseToken(method);
  }
  return number;
}

}  // namespace pistis
