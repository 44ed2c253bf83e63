#include "clients/cli/receipt.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/table.h"

namespace pistis {
namespace {

constexpr size_t kWidth = 48;

// Builds a receipt from the top down.
class Receipt {
 public:
  Receipt(const v1::CommittedOrder& order, const ProgramFacts& facts)
      : order_(order), quote_(order.committed().quote()), facts_(facts) {}

  std::string Text() && {
    AddHead();
    AddLines();
    AddTotals();
    AddPoints();
    AddCaps();
    AddRefunds();
    return std::move(text_);
  }

 private:
  void Put(absl::string_view left, absl::string_view right) {
    const size_t used = TextWidth(left) + TextWidth(right);
    const std::string gap(used < kWidth ? kWidth - used : 1, ' ');
    absl::StrAppend(&text_, left, gap, right, "\n");
  }
  void Put(absl::string_view line) { absl::StrAppend(&text_, line, "\n"); }
  void Rule() { Put(std::string(kWidth, '-')); }
  [[nodiscard]] std::string Money(int64_t minor) const {
    return facts_.MoneyText(minor);
  }

  void AddHead() {
    const size_t width = TextWidth(facts_.program_id);
    Put(absl::StrCat(
        std::string(width < kWidth ? (kWidth - width) / 2 : 0, ' '),
        facts_.program_id));
    Put(absl::StrCat("Order ", order_.order().order_id()),
        facts_.TimeText(order_.effective_time()));
    const std::string& member = order_.order().member_id();
    Put(member.empty() ? "No member" : absl::StrCat("Member ", member),
        order_.order().channel());
    if (!order_.reservation_id().empty()) {
      Put("Held as", order_.reservation_id());
    }
    Rule();
  }

  void AddLines() {
    for (const v1::OrderLine& line : order_.order().lines()) {
      Put(absl::StrCat(line.quantity(), " x ", line.sku()),
          Money(line.amount_minor()));
    }
    Rule();
  }

  void AddTotals() {
    Put("Subtotal", Money(quote_.subtotal_minor()));
    for (const v1::AppliedDiscount& discount : quote_.discounts()) {
      if (discount.amount_minor() == 0) continue;
      Put(absl::StrCat("  ", discount.code().empty() ? "" : "code ",
                       discount.rule_id(), discount.code(),
                       discount.shipping_minor() > 0 ? ", off shipping" : ""),
          Money(-discount.amount_minor()));
    }
    if (quote_.points_redeemed() > 0) {
      Put(absl::StrCat("  ", quote_.points_redeemed(), " points redeemed"),
          Money(-quote_.redeemed_minor()));
    }
    const int64_t shipping = order_.order().shipping_minor();
    const int64_t tax_on_top = quote_.total_minor() - quote_.subtotal_minor() +
                               quote_.discount_minor() +
                               quote_.redeemed_minor() - shipping;
    if (tax_on_top != 0) Put("Tax", Money(tax_on_top));
    if (shipping != 0) Put("Shipping", Money(shipping));
    Put(absl::StrCat("TO PAY ", facts_.CurrencyText()),
        Money(quote_.total_minor()));
    Rule();
  }

  void AddPoints() {
    if (!order_.committed().has_account()) return;
    for (const v1::EarnedPoints& earned : quote_.earned()) {
      Put(absl::StrCat("Points earned: ", earned.rule_id()),
          absl::StrCat(earned.points()));
    }
    const v1::Account& account = order_.committed().account();
    Put("Points after this order", absl::StrCat(account.available()));
    if (account.worth_minor() > 0) {
      Put("  worth", Money(account.worth_minor()));
    }
    if (account.has_next_expiry_time()) {
      Put(absl::StrCat("  ", account.next_expiry_points(), " of them until"),
          facts_.TimeText(account.next_expiry_time()));
    }
    for (const v1::IssuedCode& code : order_.committed().issued_codes()) {
      Put("For you: code", code.code());
      if (code.has_expire_time()) {
        Put("  until", facts_.TimeText(code.expire_time()));
      }
    }
  }

