#include "engine/operations/budget_uses.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

using store::v1::BudgetUseRecord;
using store::v1::LimitRecord;

// The parts of a budget that are told of, the highest first.
constexpr std::array<int, 3> kToldPercents = {100, 80, 50};

BudgetUse ToUse(const LimitRecord& record) {
  return {.times = record.times(),
          .points = Points(record.points()),
          .discount = Money(record.discount_minor()),
          .sales = Money(record.sales_minor())};
}

LimitRecord ToRecord(const BudgetUse& use) {
  LimitRecord record;
  record.set_times(use.times);
  record.set_points(use.points.value());
  record.set_discount_minor(use.discount.value());
  record.set_sales_minor(use.sales.value());
  return record;
}

absl::CivilDay DayOf(const LimitQuestion& question) {
  return absl::ToCivilDay(question.time, question.zone);
}

bool IsSpentTo(int percent, int64_t used, int64_t most) {
  return used > 0 && Int128{used} * 100 >= Int128{most} * percent;
}

// The highest told part to which any measure of the budget is spent; 0: none.
int ToldPercent(const Budget& budget, const BudgetUse& use) {
  const std::optional<Money> most = MostDiscount(budget, use);
  for (const int percent : kToldPercents) {
    if ((most && IsSpentTo(percent, use.discount.value(), most->value())) ||
        (budget.max_points &&
         IsSpentTo(percent, use.points.value(), budget.max_points->value())) ||
        (budget.max_times &&
         IsSpentTo(percent, use.times, *budget.max_times))) {
      return percent;
    }
  }
  return 0;
}

v1::BudgetReached Reached(const Budget& budget, const std::string& of,
                          const BudgetUse& use, int percent) {
  v1::BudgetReached reached;
  reached.set_budget_id(budget.id);
  reached.set_of(of);
  reached.set_percent(percent);
  reached.set_discount_minor(use.discount.value());
  reached.set_max_discount_minor(
      MostDiscount(budget, use).value_or(Money()).value());
  reached.set_points(use.points.value());
  reached.set_max_points(budget.max_points.value_or(Points()).value());
  reached.set_times(use.times);
  reached.set_max_times(budget.max_times.value_or(0));
  return reached;
}

std::string WindowDay(const Budget& budget, absl::CivilDay day) {
  if (budget.window == LimitWindow::kEver) return "";
  return absl::FormatCivilTime(WindowStart(budget.window, day));
}

BudgetUseRecord UseOf(const BudgetGift& gift, const std::string& window) {
  BudgetUseRecord use;
  use.set_window(window);
  use.set_discount_minor(gift.discount.value());
  use.set_points(gift.points.value());
  use.set_sales_minor(gift.sales.value());
  use.set_times(gift.times);
  use.set_keeps_times(gift.keeps_times);
  for (const int place : gift.discounts)
    use.add_discounts(place);
  return use;
}

// All of it but what stays.
LimitRecord ToGiveBack(const BudgetUseRecord& use) {
  LimitRecord all = SumOf(use);
  if (use.keeps_times()) all.clear_times();
  return all;
}

// Gives back what `back` says that should be given back by now.
absl::Status GiveBackTo(const LimitRecord& back, const Reader& reader,
                        const ProgramId& program, BudgetUseRecord& use,
                        WriteSet& writes) {
  const LimitRecord change = Minus(use.returned(), back);
  if (change.SerializeAsString().empty()) return absl::OkStatus();
  *use.mutable_returned() = back;
  return CorrectWindow(
      reader, {.program = program, .window = use.window(), .use = change},
      writes);
}

