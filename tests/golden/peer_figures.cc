// The figures that cases of other systems expect.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

#include "engine/operations/testing_audit.h"
#include "tests/golden/peer_shop.h"

namespace pistis::golden {
namespace {

std::string DateOf(const v1::LotBalance& lot) {
  if (!lot.has_expire_time()) return "never";
  return absl::FormatTime(
      "%Y-%m-%d", absl::FromUnixSeconds(lot.expire_time().seconds()), Athens());
}

int64_t AvailableChange(const v1::LedgerEntry& entry) {
  int64_t change = 0;
  for (const v1::Posting& posting : entry.postings()) {
    if (posting.account() == v1::Posting::MEMBER_AVAILABLE) {
      change += posting.points();
    }
  }
  return change;
}

}  // namespace

std::string PeerShop::Figure(const std::string& name) const {
  using Kind = v1::LedgerEntry;
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(name, absl::MaxSplits('.', 1));
  static constexpr std::pair<absl::string_view, Teller> tellers[] = {
      {"balance", &PeerShop::Balance},
      {"available", &PeerShop::Balance},
      {"balances", &PeerShop::Balance},
      {"open_lots", &PeerShop::OpenLots},
      {"lots", &PeerShop::LotAt},
      {"deficit", &PeerShop::Owed},
      {"breakdown", &PeerShop::EarnedBy},
      {"points_for_order", &PeerShop::PointsLeftOfOrder},
      {"clawed_back", &PeerShop::ClawedBack},
      {"lifetime_earned", &PeerShop::Issued},
      {"expired", &PeerShop::Expired},
      {"redeemed", &PeerShop::Redeemed},
      {"line_discounts", &PeerShop::LineDiscount},
      {"line_after", &PeerShop::LineAfter},
      {"line_totals", &PeerShop::LineTotal},
      {"free_units", &PeerShop::FreeUnits},
      {"by_promotion", &PeerShop::OfPromotion},
      {"applied", &PeerShop::Applied},
      {"tier", &PeerShop::Tier},
  };
  for (const auto& [known, teller] : tellers) {
    if (parts.first == known) return (this->*teller)(parts.second);
  }
  static constexpr std::pair<absl::string_view, Kind::Kind> kinds[] = {
      {"clawback_entries", Kind::CLAW_BACK},
      {"expire_entries", Kind::EXPIRE},
      {"redeem_entries", Kind::REDEEM},
      {"rollback_entries", Kind::RESTORE},
  };
  for (const auto& [known, kind] : kinds) {
    if (name == known) return absl::StrCat(Entries(kind).size());
  }
  if (name == "entries") return absl::StrCat(Entries().size());
  if (name == "lot_has_expiry") {
    return Lots().lots(0).has_expire_time() ? "true" : "false";
  }
  if (name == "expiring") return absl::StrCat(expiring_);
  if (name == "matches") return quote_.points_earned() > 0 ? "true" : "false";
  if (name == "ok") return "true";
  if (name == "parts" || name == "reward_units") return parts_;
  if (name == "discount_applied") {
    return quote_.discount_minor() > 0 ? "true" : "false";
  }
  const std::pair<absl::string_view, int64_t> of_quote[] = {
      {"order_total", quote_.total_minor()},
      {"order_discount", OrderDiscount()},
      {"net", NetMinor()},
      {"tax", TaxMinor()},
      {"shipping", sale_.shipping_minor() - quote_.shipping_discount_minor()},
      {"subtotal_after", quote_.subtotal_minor() - quote_.discount_minor()},
      {"used", discounted_orders_},
      {"promotion_points", PointsAdded()},
      {"program_points", quote_.points_earned() - PointsAdded()},
      {"points_earned", quote_.points_earned()},
      {"basis", quote_.points_earned()},
      {"points_spent", quote_.points_redeemed()},
      {"points_applied", quote_.points_redeemed()},
      {"money", quote_.redeemed_minor()},
  };
  for (const auto& [known, figure] : of_quote) {
    if (name == known) return absl::StrCat(figure);
  }
  ADD_FAILURE() << "no such figure: " << name;
  return "";
}

std::vector<std::string> PeerShop::Audit() const {
  return pistis::Audit(shop_, ProgramId(kShop));
}

std::string PeerShop::Balance(absl::string_view member) const {
  v1::GetAccountRequest request;
  request.set_program_id(std::string(kShop));
  request.set_member_id(member.empty() ? member_ : std::string(member));
  const auto account = shop_.Ask(GetAccount, request);
  return account.ok() ? absl::StrCat(account->available())
                      : NameOf(account.status());
}

v1::ListLotsResponse PeerShop::Lots() const {
  v1::ListLotsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_member_id(member_);
  const auto lots = shop_.Ask(ListLots, request);
  EXPECT_TRUE(lots.ok()) << lots.status();
  return lots.ok() ? *lots : v1::ListLotsResponse();
}

std::string PeerShop::OpenLots(absl::string_view /*rest*/) const {
  const v1::ListLotsResponse lots = Lots();
  return absl::StrJoin(lots.lots(), ",",
                       [](std::string* text, const v1::LotBalance& lot) {
                         absl::StrAppend(text, lot.points());
                       });
}

std::string PeerShop::LotAt(absl::string_view date) const {
  int64_t points = 0;
  const v1::ListLotsResponse lots = Lots();
  for (const v1::LotBalance& lot : lots.lots()) {
    if (DateOf(lot) == date) points += lot.points();
  }
  return absl::StrCat(points);
}

std::string PeerShop::Owed(absl::string_view /*rest*/) const {
  return absl::StrCat(Lots().deficit());
}

std::string PeerShop::EarnedBy(absl::string_view rule) const {
  for (const v1::EarnedPoints& earned : quote_.earned()) {
    if (earned.rule_id() == rule) return absl::StrCat(earned.points());
  }
  return "0";
}

std::string PeerShop::PointsLeftOfOrder(absl::string_view /*rest*/) const {
  v1::GetOrderRequest request;
  request.set_program_id(std::string(kShop));
  request.set_order_id(order_);
  const auto order = shop_.Ask(GetOrder, request);
  if (!order.ok()) return NameOf(order.status());
  return absl::StrCat(order->committed().quote().points_earned() -
                      order->points_clawed_back());
}

// What a refund took from the member, without what the program bore.
std::string PeerShop::ClawedBack(absl::string_view /*rest*/) const {
  int64_t points = 0;
  for (const v1::LedgerEntry& entry : Entries(v1::LedgerEntry::CLAW_BACK)) {
    points -= AvailableChange(entry);
  }
  return absl::StrCat(points);
}

v1::ProgramStats PeerShop::Stats() const {
  v1::GetProgramStatsRequest request;
  request.set_program_id(std::string(kShop));
  const auto stats = shop_.Ask(GetProgramStats, request);
  EXPECT_TRUE(stats.ok()) << stats.status();
  return stats.ok() ? *stats : v1::ProgramStats();
}

std::string PeerShop::Issued(absl::string_view /*rest*/) const {
  return absl::StrCat(Stats().points_issued());
}

std::string PeerShop::Expired(absl::string_view /*rest*/) const {
  return absl::StrCat(Stats().points_expired());
}

std::string PeerShop::Redeemed(absl::string_view /*rest*/) const {
  return absl::StrCat(Stats().points_redeemed());
}

std::string PeerShop::LineDiscount(absl::string_view line) const {
  for (const v1::LineTotal& total : quote_.lines()) {
    if (total.line_id() == line) return absl::StrCat(total.discount_minor());
  }
  return "no such line";
}

// What is left of a line's amount, its tax on top of it not counted.
std::string PeerShop::LineAfter(absl::string_view line) const {
  for (const v1::OrderLine& sold : sale_.lines()) {
    if (sold.line_id() != line) continue;
    return absl::StrCat(sold.amount_minor() - ToNumber(LineDiscount(line)));
  }
  return "no such line";
}

std::string PeerShop::LineTotal(absl::string_view line) const {
  for (const v1::LineTotal& total : quote_.lines()) {
    if (total.line_id() == line) return absl::StrCat(total.total_minor());
  }
  return "no such line";
}

std::string PeerShop::FreeUnits(absl::string_view line) const {
  for (const v1::OrderLine& sold : sale_.lines()) {
    if (sold.line_id() != line) continue;
    return absl::StrCat(ToNumber(LineDiscount(line)) * sold.quantity() /
                        sold.amount_minor());
  }
  return "no such line";
}

std::string PeerShop::OfPromotion(absl::string_view promotion) const {
  int64_t granted = 0;
  for (const v1::AppliedDiscount& discount : quote_.discounts()) {
    if (absl::EqualsIgnoreCase(discount.rule_id(), promotion)) {
      granted += discount.amount_minor();
    }
  }
  return absl::StrCat(granted);
}

std::string PeerShop::Applied(absl::string_view /*rest*/) const {
  return absl::AsciiStrToUpper(
      absl::StrJoin(quote_.discounts(), ",",
                    [](std::string* text, const v1::AppliedDiscount& discount) {
                      text->append(discount.rule_id());
                    }));
}

// The lowest of their tiers, from nothing on, is no tier here.
std::string PeerShop::Tier(absl::string_view /*rest*/) const {
  v1::GetMemberRequest request;
  request.set_program_id(std::string(kShop));
  request.set_member_id(member_);
  const auto member = shop_.Ask(GetMember, request);
  if (!member.ok()) return NameOf(member.status());
  std::string tier = member->tier().tier_id();
  if (tier.empty()) return "Bronze";
  tier.front() = absl::ascii_toupper(tier.front());
  return tier;
}

int64_t PeerShop::TaxMinor() const {
  return quote_.total_minor() + quote_.discount_minor() +
         quote_.redeemed_minor() - quote_.subtotal_minor() -
         sale_.shipping_minor();
}

// Tax that is contained is what the till makes of what is left of each line.
int64_t PeerShop::NetMinor() const {
  int64_t net = sale_.shipping_minor() - quote_.shipping_discount_minor();
  if (net > 0) net -= TaxOnShipping(step_, MinorOf(ValueOf(step_, "shipping")));
  for (const Json& item : PartsOf(step_, "basket")) {
    const int64_t left = ToNumber(LineAfter(TextOf(item, "sku")));
    net += TextOf(item, "tax_mode") == "incl"
               ? WithoutTax(left, NumberOf(item, "tax_percent"))
               : left;
  }
  return net;
}

// Vendure tells it with the tax that comes on top.
int64_t PeerShop::OrderDiscount() const {
  if (!absl::StartsWith(TextOf(scenario_, "id"), "vendure")) {
    return quote_.discount_minor() + quote_.redeemed_minor();
  }
  int64_t before = sale_.shipping_minor();
  for (const v1::OrderLine& line : sale_.lines()) {
    before += line.amount_minor() + line.tax_minor();
  }
  return before - quote_.total_minor();
}

// By rules that multiply.
int64_t PeerShop::PointsAdded() const {
  return ToNumber(EarnedBy("r2"));
}

std::vector<v1::LedgerEntry> PeerShop::Entries(
    std::optional<v1::LedgerEntry::Kind> kind) const {
  std::vector<v1::LedgerEntry> entries;
  for (const std::string& member : members_) {
    v1::ListEntriesRequest request;
    request.set_program_id(std::string(kShop));
    request.set_member_id(member);
    if (kind) request.add_kinds(*kind);
    const auto page = shop_.Ask(ListEntries, request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) continue;
    std::copy(page->entries().begin(), page->entries().end(),
              std::back_inserter(entries));
  }
  return entries;
}

}  // namespace pistis::golden
