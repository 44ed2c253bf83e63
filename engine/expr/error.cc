#include "engine/expr/error.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace pistis::expr {
namespace {

constexpr char kPayloadUrl[] = "pistis.expr.ExprError";

}  // namespace

Position PositionOf(absl::string_view source, int offset) {
  const size_t end =
      std::min(source.size(), static_cast<size_t>(std::max(offset, 0)));
  Position position;
  for (const char byte : source.substr(0, end)) {
    const bool continues_code_point =
        (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
    if (byte == '\n') {
      ++position.line;
      position.column = 1;
    } else if (!continues_code_point) {
      ++position.column;
    }
  }
  return position;
}

absl::Status MakeExprError(absl::string_view source, const ExprError& error) {
  return MakeExprError(absl::StatusCode::kInvalidArgument, source, error);
}

absl::Status MakeExprError(absl::StatusCode code, absl::string_view source,
                           const ExprError& error) {
  const Position position = PositionOf(source, error.offset);
  absl::Status status(code, absl::StrCat(position.line, ":", position.column,
                                         ": ", error.message));
  status.SetPayload(kPayloadUrl,
                    absl::Cord(absl::StrCat(error.offset, ":", error.message)));
  return status;
}

std::optional<ExprError> ExprErrorOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  const std::string text(*payload);
  const size_t colon = text.find(':');
  ExprError error;
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(text.substr(0, colon), &error.offset)) {
    return std::nullopt;
  }
  error.message = text.substr(colon + 1);
  return error;
}

}  // namespace pistis::expr
