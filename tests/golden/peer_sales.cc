// Sales of other systems' cases, and the codes that they are paid with.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "tests/golden/peer_promotions.h"
#include "tests/golden/peer_shop.h"

namespace pistis::golden {
namespace {

using google::protobuf::Value;

constexpr int64_t kPlenty = 100;
// Lines whose amounts are to each other as the weights, and enough for any
// amount that is shared out over them.
constexpr int64_t kScale = 1'000;

// The tax of an amount, contained in it or on top.
int64_t TaxOf(int64_t amount, const Json& line) {
  if (!Has(line, "tax_percent")) return 0;
  const int64_t percent = NumberOf(line, "tax_percent");
  if (TextOf(line, "tax_mode") == "excl") return (amount * percent + 50) / 100;
  return amount - WithoutTax(amount, percent);
}

void AddLine(const Json& line, v1::Order& order) {
  v1::OrderLine& sold = *order.add_lines();
  const std::string sku = TextOf(line, "sku");
  const std::string group = TextOf(line, "sku_group");
  sold.set_line_id(sku);
  sold.set_sku(group.empty() ? sku : group);
  sold.set_quantity(NumberOf(line, "qty"));
  sold.set_amount_minor(MinorOf(ValueOf(line, "unit_price")) * sold.quantity());
  sold.set_tax_minor(TaxOf(sold.amount_minor(), line));
  sold.set_category(TextOf(line, "categories"));
  const Value tags = ValueOf(line, "tags");
  for (const Value& tag : tags.list_value().values()) {
    sold.add_tags(tag.string_value());
  }
  if (Has(line, "family")) {
    (*sold.mutable_attributes())["family"] = TextOf(line, "family");
  }
}

// A sale of which only what it comes to is told.
void AddAmount(const Json& step, const std::string& basis, v1::Order& order) {
  v1::OrderLine& sold = *order.add_lines();
  sold.set_line_id("l1");
  sold.set_quantity(Has(step, "units") ? NumberOf(step, "units") : 1);
  sold.set_amount_minor(10'000);
  for (const char* amount : {"basis", "items_total", "order_total"}) {
    if (!Has(step, amount)) continue;
    sold.set_amount_minor(MinorOf(ValueOf(step, amount)));
    break;
  }
  sold.set_tax_minor(MinorOf(ValueOf(step, "items_tax")));
  if (basis != "order_total") return;
  // Shipping that is to earn points is sold as an article.
  v1::OrderLine& shipping = *order.add_lines();
  shipping.set_line_id("shipping");
  shipping.set_quantity(1);
  shipping.set_amount_minor(MinorOf(ValueOf(step, "order_total")) -
                            sold.amount_minor());
  shipping.set_tax_minor(MinorOf(ValueOf(step, "order_tax")) -
                         sold.tax_minor());
}

}  // namespace

int64_t WithoutTax(int64_t amount, int64_t percent) {
  const int64_t whole = 100 + percent;
  return (amount * 200 + whole) / (2 * whole);
}

v1::Order PeerShop::SaleOf(const Json& step) {
  v1::Order order = SaleRequest(OrderOf(step), MemberOf(step), {}).order();
  for (const Json& line : PartsOf(step, "basket"))
    AddLine(line, order);
  if (order.lines().empty()) {
    AddAmount(step, TextOf(FirstPart(), "earning_basis"), order);
  }
  for (const char* points : {"redeem_points", "points_requested", "points"}) {
    if (!Has(step, points)) continue;
    order.mutable_redeem()->set_points(NumberOf(step, points));
  }
  if (Has(step, "campaign")) {
    (*order.mutable_attributes())["campaign"] = TextOf(step, "campaign");
  }
  // Shipping is rung up with its tax.
  const int64_t shipping = MinorOf(ValueOf(step, "shipping"));
  order.set_shipping_minor(shipping + TaxOnShipping(step, shipping));
  const Value codes = ValueOf(step, "codes");
  for (const Value& code : codes.list_value().values()) {
    order.add_codes(CodeFor(code.string_value(), order.member_id()));
  }
  step_ = step;
  sale_ = order;
  return order;
}

int64_t PeerShop::TaxOnShipping(const Json& step, int64_t shipping) {
  if (!Has(step, "shipping_tax_percent")) return 0;
  return (shipping * NumberOf(step, "shipping_tax_percent") + 50) / 100;
}

absl::Status PeerShop::Commit(const v1::Order& order) {
  v1::CommitOrderRequest request;
  request.set_program_id(std::string(kShop));
  *request.mutable_order() = order;
  const auto reply = shop_.Commit(request);
  if (!reply.ok()) return reply.status();
  order_ = order.order_id();
  quote_ = reply->quote();
  if (quote_.discount_minor() > 0) ++discounted_orders_;
  return absl::OkStatus();
}

absl::Status PeerShop::Sell(const Json& step) {
  return Commit(SaleOf(step));
}

// A code that is refused is taken off, and what is left is quoted. What a
// suspended member buys is quoted as anybody's.
absl::Status PeerShop::Quote(const Json& step) {
  v1::QuoteOrderRequest request;
  request.set_program_id(std::string(kShop));
  *request.mutable_order() = SaleOf(step);
  auto quote = shop_.Ask(QuoteOrder, request);
  if (NameOf(quote.status()) == "MEMBER_SUSPENDED") {
    request.mutable_order()->clear_member_id();
    request.mutable_order()->clear_redeem();
    quote = shop_.Ask(QuoteOrder, request);
  }
  const absl::Status status = quote.status();
  if (!quote.ok() && !request.order().codes().empty()) {
    request.mutable_order()->clear_codes();
    quote = shop_.Ask(QuoteOrder, request);
  }
  if (quote.ok()) quote_ = *quote;
  return status;
}

std::string PeerShop::CodeFor(const std::string& typed,
                              const std::string& member) {
  for (const Json& promotion : PromotionsOf(scenario_)) {
    if (!absl::EqualsIgnoreCase(TextOf(promotion, "code"), typed)) continue;
    const bool is_own = Has(PartOf(promotion, "limits"), "per_member");
    const std::string holder = is_own ? member : "issuer";
    const auto [code, is_new] = codes_.try_emplace(typed + "/" + holder);
    if (!is_new) return code->second;
    if (members_.insert(holder).second) {
      EXPECT_TRUE(shop_.Enrol(MemberRequest(holder)).ok());
    }
    v1::CommitOrderRequest issue =
        SaleRequest(absl::StrCat("issue-", typed, "-", holder), holder, {1});
    issue.mutable_order()->set_channel(IssuingChannel(promotion));
    const auto reply = shop_.Commit(issue);
    EXPECT_TRUE(reply.ok() && reply->issued_codes_size() == 1);
    if (!reply.ok() || reply->issued_codes().empty()) return typed;
    code->second = reply->issued_codes(0).code();
    if (Has(promotion, "code_valid_to")) clock_.Advance(absl::Hours(48));
    return code->second;
  }
  return typed;
}

// Uses that were there before the case begins.
void PeerShop::UseUp(const Json& step) {
  for (const Json& promotion : PromotionsOf(scenario_)) {
    for (const char* used : {"used", "used_by_member"}) {
      if (!Has(promotion, used)) continue;
      Json before = step;
      (*before.mutable_fields())["op"].set_string_value("place");
      for (int64_t i = NumberOf(promotion, used); i > 0; --i) {
        (*before.mutable_fields())["order"].set_string_value(
            absl::StrCat("before-", i));
        EXPECT_TRUE(Sell(before).ok());
      }
    }
  }
}

// How the amounts of a discount are shared out over lines.
absl::Status PeerShop::Distribute(const Json& step) {
  const int64_t amount = MinorOf(ValueOf(step, "amount"));
  v1::CommitOrderRequest sale = SaleRequest("shared", "", {});
  const Value weights = ValueOf(step, "weights");
  for (const Value& weight : weights.list_value().values()) {
    v1::OrderLine& line = *sale.mutable_order()->add_lines();
    line.set_line_id(absl::StrCat("l", sale.order().lines_size()));
    line.set_quantity(1);
    line.set_amount_minor(MinorOf(weight) * kScale);
  }
  Value off;
  off.set_number_value(static_cast<double>(amount < 0 ? -amount : amount));
  const auto published = shop_.Publish(RulebookRequest(
      "shared", absl::StrCat("rules: [{id: shared, discount: {amount: \"",
                             AmountOf(off), "\"}}]\n")));
  EXPECT_TRUE(published.ok()) << published.status();
  const absl::Status status = Commit(sale.order());
  parts_ = absl::StrJoin(quote_.lines(), ",",
                         [&](std::string* text, const v1::LineTotal& line) {
                           const int64_t share = line.discount_minor();
                           absl::StrAppend(text, amount < 0 ? -share : share);
                         });
  return status;
}

// How many units are free where so many are bought and there are plenty.
absl::Status PeerShop::RewardUnits(const Json& step) {
  v1::Order order = SaleRequest("rewarded", "", {}).order();
  for (const auto& [sku, quantity] :
       {std::pair("A", NumberOf(step, "bought")), std::pair("B", kPlenty)}) {
    if (quantity == 0) continue;
    v1::OrderLine& line = *order.add_lines();
    line.set_line_id(sku);
    line.set_sku(sku);
    line.set_quantity(quantity);
    line.set_amount_minor(100 * quantity);
  }
  const absl::Status status = Commit(order);
  parts_ = absl::StrCat(quote_.discount_minor() / 100);
  return status;
}

// Sells what was spent before, then the current amount.
absl::Status PeerShop::TierFor(const Json& step) {
  const std::string member = MemberOf(step);
  for (const char* amount : {"spent", "current_amount"}) {
    const int64_t minor = NumberOf(step, amount) * 100;
    if (minor == 0) continue;
    const absl::Status sold =
        Commit(SaleRequest(amount, member, {minor}).order());
    if (!sold.ok()) return sold;
  }
  return absl::OkStatus();
}

}  // namespace pistis::golden
