// Builders of orders and rulebooks, for tests that say only what matters.
#ifndef PISTIS_TESTS_SUPPORT_BUILDERS_H_
#define PISTIS_TESTS_SUPPORT_BUILDERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

#include "engine/base/refusal.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// "program: shop, currency: EUR, time_zone: UTC" and then `yaml`, compiled as
// version 1. A rulebook that does not compile ends the test program.
[[nodiscard]] Rulebook RulebookOf(const std::string& yaml);

// A line "l1", "l2", ... per amount, each one unit of sku "s1", "s2", ...
[[nodiscard]] Order OrderOf(const std::vector<int64_t>& amounts_minor);

// The same of whole lines; what they do not name gets a name like these.
[[nodiscard]] Order OrderWith(std::vector<OrderLine> lines);

// Minor units as money, and back.
[[nodiscard]] std::vector<Money> MoneyOf(const std::vector<int64_t>& minor);
[[nodiscard]] std::vector<int64_t> MinorOf(absl::Span<const Money> amounts);

// The sum of amounts.
[[nodiscard]] Money SumOf(absl::Span<const Money> amounts);

// "FIELD_INVALID order.lines[2].quantity" for a refused field, "CODE_USED" for
// another refusal, "OK", or the status itself where it is no refusal.
[[nodiscard]] std::string RefusalOf(const absl::Status& status);

}  // namespace pistis

#endif  // PISTIS_TESTS_SUPPORT_BUILDERS_H_
