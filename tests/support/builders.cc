#include "tests/support/builders.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile.h"

namespace pistis {

Rulebook RulebookOf(const std::string& yaml) {
  absl::StatusOr<Rulebook> rulebook = CompileYaml(
      absl::StrCat("program: shop\ncurrency: EUR\ntime_zone: UTC\n", yaml), 1);
  if (!rulebook.ok()) {
    std::cerr << "the test's rulebook does not compile: " << rulebook.status()
              << "\n";
    std::abort();
  }
  return *std::move(rulebook);
}

Order OrderOf(const std::vector<int64_t>& amounts_minor) {
  Order order;
  order.order_id = OrderId("o1");
  for (size_t i = 0; i < amounts_minor.size(); ++i) {
    OrderLine line;
    line.line_id = absl::StrCat("l", i + 1);
    line.sku = absl::StrCat("s", i + 1);
    line.amount = Money(amounts_minor[i]);
    order.lines.push_back(std::move(line));
  }
  return order;
}

}  // namespace pistis