// The part of the discounts a budget counts that has come back with the lines.
absl::StatusOr<Money> DiscountBack(const BudgetUseRecord& use,
                                   const store::v1::OrderRecord& order) {
  if (use.discount_minor() == 0) return Money();
  Money back;
  const auto part_of = [](const store::v1::OrderLineRecord& line,
                          int64_t discount) {
    if (line.amount_minor() == 0) return Money();
    return Money(
        MulDivDown(discount, line.returned_minor(), line.amount_minor()));
  };
  if (use.discounts().empty()) {
    for (const store::v1::OrderLineRecord& line : order.lines())
      back += part_of(line, line.discount_minor());
    return std::min(back, Money(use.discount_minor()));
  }
  v1::CommitOrderResponse reply;
  if (!reply.ParseFromString(order.reply())) {
    return RecordCorrupt("OrderRecord");
  }
  std::map<std::string, int64_t> by_line;
  for (const int place : use.discounts()) {
    if (place < 0 || place >= reply.quote().discounts_size()) {
      return RecordCorrupt("OrderRecord");
    }
    for (const v1::LineShare& share : reply.quote().discounts(place).shares())
      by_line[share.line_id()] += share.amount_minor();
  }
  for (const store::v1::OrderLineRecord& line : order.lines()) {
    const auto found = by_line.find(line.line_id());
    if (found != by_line.end()) back += part_of(line, found->second);
  }
  return std::min(back, Money(use.discount_minor()));
}

// The part of the net sales that has come back with the lines, rounded against
// the budget.
absl::StatusOr<Money> SalesBack(const Rulebook& of_sale,
                                const store::v1::OrderRecord& order) {
  v1::Order sold;
  if (!sold.ParseFromString(order.order()) ||
      sold.lines_size() != order.lines_size()) {
    return RecordCorrupt("OrderRecord");
  }
  Money back;
  for (int i = 0; i < order.lines_size(); ++i) {
    const store::v1::OrderLineRecord& line = order.lines(i);
    if (line.returned_minor() == 0) continue;
    const OrderLine of{.category = sold.lines(i).category(),
                       .amount = Money(line.amount_minor()),
                       .tax = Money(sold.lines(i).tax_minor())};
    const Money net = NetSales(of_sale, of, Money(line.discount_minor()));
    back += Money(
        MulDivUp(net.value(), line.returned_minor(), line.amount_minor()));
  }
  return back;
}

// What should have been given back by now of what `order` used. Which points of
// a part of its rules have gone back with a part of its lines nobody knows:
// those come back with the whole of it.
absl::StatusOr<LimitRecord> DueBack(const BudgetUseRecord& use,
                                    const Rulebook& of_sale,
                                    const store::v1::OrderRecord& order) {
  if (order.refunded().whole()) return ToGiveBack(use);
  LimitRecord due;
  PISTIS_ASSIGN_OR_RETURN(const Money discount, DiscountBack(use, order));
  due.set_discount_minor(discount.value());
  if (use.sales_minor() != 0) {
    PISTIS_ASSIGN_OR_RETURN(const Money sales, SalesBack(of_sale, order));
    due.set_sales_minor(std::min(sales.value(), use.sales_minor()));
  }
  if (use.points() == order.points_earned()) {
    due.set_points(
        std::min(order.refunded().points_clawed_back(), use.points()));
  }
  return due;
}

}  // namespace

LimitRecord SumOf(const BudgetUseRecord& use) {
  LimitRecord record;
  record.set_times(use.times());
  record.set_points(use.points());
  record.set_discount_minor(use.discount_minor());
  record.set_sales_minor(use.sales_minor());
  return record;
}

WindowSeries SeriesOf(const ProgramId& program, const Budget& budget,
                      const std::string& of) {
  return {.program = program,
          .holder = absl::StrCat("budget/", budget.id),
          .of = of,
          .window = budget.window,
          .windows = budget.windows};
}

BudgetBook BudgetsInStore(LimitQuestion question, const Rulebook& rulebook) {
  return [question = std::move(question),
          &rulebook](const BudgetSum& sum) -> absl::StatusOr<BudgetUse> {
    PISTIS_ASSIGN_OR_RETURN(
        const LimitRecord record,
        ReadWindow(
            question.reader,
            SeriesOf(question.program, rulebook.budgets[sum.budget], sum.of),
            DayOf(question)));
    return ToUse(record);
  };
}

