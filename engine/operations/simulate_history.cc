#include "engine/operations/simulate_history.h"

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/refund_records.pb.h"
#include "pistis/v1/ledger_entry.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/codes/code.h"
#include "engine/operations/reservations.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::OrderRecord;

// So that a page's events stay small beside a rulebook.
constexpr size_t kCommitsPerPage = 256;

absl::Time TimeOf(const v1::Event& event) {
  return absl::FromUnixSeconds(event.effective_time().seconds()) +
         absl::Nanoseconds(event.effective_time().nanos());
}

// True where a command or a rule may have moved points so; time and refunds
// move them otherwise.
bool MayBeByCommand(const v1::PointsPosted& posted) {
  using v1::LedgerEntry;
  return posted.kind() != LedgerEntry::RELEASE &&
         posted.kind() != LedgerEntry::EXPIRE &&
         posted.kind() != LedgerEntry::HOLD_RELEASE &&
         posted.kind() != LedgerEntry::CLAW_BACK &&
         posted.kind() != LedgerEntry::RESTORE;
}

}  // namespace

absl::Status SimulatedHistory::VisitEvents(
    absl::FunctionRef<absl::Status(const v1::Event&, int64_t commits)> visit)
    const {
  const std::string end =
      CommitKey(program_, std::numeric_limits<int64_t>::max());
  std::string begin = CommitKey(program_, 0);
  int64_t commits = 0;
  bool more = true;
  while (more) {
    std::vector<store::v1::CommitRecord> page;
    bool readable = true;
    PISTIS_RETURN_IF_ERROR(reader_.Scan(
        begin, end, [&](absl::string_view key, absl::string_view value) {
          readable = page.emplace_back().ParseFromArray(
              value.data(), static_cast<int>(value.size()));
          begin.assign(key.data(), key.size());
          const bool enough = page.size() == kCommitsPerPage;
          return readable && !enough ? Visit::kContinue : Visit::kStop;
        }));
    if (!readable) return RecordCorrupt("CommitRecord");
    more = page.size() == kCommitsPerPage;
    // The first key behind the last one of the page.
    begin.push_back('\0');
    for (const store::v1::CommitRecord& commit : page) {
      ++commits;
      for (const std::string& bytes : commit.events()) {
        v1::Event event;
        if (!event.ParseFromString(bytes)) return RecordCorrupt("Event");
        if (!period_.Holds(TimeOf(event))) continue;
        PISTIS_RETURN_IF_ERROR(visit(event, commits));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> SimulatedHistory::IsByCommand(
    const v1::Event& event) const {
  const v1::PointsPosted& posted = event.points_posted();
  if (!MayBeByCommand(posted)) return false;
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::EntryRecord entry,
      GetExpectedRecord<store::v1::EntryRecord>(
          reader_, EntryKey(program_, MemberId(event.member_id()),
                            posted.entry_number())));
  return entry.rules().empty() && !ReservationOf(HoldId(entry.hold_id()));
}

absl::StatusOr<HistoryCounts> SimulatedHistory::Count(
    absl::FunctionRef<absl::Status(int64_t commits)> watch) const {
  HistoryCounts counts;
  PISTIS_RETURN_IF_ERROR(
      VisitEvents([&](const v1::Event& event, int64_t commits) -> absl::Status {
        counts.commits = commits;
        if (event.has_order_committed()) ++counts.orders;
        if (event.has_member_joined()) ++counts.joined;
        if (event.has_points_posted()) {
          PISTIS_ASSIGN_OR_RETURN(const bool by_command, IsByCommand(event));
          if (by_command) ++counts.other_postings;
        }
        if (event.has_order_refunded()) {
          ++counts.refunds;
          PISTIS_ASSIGN_OR_RETURN(const FoundRefund found, LoadRefund(event));
          if (found.state == RefundState::kOfOtherOrder) {
            ++counts.refunds_of_others;
          }
          if (found.state == RefundState::kUntold) ++counts.refunds_untold;
        }
        return watch(commits);
      }));
  return counts;
}

absl::Status SimulatedHistory::Walk(
    absl::FunctionRef<absl::Status(const PastStep&)> visit) const {
  return VisitEvents(
      [&](const v1::Event& event, int64_t /*commits*/) -> absl::Status {
        if (event.has_member_joined()) {
          PISTIS_ASSIGN_OR_RETURN(PastMember member,
                                  FindMember(MemberId(event.member_id())));
          member.joined = TimeOf(event);
          member.referrer = MemberId(event.member_joined().referrer_id());
          return visit(std::move(member));
        }
        if (event.has_order_committed()) {
          PISTIS_ASSIGN_OR_RETURN(
              PastOrder order, LoadOrder(event.order_committed().order_id()));
          return visit(std::move(order));
        }
        if (event.has_order_refunded()) {
          PISTIS_ASSIGN_OR_RETURN(FoundRefund found, LoadRefund(event));
          if (found.state == RefundState::kTold) {
            return visit(std::move(found.refund));
          }
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<PastMember> SimulatedHistory::FindMember(
    const MemberId& member) const {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::ProfileRecord known,
                          GetExpectedRecord<store::v1::ProfileRecord>(
                              reader_, ProfileKey(program_, member)));
  PastMember past{.member = member,
                  .joined = absl::FromUnixMicros(known.joined_us()),
                  .profile = {}};
  // Neither names nor identifiers.
  past.profile.set_language(known.language());
  past.profile.set_joined_us(known.joined_us());
  past.profile.set_birthday(known.birthday());
  *past.profile.mutable_attributes() = known.attributes();
  return past;
}

absl::StatusOr<PastOrder> SimulatedHistory::LoadOrder(
    const std::string& order_id) const {
  PISTIS_ASSIGN_OR_RETURN(const OrderRecord record,
                          GetExpectedRecord<OrderRecord>(
                              reader_, OrderKey(program_, OrderId(order_id))));
  PastOrder past{.time = absl::FromUnixMicros(record.effective_us()),
                 .redeemed = Points(record.points_redeemed())};
  v1::CommitOrderResponse reply;
  if (!past.order.ParseFromString(record.order()) ||
      !reply.ParseFromString(record.reply())) {
    return RecordCorrupt("OrderRecord");
  }
  // What the catalogue said then is a fact of the sale.
  for (int i = 0; i < record.lines_size(); ++i) {
    if (!record.lines(i).has_catalogue_cost_minor()) continue;
    if (i >= past.order.lines_size()) return RecordCorrupt("OrderRecord");
    past.order.mutable_lines(i)->set_cost_minor(
        record.lines(i).catalogue_cost_minor());
  }
  past.order.set_member_id(record.member_id());
  past.order.clear_identifier();
  if (record.has_facts()) past.facts = record.facts();
  past.issued.assign(reply.issued_codes().begin(), reply.issued_codes().end());
  for (const std::string& typed : past.order.codes()) {
    PISTIS_ASSIGN_OR_RETURN(
        std::optional<store::v1::CodeRecord> code,
        GetRecord<store::v1::CodeRecord>(
            reader_,
            CodeIndexKey(program_, CodeKey(env_.secret, program_, typed))));
    // A word has no record before it was used.
    if (!code) code.emplace().set_is_word(true);
    past.codes.push_back({.typed = typed, .record = *std::move(code)});
  }
  return past;
}

absl::StatusOr<SimulatedHistory::FoundRefund> SimulatedHistory::LoadRefund(
    const v1::Event& event) const {
  const v1::OrderRefunded& told = event.order_refunded();
  FoundRefund found;
  found.refund.order = OrderId(told.order_id());
  found.refund.refund = RefundId(told.refund_id());
  found.refund.time = TimeOf(event);
  PISTIS_ASSIGN_OR_RETURN(const OrderRecord order,
                          GetExpectedRecord<OrderRecord>(
                              reader_, OrderKey(program_, found.refund.order)));
  if (!period_.Holds(absl::FromUnixMicros(order.effective_us()))) {
    found.state = RefundState::kOfOtherOrder;
    return found;
  }
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::RefundRecord record,
      GetExpectedRecord<store::v1::RefundRecord>(
          reader_, RefundKey(program_, found.refund.refund)));
  if (record.parts().empty() && !record.rest()) {
    found.state = RefundState::kUntold;
    return found;
  }
  for (const store::v1::RefundPartRecord& part : record.parts()) {
    if (part.line() < 0 || part.line() >= order.lines_size()) {
      return RecordCorrupt("RefundRecord");
    }
    v1::RefundLine& line = found.refund.lines.emplace_back();
    line.set_line_id(order.lines(part.line()).line_id());
    if (part.quantity() > 0) {
      line.set_quantity(part.quantity());
    } else {
      line.set_amount_minor(part.amount_minor());
    }
  }
  return found;
}

}  // namespace pistis
