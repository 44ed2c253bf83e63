#include "clients/cli/order_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/receipt.h"
#include "clients/cli/stats_table.h"
#include "clients/cli/table.h"

namespace pistis {
namespace {

constexpr Table::Align kLeft = Table::Align::kLeft;
constexpr Table::Align kRight = Table::Align::kRight;

std::string LinesText(const v1::Quote& quote, const ProgramFacts& facts) {
  Table table({{"line", kLeft},
               {"discount", kRight},
               {"points pay", kRight},
               {"to pay", kRight}});
  for (const v1::LineTotal& line : quote.lines()) {
    table.AddRow({line.line_id(), facts.MoneyText(line.discount_minor()),
                  facts.MoneyText(line.redeemed_minor()),
                  facts.MoneyText(line.total_minor())});
  }
  return table.Text();
}

std::string DiscountsText(const v1::Quote& quote, const ProgramFacts& facts) {
  if (quote.discounts().empty()) return "";
  Table table({{"discount", kLeft}, {"asked", kRight}, {"granted", kRight}});
  for (const v1::AppliedDiscount& discount : quote.discounts()) {
    table.AddRow({discount.code().empty()
                      ? discount.rule_id()
                      : absl::StrCat("code ", discount.code()),
                  facts.MoneyText(discount.requested_minor()),
                  facts.MoneyText(discount.amount_minor())});
  }
  return absl::StrCat("\n", table.Text());
}

std::string CapsText(const v1::Quote& quote, const ProgramFacts& facts) {
  if (quote.caps().empty()) return "";
  Table table({{"cap that bound", kLeft},
               {"line", kLeft},
               {"asked", kRight},
               {"limit", kRight},
               {"granted", kRight},
               {"base", kRight},
               {"base needed", kRight},
               {"", kLeft}});
  for (const v1::BoundCap& cap : quote.caps()) {
    const auto amount = [&](int64_t count) {
      return CapAmountText(cap, count, facts);
    };
    table.AddRow(
        {cap.cap_id(), cap.line_id(), amount(cap.requested_minor()),
         amount(cap.limit_minor()), amount(cap.granted_minor()),
         cap.has_base_minor() ? amount(cap.base_minor()) : "",
         cap.has_needed_base_minor() ? amount(cap.needed_base_minor()) : "",
         CapInWords(cap.cap_id())});
  }
  return absl::StrCat("\n", table.Text());
}

std::string TotalsText(const v1::Quote& quote, const ProgramFacts& facts) {
  Table table = SumsTable();
  table.AddRow({"subtotal", facts.MoneyText(quote.subtotal_minor())});
  table.AddRow({"discounts", facts.MoneyText(quote.discount_minor())});
  if (quote.points_redeemed() > 0) {
    table.AddRow({absl::StrCat(quote.points_redeemed(), " points redeemed"),
                  facts.MoneyText(quote.redeemed_minor())});
  }
  table.AddRow({absl::StrCat("to pay, ", facts.CurrencyText()),
                facts.MoneyText(quote.total_minor())});
  table.AddRow({"points earned", absl::StrCat(quote.points_earned())});
  if (quote.has_margin()) {
    table.AddRow({"margin", facts.MoneyText(quote.margin().margin_minor())});
    table.AddRow({"  before discounts",
                  facts.MoneyText(quote.margin().margin_before_minor())});
  }
  table.AddRow({"rulebook version", absl::StrCat(quote.rulebook_version())});
  return absl::StrCat("\n", table.Text());
}

std::string StateWord(v1::CommittedOrder::State state) {
  std::string word =
      absl::AsciiStrToLower(v1::CommittedOrder::State_Name(state));
  for (char& letter : word) {
    if (letter == '_') letter = ' ';
  }
  return word;
}

std::string HeadText(const v1::Reservation& reservation,
                     const ProgramFacts& facts) {
  Table head({{"", kLeft}, {"", kLeft}});
  head.AddRow({"reservation", reservation.reservation_id()});
  head.AddRow({"order", reservation.order_id()});
  head.AddRow({"member", reservation.member_id()});
  head.AddRow({"state", absl::AsciiStrToLower(
                            v1::Reservation::State_Name(reservation.state()))});
  head.AddRow({"made", facts.TimeText(reservation.create_time())});
  head.AddRow({"until", facts.TimeText(reservation.expire_time())});
  return head.Text();
}

}  // namespace

std::string QuoteText(const v1::Quote& quote, const ProgramFacts& facts) {
  std::string text =
      absl::StrCat(LinesText(quote, facts), DiscountsText(quote, facts),
                   CapsText(quote, facts), TotalsText(quote, facts));
  for (const std::string& code : quote.codes_to_issue()) {
    absl::StrAppend(&text, "a code of ", code, "\n");
  }
  for (const std::string& note : quote.notes_to_send()) {
    absl::StrAppend(&text, "a note ", note, "\n");
  }
  return text;
}

std::string CommittedText(const v1::CommitOrderResponse& committed,
                          const ProgramFacts& facts) {
  std::string text = QuoteText(committed.quote(), facts);
  for (const v1::IssuedCode& code : committed.issued_codes()) {
    absl::StrAppend(&text, "code ", code.code(), " of ", code.template_id());
    if (code.has_expire_time()) {
      absl::StrAppend(&text, " until ", facts.TimeText(code.expire_time()));
    }
    absl::StrAppend(&text, "\n");
  }
  if (committed.has_account()) {
    absl::StrAppend(&text, "\n", AccountText(committed.account(), facts));
  }
  return text;
}

std::string OrderText(const v1::CommittedOrder& order,
                      const ProgramFacts& facts) {
  Table head({{"", kLeft}, {"", kLeft}});
  head.AddRow({"order", order.order().order_id()});
  head.AddRow({"member", order.order().member_id()});
  head.AddRow({"placed", facts.TimeText(order.effective_time())});
  head.AddRow({"state", StateWord(order.state())});
  if (!order.reservation_id().empty()) {
    head.AddRow({"held as", order.reservation_id()});
  }
  if (order.state() != v1::CommittedOrder::COMMITTED) {
    head.AddRow({"refunded", facts.MoneyText(order.refunded_minor())});
    head.AddRow(
        {"points taken back", absl::StrCat(order.points_clawed_back())});
    head.AddRow({"points given back", absl::StrCat(order.points_restored())});
  }
  return absl::StrCat(head.Text(), "\n",
                      CommittedText(order.committed(), facts));
}

std::string ReservationText(const v1::HoldOrderResponse& held,
                            const ProgramFacts& facts) {
  std::string text = absl::StrCat(HeadText(held.reservation(), facts), "\n",
                                  QuoteText(held.quote(), facts));
  if (held.has_account()) {
    absl::StrAppend(&text, "\n", AccountText(held.account(), facts));
  }
  return text;
}

std::string ReservationText(const v1::CancelReservationResponse& cancelled,
                            const ProgramFacts& facts) {
  std::string text = HeadText(cancelled.reservation(), facts);
  if (cancelled.has_account()) {
    absl::StrAppend(&text, "\n", AccountText(cancelled.account(), facts));
  }
  return text;
}

std::string ReservationText(const v1::HeldOrder& held,
                            const ProgramFacts& facts) {
  return absl::StrCat(HeadText(held.reservation(), facts), "\n",
                      QuoteText(held.quote(), facts));
}

std::string RefundText(const v1::RefundOrderResponse& reply,
                       const ProgramFacts& facts) {
  Table table = SumsTable();
  table.AddRow({absl::StrCat("give back, ", facts.CurrencyText()),
                facts.MoneyText(reply.refund_minor())});
  table.AddRow({"points taken back", absl::StrCat(reply.points_clawed_back())});
  table.AddRow({"points given back", absl::StrCat(reply.points_restored())});
  table.AddRow({"left of the order", reply.whole() ? "nothing" : "a part"});
  std::string text = table.Text();
  if (reply.has_account()) {
    absl::StrAppend(&text, "\n", AccountText(reply.account(), facts));
  }
  return text;
}

std::string AccountText(const v1::Account& account, const ProgramFacts& facts) {
  Table table = SumsTable();
  table.AddRow({"member", account.member_id()});
  table.AddRow({"points", absl::StrCat(account.available())});
  table.AddRow({absl::StrCat("worth, ", facts.CurrencyText()),
                facts.MoneyText(account.worth_minor())});
  if (account.has_next_expiry_time()) {
    table.AddRow(
        {"next to expire", absl::StrCat(account.next_expiry_points())});
    table.AddRow({"  at", facts.TimeText(account.next_expiry_time())});
  }
  if (account.pending() > 0) {
    table.AddRow({"pending", absl::StrCat(account.pending())});
    table.AddRow({"  next to become available",
                  absl::StrCat(account.next_release_points())});
    table.AddRow({"  at", facts.TimeText(account.next_release_time())});
  }
  if (account.held() > 0) {
    table.AddRow({"held", absl::StrCat(account.held())});
  }
  return table.Text();
}

}  // namespace pistis
