// A shop with budgets, and what its tests ask of it.
#ifndef PISTIS_ENGINE_OPERATIONS_BUDGET_SHOP_TEST_H_
#define PISTIS_ENGINE_OPERATIONS_BUDGET_SHOP_TEST_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {

class BudgetShopTest : public testing::Test {
 protected:
  void Open(absl::string_view yaml) {
    OpenWith(yaml, shop_);
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ben")).ok());
  }

  v1::CommitOrderResponse Commit(const v1::CommitOrderRequest& sale) {
    const auto sold = shop_.Commit(sale);
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.ok() ? *sold : v1::CommitOrderResponse();
  }
  v1::Quote Sell(absl::string_view order, absl::string_view member,
                 const std::vector<int64_t>& amounts) {
    return Commit(SaleRequest(order, member, amounts)).quote();
  }
  // The discount of a sale of 5.00 that is told late.
  int64_t SellLate(absl::string_view order, absl::string_view placed) {
    v1::CommitOrderRequest sale = SaleRequest(order, "", {500});
    *sale.mutable_order()->mutable_placed_time() =
        ToTimestamp(TimeAt(placed, Athens()));
    return Commit(sale).quote().discount_minor();
  }
  // The discount of a sale of 10.00 there.
  int64_t SellAt(absl::string_view order, const std::string& store,
                 const std::string& terminal) {
    v1::CommitOrderRequest sale = SaleRequest(order, "ann", {1000});
    sale.mutable_order()->set_store_id(store);
    sale.mutable_order()->set_terminal_id(terminal);
    return Commit(sale).quote().discount_minor();
  }
  void Return(absl::string_view order, absl::string_view refund,
              int64_t first_line_minor) {
    v1::RefundOrderRequest request = RefundRequest(order, refund);
    if (first_line_minor > 0) {
      v1::RefundLine* line = request.add_lines();
      line->set_line_id("l1");
      line->set_amount_minor(first_line_minor);
    }
    const auto refunded = shop_.Refund(request);
    EXPECT_TRUE(refunded.ok()) << refunded.status();
  }

  // What the only window of the budget has come to, and its parts.
  [[nodiscard]] store::v1::LimitRecord SumOf(const std::string& budget) const {
    store::v1::LimitRecord sum;
    for (const auto& [key, value] : shop_.All()) {
      const bool is_it =
          key[0] == 'L' &&
          key.find(absl::StrCat("budget/", budget)) != std::string::npos &&
          key.find("rolling") == std::string::npos;
      if (!is_it) continue;
      EXPECT_TRUE(sum.MergeFromString(value));
    }
    return sum;
  }

  [[nodiscard]] std::vector<v1::BudgetReached> Reached() const {
    std::vector<v1::BudgetReached> reached;
    const auto events = shop_.Events(ProgramId(kShop), "");
    EXPECT_TRUE(events.ok());
    for (const v1::Event& event : *events) {
      if (event.has_budget_reached()) reached.push_back(event.budget_reached());
    }
    return reached;
  }

  void ExpectSound() const {
    EXPECT_EQ(Audit(shop_, ProgramId(kShop)), std::vector<std::string>());
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00", Athens())};
  TestShop shop_{store_, clock_};
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_BUDGET_SHOP_TEST_H_
