// Identities as distinct types: a member is never passed where an order is
// wanted.
#ifndef PISTIS_ENGINE_BASE_IDS_H_
#define PISTIS_ENGINE_BASE_IDS_H_

#include <compare>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace pistis {

// The longest id, in bytes.
inline constexpr size_t kMaxIdLength = 128;

// True for 1 to kMaxIdLength printable ASCII characters without spaces: what
// shops and tills use for order numbers ("#1001", "S1/2026-0042"). Stored keys
// rely on it: no id holds a zero byte.
[[nodiscard]] bool IsWellFormedId(absl::string_view text);

// A named string. Value type; holds whatever it was given, well-formed or not.
template <typename Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}
  explicit Id(absl::string_view text) : text_(text) {}
  explicit Id(const char* text) : text_(text) {}

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  friend auto operator<=>(const Id&, const Id&) = default;

 private:
  std::string text_;
};

using ProgramId = Id<struct ProgramIdTag>;
using MemberId = Id<struct MemberIdTag>;
using OrderId = Id<struct OrderIdTag>;
using RefundId = Id<struct RefundIdTag>;
using RequestId = Id<struct RequestIdTag>;
using HoldId = Id<struct HoldIdTag>;
using ReservationId = Id<struct ReservationIdTag>;
using CaseId = Id<struct CaseIdTag>;

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_IDS_H_
