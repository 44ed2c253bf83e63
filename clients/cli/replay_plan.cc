#include "clients/cli/replay_plan.h"

#include "absl/strings/str_cat.h"

#include "clients/cli/program_facts.h"

namespace pistis {

absl::Time ReplayCalendar::At(absl::CivilSecond time) const {
  constexpr int64_t kSecondsPerDay = 24 * 60 * 60;
  return absl::FromCivil(time + shift_days * kSecondsPerDay, zone);
}

int64_t DaysUntilToday(absl::CivilSecond last, absl::Time now,
                       const absl::TimeZone& zone) {
  const int64_t days = absl::ToCivilDay(now, zone) - absl::CivilDay(last);
  const ReplayCalendar calendar{zone, days};
  return calendar.At(last) > now ? days - 1 : days;
}

int64_t DaysMoved(absl::CivilSecond original, absl::Time placed,
                  const absl::TimeZone& zone) {
  return absl::ToCivilDay(placed, zone) - absl::CivilDay(original);
}

v1::CommitOrderRequest OrderOf(const Invoice& sale,
                               const ReplayTarget& target) {
  v1::CommitOrderRequest request;
  request.set_program_id(target.program_id);
  v1::Order& order = *request.mutable_order();
  order.set_order_id(sale.number);
  order.set_member_id(sale.member_id);
  order.set_channel("web");
  order.set_currency(target.currency.code);
  *order.mutable_placed_time() = TimestampOf(target.calendar.At(sale.time));
  for (const InvoiceLine& sold : sale.lines) {
    v1::OrderLine& line = *order.add_lines();
    line.set_line_id(sold.line_id);
    line.set_sku(sold.sku);
    line.set_category(std::string(CategoryOf(sold.sku)));
    line.set_quantity(sold.quantity);
    line.set_amount_minor(LineAmount(sold, target.currency).value());
  }
  return request;
}

v1::CreateMemberRequest EnrolmentOf(const Invoice& sale,
                                    const ReplayTarget& target) {
  v1::CreateMemberRequest request;
  request.set_program_id(target.program_id);
  request.set_request_id(absl::StrCat("enrol-", sale.member_id));
  v1::Member& member = *request.mutable_member();
  member.set_member_id(sale.member_id);
  member.set_display_name(absl::StrCat("member ", sale.member_id));
  v1::Identifier& card = *member.add_identifiers();
  card.set_kind("card");
  card.set_value(sale.member_id);
  *member.mutable_joined_time() = TimestampOf(target.calendar.At(sale.time));
  return request;
}

v1::RefundOrderRequest RefundOf(const Invoice& cancellation,
                                const Invoice& sale, const LinkedRefund& link,
                                const ReplayTarget& target) {
  v1::RefundOrderRequest request;
  request.set_program_id(target.program_id);
  request.set_order_id(sale.number);
  request.set_refund_id(absl::StrCat(cancellation.number, "/", sale.number));
  *request.mutable_placed_time() =
      TimestampOf(target.calendar.At(cancellation.time));
  for (const LinkedLine& linked : link.lines) {
    v1::RefundLine& line = *request.add_lines();
    line.set_line_id(linked.line_id);
    line.set_quantity(linked.quantity);
  }
  return request;
}

}  // namespace pistis
