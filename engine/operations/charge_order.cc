#include "engine/operations/charge_order.h"

#include <memory>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/limits_seen.h"
#include "engine/operations/member_standing.h"
#include "engine/operations/window_sums.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

void KeepLines(const Order& order, const PricedSale& sale,
               store::v1::OrderRecord& record) {
  const std::vector<SoldLine>& sold = sale.priced.sold;
  for (size_t i = 0; i < sold.size(); ++i) {
    const SoldLine& line = sold[i];
    store::v1::OrderLineRecord* stored = record.add_lines();
    stored->set_line_id(line.line_id);
    stored->set_quantity(line.quantity);
    stored->set_amount_minor(line.amount.value());
    stored->set_discount_minor(line.discount.value());
    stored->set_redeemed_minor(line.redeemed.value());
    stored->set_paid_minor(line.paid.value());
    stored->set_points(line.points.value());
    if (const auto cost = sale.loaded.CatalogueCost(order, i)) {
      stored->set_catalogue_cost_minor(cost->value());
    }
  }
}

void KeepPriced(const OrderInput& input, const PricedSale& sale,
                store::v1::OrderRecord& record) {
  const PricedOrder& priced = sale.priced;
  record.set_order(input.order_bytes);
  if (input.order.identifier) {
    // Appended fields merge when they are parsed.
    v1::Order buyer;
    buyer.set_member_id(sale.member().text());
    record.mutable_order()->append(buyer.SerializeAsString());
  }
  record.set_member_id(sale.member().text());
  record.set_rulebook_version(sale.loaded.rulebook->version);
  KeepLines(input.order, sale, record);
  if (sale.loaded.ledger) FillRecord(sale.facts, *record.mutable_facts());
  record.set_shipping_minor(input.order.shipping.value());
  record.set_shipping_discount_minor(priced.grant.shipping_discount.value());
  record.set_points_earned(priced.earned.points.value());
  record.set_points_redeemed(priced.grant.redeemed_points.value());
  record.set_redeemed_minor(priced.grant.redeemed.value());
  record.set_tier_points(sale.loaded.ledger ? priced.earned.tier_points.value()
                                            : 0);
  if (priced.grant.margin) {
    record.set_margin_before_minor(priced.grant.margin->before().value());
  }
}

std::vector<BudgetGift> GiftsToCharge(Charge what,
                                      std::vector<BudgetGift> gifts) {
  if (what == Charge::kAll) return gifts;
  std::vector<BudgetGift> charged;
  for (BudgetGift& gift : gifts) {
    if (what == Charge::kSales) {
      if (gift.sales.is_zero()) continue;
      charged.push_back({.sum = std::move(gift.sum), .sales = gift.sales});
    } else if (gift.times > 0) {
      gift.sales = Money();
      charged.push_back(std::move(gift));
    }
  }
  return charged;
}

// The member's own uses of the codes whose templates limit those.
std::vector<store::v1::LimitUseRecord> MemberUsesOf(const PricedSale& sale) {
  std::vector<store::v1::LimitUseRecord> uses;
  for (size_t i = 0; i < sale.loaded.codes.size(); ++i) {
    const LoadedCode& code = sale.loaded.codes[i];
    if (!code.apply.code_template->uses_per_member) continue;
    if (sale.priced.codes[i].is_nothing()) continue;
    store::v1::LimitUseRecord& use = uses.emplace_back();
    use.set_window(MemberUsesWindow(code.hash, sale.member()));
    use.set_kept(code.keeps_uses());
  }
  return uses;
}

