#include "engine/operations/margin_facts.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/codes/code.h"
#include "engine/margin/earned_room.h"
#include "engine/margin/guard.h"
#include "engine/operations/catalogue.h"
#include "engine/operations/load_order.h"
#include "engine/operations/price_order.h"
#include "engine/operations/refund_order.h"
#include "engine/order/order.h"
#include "engine/rules/limits.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/scratch_message.h"

namespace pistis {
namespace {

// The kind of discount that a rule gives.
Measure KindOf(const Rulebook& rulebook, absl::string_view rule_id) {
  for (const Rule& rule : rulebook.rules) {
    if (rule.id == rule_id && StageOf(rule) == Stage::kSelectedLines) {
      return Measure::kLineDiscount;
    }
  }
  return Measure::kOrderDiscount;
}

bool IsWithin(int64_t value, int64_t least, int64_t most) {
  return value >= least && value <= most;
}
bool IsMoney(int64_t minor) {
  return IsWithin(minor, 0, kMaxOrderMoney.value());
}

// False for figures that no order has, which sums could not bear.
bool IsSound(const store::v1::OrderRecord& record) {
  return IsWithin(record.points_earned(), 0, kMaxBalance.value()) &&
         std::all_of(
             record.lines().begin(), record.lines().end(),
             [](const store::v1::OrderLineRecord& line) {
               return IsMoney(line.amount_minor()) &&
                      IsMoney(line.discount_minor()) &&
                      IsMoney(line.redeemed_minor()) &&
                      IsMoney(line.catalogue_cost_minor()) &&
                      IsWithin(line.quantity(), 1, kMaxLineQuantity) &&
                      IsWithin(line.points(), 0, kMaxBalance.value()) &&
                      IsWithin(line.returned_minor(), 0, line.amount_minor()) &&
                      IsWithin(line.returned_quantity(), 0, line.quantity());
             });
}
bool IsSound(const v1::Quote& quote) {
  return std::all_of(quote.earned().begin(), quote.earned().end(),
                     [](const v1::EarnedPoints& earned) {
                       return IsWithin(earned.points(), -kMaxBalance.value(),
                                       kMaxBalance.value());
                     }) &&
         std::all_of(quote.discounts().begin(), quote.discounts().end(),
                     [](const v1::AppliedDiscount& discount) {
                       return IsMoney(discount.shipping_minor()) &&
                              std::all_of(
                                  discount.shares().begin(),
                                  discount.shares().end(),
                                  [](const v1::LineShare& share) {
                                    return IsMoney(share.amount_minor());
                                  });
                     });
}

// True where the order's lines are those that the record tells of, and taxed as
// the rulebook takes them.
bool AreOfOneSale(const Order& order, const store::v1::OrderRecord& record,
                  const Rulebook& rulebook) {
  return std::equal(
      order.lines.begin(), order.lines.end(), record.lines().begin(),
      record.lines().end(),
      [&](const OrderLine& line, const store::v1::OrderLineRecord& sold) {
        return line.amount.value() == sold.amount_minor() &&
               (!rulebook.prices_include_tax || line.tax <= line.amount);
      });
}

// An order of a dozen lines, and its reply.
constexpr size_t kMessageBytes = size_t{4} << 10U;
using ParsedReply = ScratchMessage<v1::CommitOrderResponse, kMessageBytes>;

// The parts of a stored order, parsed.
struct OrderParts {
  const store::v1::OrderRecord& record;
  const Order order;
  // The reply's.
  const v1::Quote& quote;
  const std::shared_ptr<const Rulebook> rulebook;
};

// `reply` is empty, and outlives the parts.
absl::StatusOr<OrderParts> PartsOf(const MarginReader& from,
                                   const store::v1::OrderRecord& record,
                                   ParsedReply& reply) {
  ScratchMessage<v1::Order, kMessageBytes> sold;
  if (!sold->ParseFromString(record.order()) ||
      !reply->ParseFromString(record.reply()) || !IsSound(record) ||
      !IsSound(reply->quote())) {
    return RecordCorrupt("OrderRecord");
  }
  absl::StatusOr<Order> order =
      ParseOrder(*sold, OrderUse::kCommit, absl::InfiniteFuture());
  PISTIS_ASSIGN_OR_RETURN(std::shared_ptr<const Rulebook> rulebook,
                          from.env.rulebooks.Get(from.reader, from.program,
                                                 record.rulebook_version()));
  if (!order.ok() || !AreOfOneSale(*order, record, *rulebook)) {
    return RecordCorrupt("OrderRecord");
  }
  return OrderParts{.record = record,
                    .order = WithKeptCosts(*std::move(order), record),
                    .quote = reply->quote(),
                    .rulebook = std::move(rulebook)};
}

// What the points that each line earned count for in the margin.
std::vector<Money> CountedWorth(const Rulebook& rulebook,
                                const std::vector<SoldLine>& lines) {
  if (!rulebook.margin || !rulebook.margin->counts_earned_points) {
    return std::vector<Money>(lines.size());
  }
  std::vector<Points> points;
  points.reserve(lines.size());
  for (const SoldLine& line : lines)
    points.push_back(line.points);
  return WorthByLine(rulebook, points);
}

// `counted` is the worth of what the line earned.
SummedLine ToSummed(const Rulebook& rulebook, const OrderLine& line,
                    const SoldLine& sold, Money counted) {
  SummedLine summed{.category = line.category,
                    .net = NetAmount(rulebook, line),
                    .cost = line.cost};
  counted += sold.discount;
  if (!rulebook.margin || rulebook.margin->counts_redeemed_points) {
    counted += sold.redeemed;
  }
  summed.given = NetDiscount(rulebook, line, counted);
  if (rulebook.margin) {
    summed.is_excluded = rulebook.margin->Excludes(line.category);
    summed.cost = LineCost(rulebook, *rulebook.margin, line);
  }
  return summed;
}

// The template of a code as it was typed.
absl::StatusOr<std::string> TemplateOf(const MarginReader& from,
                                       const Rulebook& of_sale,
                                       const std::string& typed) {
  const std::string hash = CodeKey(from.env.secret, from.program, typed);
  PISTIS_ASSIGN_OR_RETURN(const auto code,
                          GetExpectedRecord<store::v1::CodeRecord>(
                              from.reader, CodeIndexKey(from.program, hash)));
  const CodeTemplate* word = code.is_word() ? of_sale.FindWord(typed) : nullptr;
  return word != nullptr ? word->id : code.template_id();
}

absl::Status AddGifts(const MarginReader& from, const OrderParts& parts,
                      SummedOrder& order) {
  absl::flat_hash_map<absl::string_view, size_t> line_of;
  for (size_t i = 0; i < parts.order.lines.size(); ++i)
    line_of[parts.order.lines[i].line_id] = i;
  for (const v1::AppliedDiscount& discount : parts.quote.discounts()) {
    if (discount.amount_minor() == 0) continue;
    SummedGift gift{.of = {.rows = MarginRows::kRule, .id = discount.rule_id()},
                    .kind = KindOf(*parts.rulebook, discount.rule_id()),
                    .shares = std::vector<Money>(parts.order.lines.size()),
                    .shipping = Money(discount.shipping_minor())};
    if (!discount.code().empty()) {
      gift.of.rows = MarginRows::kCode;
      gift.kind = Measure::kCodeDiscount;
      PISTIS_ASSIGN_OR_RETURN(
          gift.of.id, TemplateOf(from, *parts.rulebook, discount.code()));
    }
    for (const v1::LineShare& share : discount.shares()) {
      const auto line = line_of.find(share.line_id());
      if (line == line_of.end()) return RecordCorrupt("OrderRecord");
      gift.shares[line->second] += Money(share.amount_minor());
    }
    order.gifts.push_back(std::move(gift));
  }
  return absl::OkStatus();
}

RowSums CapsOf(const v1::Quote& quote) {
  RowSums caps;
  for (const v1::BoundCap& cap : quote.caps()) {
    MarginSums& sums =
        caps[{.rows = MarginRows::kCap, .id = SummedCap(cap.cap_id())}];
    sums.Set(Measure::kOrders, 1);
    sums.Add(Measure::kTrimmed, cap.requested_minor());
    MarginSums granted;
    granted.Set(Measure::kTrimmed, cap.granted_minor());
    sums -= granted;
  }
  return caps;
}

}  // namespace

absl::StatusOr<MarginFacts> FactsOf(const MarginReader& from,
                                    const store::v1::OrderRecord& record) {
  ParsedReply reply;
  PISTIS_ASSIGN_OR_RETURN(const OrderParts parts, PartsOf(from, record, reply));
  MarginFacts facts{.lines = SoldLinesOf(record), .caps = CapsOf(parts.quote)};
  const absl::Time sold =
      SoldAt(parts.order, absl::FromUnixMicros(record.effective_us()));
  facts.day = absl::ToCivilDay(sold, from.zone);
  facts.order.store_id = parts.order.store_id;
  if (record.has_facts()) facts.order.tier = record.facts().tier();
  facts.order.points = Points(record.points_earned());
  facts.order.point_value = parts.rulebook->points.value;
  facts.order.minor_per_major = parts.rulebook->currency.minor_per_major();
  const std::vector<Money> worth = CountedWorth(*parts.rulebook, facts.lines);
  for (size_t i = 0; i < facts.lines.size(); ++i) {
    facts.lines[i].returned_quantity = 0;
    facts.lines[i].returned = Money();
    facts.order.lines.push_back(ToSummed(*parts.rulebook, parts.order.lines[i],
                                         facts.lines[i], worth[i]));
  }
  for (const v1::EarnedPoints& earned : parts.quote.earned()) {
    const std::optional<std::string> code = TemplateOf(earned.rule_id());
    facts.order.earned.push_back(
        {.of = {.rows = code ? MarginRows::kCode : MarginRows::kRule,
                .id = code.value_or(earned.rule_id())},
         .points = Points(earned.points())});
  }
  PISTIS_RETURN_IF_ERROR(AddGifts(from, parts, facts.order));
  return facts;
}

CountedReturns ReturnsOf(const MarginFacts& facts,
                         const store::v1::MarginReturnsRecord* record) {
  CountedReturns returns{.lines = facts.lines, .clawed_back = Points()};
  if (record == nullptr) return returns;
  returns.clawed_back = Points(record->points_clawed_back());
  const size_t kept =
      std::min(returns.lines.size(), static_cast<size_t>(record->lines_size()));
  for (size_t i = 0; i < kept; ++i) {
    const auto& line = record->lines(static_cast<int>(i));
    SoldLine& counted = returns.lines[i];
    counted.returned_quantity =
        std::clamp<int64_t>(line.quantity(), 0, counted.quantity);
    counted.returned =
        std::clamp(Money(line.amount_minor()), Money(), counted.amount);
  }
  return returns;
}

store::v1::MarginReturnsRecord ToRecord(const CountedReturns& returns) {
  store::v1::MarginReturnsRecord record;
  for (const SoldLine& line : returns.lines) {
    auto& kept = *record.add_lines();
    kept.set_quantity(line.returned_quantity);
    kept.set_amount_minor(line.returned.value());
  }
  record.set_points_clawed_back(returns.clawed_back.value());
  return record;
}

}  // namespace pistis