BudgetBook BudgetsSeen::Book() {
  if (!book_) return nullptr;
  return [this](const BudgetSum& sum) -> absl::StatusOr<BudgetUse> {
    const auto known = seen_.find(sum);
    if (known != seen_.end()) return known->second;
    PISTIS_ASSIGN_OR_RETURN(const BudgetUse use, book_(sum));
    seen_.emplace(sum, use);
    return use;
  };
}

void BudgetsSeen::KeepIn(store::v1::OrderRecord& order) const {
  for (const auto& [sum, use] : seen_) {
    if (use == BudgetUse()) continue;
    store::v1::BudgetSeenRecord& record = *order.add_budgets_seen();
    record.set_budget(static_cast<int>(sum.budget));
    record.set_of(sum.of);
    *record.mutable_use() = ToRecord(use);
  }
}

BudgetBook BudgetsAsSeen(const store::v1::OrderRecord& order) {
  std::map<BudgetSum, BudgetUse> seen;
  for (const store::v1::BudgetSeenRecord& record : order.budgets_seen()) {
    seen[{.budget = static_cast<size_t>(record.budget()), .of = record.of()}] =
        ToUse(record.use());
  }
  return [seen = std::move(seen)](
             const BudgetSum& sum) -> absl::StatusOr<BudgetUse> {
    const auto found = seen.find(sum);
    return found == seen.end() ? BudgetUse() : found->second;
  };
}

absl::StatusOr<ChargedBudgets> ChargeBudgets(
    const LimitQuestion& question, const Rulebook& rulebook,
    const std::vector<BudgetGift>& gifts, WriteSet& writes) {
  ChargedBudgets charged;
  for (const BudgetGift& gift : gifts) {
    const Budget& budget = rulebook.budgets[gift.sum.budget];
    const WindowSeries series = SeriesOf(question.program, budget, gift.sum.of);
    const absl::CivilDay day = DayOf(question);
    const std::string window = StoredWindow(series, day);
    charged.uses.push_back(UseOf(gift, window));
    LimitRecord use = SumOf(charged.uses.back());
    PISTIS_ASSIGN_OR_RETURN(const LimitRecord before,
                            ReadWindow(question.reader, series, day));
    const BudgetUse after = ToUse(Plus(before, use));
    const int percent = ToldPercent(budget, after);
    const int told = budget.windows > 1 ? ToldPercent(budget, ToUse(before))
                                        : before.told_percent();
    if (percent > told && budget.scope != BudgetScope::kMember) {
      use.set_told_percent(percent);
      charged.reached.push_back(Reached(budget, gift.sum.of, after, percent));
      charged.reached.back().set_window_day(WindowDay(budget, day));
    }
    const int lengths[] = {budget.windows};
    PISTIS_RETURN_IF_ERROR(ChargeWindow(
        question.reader,
        {.program = question.program, .window = window, .use = use},
        absl::MakeConstSpan(lengths, budget.windows > 1 ? 1 : 0), writes));
  }
  return charged;
}

absl::Status GiveBackBudgets(const Reader& reader, const ProgramId& program,
                             BudgetUseRecords& uses, WriteSet& writes) {
  for (BudgetUseRecord& use : uses) {
    PISTIS_RETURN_IF_ERROR(
        GiveBackTo(ToGiveBack(use), reader, program, use, writes));
  }
  return absl::OkStatus();
}

absl::Status ReturnBudgets(const Reader& reader, const ReturnedOrder& returned,
                           WriteSet& writes) {
  const ProgramId& program = returned.program;
  store::v1::OrderRecord& order = returned.order;
  for (BudgetUseRecord& use : *order.mutable_budgets_used()) {
    PISTIS_ASSIGN_OR_RETURN(const LimitRecord back,
                            DueBack(use, returned.of_sale, order));
    PISTIS_RETURN_IF_ERROR(GiveBackTo(back, reader, program, use, writes));
  }
  return absl::OkStatus();
}

}  // namespace pistis