  void AddCaps() {
    std::map<std::string, v1::BoundCap> cuts;
    for (const v1::BoundCap& cap : quote_.caps()) {
      const auto [cut, is_first] = cuts.try_emplace(cap.cap_id(), cap);
      if (is_first) continue;
      cut->second.set_requested_minor(cut->second.requested_minor() +
                                      cap.requested_minor());
      cut->second.set_granted_minor(cut->second.granted_minor() +
                                    cap.granted_minor());
    }
    for (const auto& [cap_id, cut] : cuts) {
      Put(absl::StrCat("Held back: ", CapInWords(cap_id)));
      Put(absl::StrCat(
          "  asked ", CapAmountText(cut, cut.requested_minor(), facts_),
          ", granted ", CapAmountText(cut, cut.granted_minor(), facts_)));
      if (const int64_t more = MoreToBuy(cut); more > 0) {
        Put(absl::StrCat("  buy ", Money(more), " more for all of it"));
      }
    }
  }

  // How much more in the order would do. What a margin would have to be is
  // nobody's business at the till.
  static int64_t MoreToBuy(const v1::BoundCap& cap) {
    const bool is_of_amount =
        cap.line_id().empty() && absl::EndsWith(cap.cap_id(), ".max_discount");
    if (!is_of_amount || !cap.has_needed_base_minor()) return 0;
    return cap.needed_base_minor() - cap.base_minor();
  }

  void AddRefunds() {
    if (order_.refunded_lines().empty() && order_.refunded_minor() == 0) return;
    if (order_.state() == v1::CommittedOrder::COMMITTED) return;
    Rule();
    Put(order_.state() == v1::CommittedOrder::REFUNDED ? "Refunded in full"
                                                       : "Refunded in part",
        Money(order_.refunded_minor()));
    if (order_.points_clawed_back() > 0) {
      Put("  points taken back", absl::StrCat(order_.points_clawed_back()));
    }
    if (order_.points_restored() > 0) {
      Put("  points given back", absl::StrCat(order_.points_restored()));
    }
  }

  const v1::CommittedOrder& order_;
  const v1::Quote& quote_;
  const ProgramFacts& facts_;
  std::string text_;
};

}  // namespace

std::string CapInWords(const std::string& cap_id) {
  if (absl::StartsWith(cap_id, "budgets.")) {
    const size_t begin = cap_id.find('.') + 1;
    return absl::StrCat("the budget ",
                        cap_id.substr(begin, cap_id.rfind('.') - begin));
  }
  constexpr std::array<std::pair<absl::string_view, absl::string_view>, 13>
      kWords = {{
          {"margin.order.max_discount", "the most off one order"},
          {"margin.order.max_share_of_margin",
           "the part of the margin given away"},
          {"margin.order.max_discount_amount", "the most off one order"},
          {"margin.order.min_margin", "the margin that is left of an order"},
          {"margin.line.max_discount", "the most off one line"},
          {"margin.line.max_discount_amount", "the most off one line"},
          {"margin.line.max_share_of_margin",
           "the part of a line's margin given away"},
          {"margin.line.min_margin", "the margin that is left of a line"},
          {"margin.excluded_categories", "what is no sale gets no discount"},
          {"margin.line.never_below_cost", "nothing is sold below cost"},
          {"margin.line.negative_margin", "a line that sells below cost"},
          {"margin.unknown_cost.refuse_discounts",
           "lines whose cost is not known"},
          {"points.redeem.max_share", "the part that points may pay"},
      }};
  const auto found =
      std::find_if(kWords.begin(), kWords.end(),
                   [&](const auto& word) { return word.first == cap_id; });
  return found == kWords.end() ? cap_id : std::string(found->second);
}

std::string CapAmountText(const v1::BoundCap& cap, int64_t amount,
                          const ProgramFacts& facts) {
  return absl::EndsWith(cap.cap_id(), ".max_points")
             ? absl::StrCat(amount, " points")
             : facts.MoneyText(amount);
}

std::string ReceiptText(const v1::CommittedOrder& order,
                        const ProgramFacts& facts) {
  return Receipt(order, facts).Text();
}

}  // namespace pistis