// A code that the caps cut to nothing is not used up.
absl::Status ChargeCodes(const SaleAt& at, PricedSale& sale, Journal& journal,
                         store::v1::OrderRecord& record) {
  for (size_t i = 0; i < sale.loaded.codes.size(); ++i) {
    LoadedCode& code = sale.loaded.codes[i];
    if (sale.priced.codes[i].is_nothing()) continue;
    code.record.set_used(code.record.used() + 1);
    PutRecord(CodeIndexKey(at.program, code.hash), code.record,
              journal.writes());
    record.add_codes_used(code.hash);
    journal.totals().set_codes_used(journal.totals().codes_used() + 1);
  }
  for (store::v1::LimitUseRecord& use : MemberUsesOf(sale)) {
    store::v1::LimitRecord once;
    once.set_times(1);
    PISTIS_RETURN_IF_ERROR(ChargeWindow(
        at.reader, {.program = at.program, .window = use.window(), .use = once},
        {}, journal.writes()));
    *record.add_limits_used() = std::move(use);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<OrderInput> ShapeOrder(const v1::Order& order, absl::Time now) {
  OrderInput input;
  PISTIS_ASSIGN_OR_RETURN(input.order,
                          ParseOrder(order, OrderUse::kCommit, now));
  PISTIS_RETURN_IF_ERROR(CheckBuyer(input.order));
  if (order.has_identifier()) {
    v1::Order without = order;
    without.clear_identifier();
    input.order_bytes = StableBytes(without);
  } else {
    input.order_bytes = StableBytes(order);
  }
  return input;
}

std::string StoredFingerprint(const OperationEnv& env,
                              const OrderInput& input) {
  return input.order.identifier
             ? KeyedFingerprint(env.secret, input.fingerprint)
             : input.fingerprint;
}

absl::StatusOr<PricedSale> PriceSale(const SaleAt& at, const OrderInput& input,
                                     store::v1::OrderRecord& record) {
  PricedSale sale;
  if (input.may_look && !input.order.codes.empty()) {
    PISTIS_RETURN_IF_ERROR(input.may_look(at.context.now));
  }
  PISTIS_ASSIGN_OR_RETURN(
      sale.loaded,
      LoadOrder(at.env, at.reader, input.program, input.order, at.context.now));
  const LoadedOrder& loaded = sale.loaded;
  sale.facts = loaded.Facts();
  const std::vector<CodeToApply> codes = loaded.CodesToApply();
  // What fell due to the member in this commit may have used budgets.
  const OverlayReader reader(
      at.reader, {loaded.ledger ? &loaded.ledger->writes() : nullptr});
  const LimitQuestion question = loaded.Limits(reader, at.program);
  LimitsSeen limits_seen({.rulebook = *loaded.rulebook, .codes = codes},
                         LimitsInStore(question));
  BudgetsSeen budgets_seen(BudgetsInStore(question, *loaded.rulebook));
  PISTIS_ASSIGN_OR_RETURN(sale.priced,
                          PriceOrder({.rulebook = *loaded.rulebook,
                                      .order = loaded.WithCosts(input.order),
                                      .member = sale.facts,
                                      .time = loaded.sold,
                                      .limits = limits_seen.Book(),
                                      .budgets = budgets_seen.Book()},
                                     codes));
  limits_seen.KeepIn(record);
  budgets_seen.KeepIn(record);
  KeepPriced(input, sale, record);
  return sale;
}

absl::Status ChargeOrder(const SaleAt& at, Charge what, PricedSale& sale,
                         Journal& journal, store::v1::OrderRecord& record) {
  WriteSet& writes =
      sale.loaded.ledger ? sale.loaded.ledger->writes() : journal.writes();
  const OverlayReader reader(at.reader, {&writes});
  const LimitQuestion question = sale.loaded.Limits(reader, at.program);
  PISTIS_ASSIGN_OR_RETURN(
      ChargedBudgets budgets,
      ChargeBudgets(question, *sale.loaded.rulebook,
                    GiftsToCharge(what, sale.priced.budgeted), writes));
  for (store::v1::BudgetUseRecord& use : budgets.uses)
    *record.add_budgets_used() = std::move(use);
  sale.reached = std::move(budgets.reached);
  if (what == Charge::kSales) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<store::v1::LimitUseRecord> limits_used,
      ChargeLimits(question, sale.priced.gifts, writes));
  for (const store::v1::LimitUseRecord& use : limits_used)
    *record.add_limits_used() = use;
  return ChargeCodes(at, sale, journal, record);
}

void AnnounceBudgets(const PricedSale& sale, Journal& journal) {
  for (const v1::BudgetReached& reached : sale.reached) {
    *journal
         .AddEvent(sale.loaded.effective, MemberId(),
                   sale.loaded.rulebook->version)
         .mutable_budget_reached() = reached;
  }
}

void FreeCode(const std::string& key, store::v1::CodeRecord code,
              WriteSet& writes) {
  code.set_used(code.used() - 1);
  PutRecord(key, code, writes);
}

}  // namespace pistis
