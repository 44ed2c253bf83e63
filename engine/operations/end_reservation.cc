#include "engine/operations/end_reservation.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "pistis/store/v1/reservation_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/met_occasion.h"
#include "engine/operations/reservations.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

using CancelReply = v1::CancelReservationResponse;
using store::v1::ReservationRecord;

// A reservation that ends, and when.
struct Ending {
  ReservationId id;
  ReservationRecord record;
  absl::Time at;
  // In force; may be null.
  const Rulebook* rulebook;
};

// What it gives back: worked out first, as a journal may hold the endings of
// other reservations that one in a bad state must not spoil.
class GivenBack {
 public:
  // Reads what `journal` writes already.
  static absl::StatusOr<GivenBack> WorkOut(const SaleAt& at,
                                           const Ending& ending,
                                           Journal& journal) {
    GivenBack back;
    const store::v1::OrderRecord& order = ending.record.order();
    const OverlayReader before(at.reader, {&journal.writes()});
    if (!order.member_id().empty()) {
      PISTIS_ASSIGN_OR_RETURN(
          back.ledger_,
          MemberLedger::Load(
              before, {.program = at.program,
                       .member = MemberId(order.member_id()),
                       .at = ending.at,
                       .rulebook = ending.rulebook,
                       .occasions = OccasionTermsOf(at.env, journal.totals(),
                                                    at.context.now),
                       .erased = ErasedMember::kLoaded}));
      PISTIS_RETURN_IF_ERROR(back.ReleasePoints(at, ending));
    }
    const WriteSet none;
    const OverlayReader view(
        at.reader,
        {&back.writes_, back.ledger_ ? &back.ledger_->writes() : &none,
         &journal.writes()});
    PISTIS_RETURN_IF_ERROR(back.ReturnUses(view, at.program, ending));
    return back;
  }

  [[nodiscard]] const std::optional<MemberLedger>& ledger() const {
    return ledger_;
  }

  void Post(const Ending& ending, Journal& journal) {
    const store::v1::OrderRecord& order = ending.record.order();
    if (ledger_) ledger_->Post(journal);
    journal.writes().Merge(std::move(writes_));
    journal.totals().set_codes_used(journal.totals().codes_used() -
                                    order.codes_used_size());
    v1::ReservationEnded* event =
        journal
            .AddEvent(ledger_ ? ledger_->effective() : ending.at,
                      MemberId(order.member_id()), order.rulebook_version())
            .mutable_reservation_ended();
    event->set_reservation_id(ending.id.text());
    event->set_order_id(ending.record.order_id());
    event->set_expired(ending.record.state() == ReservationRecord::EXPIRED);
  }

 private:
  absl::Status ReleasePoints(const SaleAt& at, const Ending& ending) {
    if (ending.record.order().points_redeemed() == 0) return absl::OkStatus();
    return ledger_
        ->ReleaseHold(
            HoldOf(ending.id),
            LotTermsOf(ending.rulebook, ledger_->effective()),
            {.rulebook_version = ending.record.order().rulebook_version(),
             .caller = std::string(at.context.caller)})
        .status();
  }

  // No code was issued, so all of it comes back.
  absl::Status ReturnUses(const Reader& view, const ProgramId& program,
                          const Ending& ending) {
    for (const std::string& hash : ending.record.order().codes_used()) {
      const std::string key = CodeIndexKey(program, hash);
      PISTIS_ASSIGN_OR_RETURN(
          store::v1::CodeRecord code,
          GetExpectedRecord<store::v1::CodeRecord>(view, key));
      FreeCode(key, std::move(code), writes_);
    }
    LimitUseRecords limits = ending.record.order().limits_used();
    for (store::v1::LimitUseRecord& use : limits)
      use.set_kept(false);
    PISTIS_RETURN_IF_ERROR(ReturnLimits(view, program, limits, writes_));
    BudgetUseRecords budgets = ending.record.order().budgets_used();
    for (store::v1::BudgetUseRecord& use : budgets)
      use.set_keeps_times(false);
    return GiveBackBudgets(view, program, budgets, writes_);
  }

