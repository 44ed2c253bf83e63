#include "tests/support/builders.h"

#include <cstdlib>
#include <iostream>
#include <optional>
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
  std::vector<OrderLine> lines(amounts_minor.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    lines[i].amount = Money(amounts_minor[i]);
  }
  return OrderWith(std::move(lines));
}

Order OrderWith(std::vector<OrderLine> lines) {
  Order order;
  order.order_id = OrderId("o1");
  order.lines = std::move(lines);
  for (size_t i = 0; i < order.lines.size(); ++i) {
    OrderLine& line = order.lines[i];
    if (line.line_id.empty()) line.line_id = absl::StrCat("l", i + 1);
    if (line.sku.empty()) line.sku = absl::StrCat("s", i + 1);
  }
  return order;
}

std::vector<Money> MoneyOf(const std::vector<int64_t>& minor) {
  std::vector<Money> amounts;
  amounts.reserve(minor.size());
  for (const int64_t amount : minor)
    amounts.emplace_back(amount);
  return amounts;
}

std::vector<int64_t> MinorOf(absl::Span<const Money> amounts) {
  std::vector<int64_t> minor;
  minor.reserve(amounts.size());
  for (const Money amount : amounts)
    minor.push_back(amount.value());
  return minor;
}

Money SumOf(absl::Span<const Money> amounts) {
  Money sum;
  for (const Money amount : amounts)
    sum += amount;
  return sum;
}

std::string RefusalOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::optional<Reason> reason = ReasonOf(status);
  if (!reason) return status.ToString();
  std::string refusal(ReasonName(*reason));
  if (*reason == Reason::kFieldInvalid) {
    const absl::string_view message = status.message();
    absl::StrAppend(&refusal, " ", message.substr(0, message.find(": ")));
  }
  return refusal;
}

}  // namespace pistis
