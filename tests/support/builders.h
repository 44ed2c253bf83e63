// Builders of orders and rulebooks, for tests that say only what matters.
#ifndef PISTIS_TESTS_SUPPORT_BUILDERS_H_
#define PISTIS_TESTS_SUPPORT_BUILDERS_H_

#include <string>
#include <vector>

#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// "program: shop, currency: EUR, time_zone: UTC" and then `yaml`, compiled as
// version 1. A rulebook that does not compile ends the test program.
[[nodiscard]] Rulebook RulebookOf(const std::string& yaml);

// A line "l1", "l2", ... per amount, each one unit of sku "s1", "s2", ...
[[nodiscard]] Order OrderOf(const std::vector<int64_t>& amounts_minor);

}  // namespace pistis

#endif  // PISTIS_TESTS_SUPPORT_BUILDERS_H_