  std::optional<MemberLedger> ledger_;
  WriteSet writes_;
};

}  // namespace

absl::StatusOr<CancelReservationInput> ParseCancelReservation(
    const v1::CancelReservationRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("reservation_id", request.reservation_id()));
  return CancelReservationInput{
      .program = ProgramId(request.program_id()),
      .reservation = ReservationId(request.reservation_id())};
}

absl::StatusOr<DecidedReply<CancelReply>> CancelReservation(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CancelReservationInput& input) {
  PISTIS_ASSIGN_OR_RETURN(store::v1::TotalsRecord totals,
                          LoadTotals(reader, input.program));
  PISTIS_ASSIGN_OR_RETURN(
      ReservationRecord record,
      LoadReservation(reader, input.program, input.reservation));
  if (record.state() == ReservationRecord::CANCELLED) {
    return DecidedReply<CancelReply>{
        .reply = Encoded<CancelReply>{record.cancel_reply()}, .writes = {}};
  }
  PISTIS_RETURN_IF_ERROR(CheckOpen(record, context.now));
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> rulebook,
      LoadRulebookIfAny(env, reader, input.program, totals, context.now));
  Journal journal(input.program, context, std::move(totals));
  record.set_state(ReservationRecord::CANCELLED);
  const SaleAt at{.env = env,
                  .reader = reader,
                  .context = context,
                  .program = input.program};
  Ending ending{.id = input.reservation,
                .record = std::move(record),
                .at = context.now,
                .rulebook = rulebook.get()};
  PISTIS_ASSIGN_OR_RETURN(GivenBack back,
                          GivenBack::WorkOut(at, ending, journal));
  CancelReply reply;
  *reply.mutable_reservation() =
      ToMessage(ending.id, ending.record, context.now);
  if (const auto& ledger = back.ledger()) {
    *reply.mutable_account() =
        ToMessage(ledger->member_id(), ledger->account(), rulebook.get());
  }
  reply.set_commit_seq(context.commit_seq);
  Encoded<CancelReply> encoded = Encode(reply);
  back.Post(ending, journal);
  ending.record.set_cancel_reply(encoded.bytes);
  CloseReservation(at.program, ending.id, std::move(ending.record),
                   journal.writes());
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<CancelReply>{.reply = std::move(encoded),
                                   .writes = std::move(writes)};
}

absl::StatusOr<std::vector<DueReservation>> FindExpiredReservations(
    const Reader& reader, const ProgramId& program,
    const ExpiredBetween& expired) {
  std::vector<DueReservation> found;
  // What expires at this very microsecond has expired.
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      ReservationDueKey(program, expired.from, {}),
      ReservationDueKey(program, expired.to + absl::Microseconds(1), {}),
      [&](absl::string_view key, absl::string_view /*value*/) {
        if (found.size() == expired.most) return Visit::kStop;
        const std::optional<DueReservation> due =
            ParseReservationDueKey(program, key);
        if (due) found.push_back(*due);
        return Visit::kContinue;
      }));
  return found;
}

absl::StatusOr<size_t> ExpireReservations(
    const SaleAt& at, const std::vector<DueReservation>& expired,
    const Rulebook* rulebook, Journal& journal) {
  size_t ended = 0;
  for (const DueReservation& due : expired) {
    absl::StatusOr<ReservationRecord> record =
        LoadReservation(at.reader, at.program, due.reservation);
    if (ReasonOf(record.status())) continue;
    PISTIS_RETURN_IF_ERROR(record.status());
    if (record->state() != ReservationRecord::HELD) continue;
    record->set_state(ReservationRecord::EXPIRED);
    Ending ending{.id = due.reservation,
                  .record = *std::move(record),
                  .at = due.expire,
                  .rulebook = rulebook};
    absl::StatusOr<GivenBack> back = GivenBack::WorkOut(at, ending, journal);
    if (ReasonOf(back.status())) continue;
    PISTIS_RETURN_IF_ERROR(back.status());
    back->Post(ending, journal);
    CloseReservation(at.program, ending.id, std::move(ending.record),
                     journal.writes());
    ++ended;
  }
  return ended;
}

}  // namespace pistis
