#include "engine/operations/reservations.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/met_occasion.h"
#include "engine/operations/reprice_order.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::ReservationRecord;

constexpr absl::string_view kHoldPrefix = "reservation ";

absl::Time ExpireOf(const ReservationRecord& reservation) {
  return absl::FromUnixMicros(reservation.expire_us());
}

// At the time at which it expires a reservation has expired.
v1::Reservation::State StateAt(const ReservationRecord& reservation,
                               absl::Time now) {
  if (reservation.state() == ReservationRecord::COMMITTED) {
    return v1::Reservation::COMMITTED;
  }
  if (reservation.state() == ReservationRecord::CANCELLED) {
    return v1::Reservation::CANCELLED;
  }
  const bool is_open = reservation.state() == ReservationRecord::HELD &&
                       now < ExpireOf(reservation);
  return is_open ? v1::Reservation::OPEN : v1::Reservation::EXPIRED;
}

absl::Status RefuseNotOpen(absl::string_view state) {
  return Refuse(Reason::kReservationNotOpen,
                absl::StrCat("the reservation was ", state, " before"),
                {{"state", std::string(state)}});
}

// The order as the account and the program stand now.
absl::StatusOr<LoadedOrder> LoadAsOfNow(const SaleAt& at,
                                        const TakenReservation& taken,
                                        store::v1::TotalsRecord totals) {
  LoadedOrder loaded;
  loaded.effective = at.context.now;
  const MemberId member(taken.reservation.order().member_id());
  if (!member.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        loaded.ledger,
        MemberLedger::Load(at.reader, {.program = at.program,
                                       .member = member,
                                       .at = loaded.effective,
                                       .rulebook = taken.in_force.get(),
                                       .occasions = OccasionTermsOf(
                                           at.env, totals, at.context.now)}));
    loaded.effective = loaded.ledger->effective();
  }
  loaded.sold = loaded.effective;
  loaded.totals = std::move(totals);
  return loaded;
}

}  // namespace

HoldId HoldOf(const ReservationId& reservation) {
  return HoldId(absl::StrCat(kHoldPrefix, reservation.text()));
}

std::optional<ReservationId> ReservationOf(const HoldId& hold) {
  absl::string_view text = hold.text();
  if (!absl::ConsumePrefix(&text, kHoldPrefix)) return std::nullopt;
  return ReservationId(text);
}

absl::StatusOr<ReservationRecord> LoadReservation(
    const Reader& reader, const ProgramId& program,
    const ReservationId& reservation) {
  PISTIS_ASSIGN_OR_RETURN(std::optional<ReservationRecord> record,
                          GetRecord<ReservationRecord>(
                              reader, ReservationKey(program, reservation)));
  if (!record) return RefuseNotFound("reservation", reservation.text());
  return *std::move(record);
}

absl::Status CheckOpen(const ReservationRecord& reservation, absl::Time now) {
  const v1::Reservation::State state = StateAt(reservation, now);
  if (state == v1::Reservation::OPEN) return absl::OkStatus();
  if (state == v1::Reservation::COMMITTED) return RefuseNotOpen("committed");
  if (state == v1::Reservation::CANCELLED) return RefuseNotOpen("cancelled");
  const std::string expire = absl::FormatTime(ExpireOf(reservation));
  return Refuse(Reason::kReservationExpired,
                absl::StrCat("the reservation held until ", expire,
                             "; hold the order once more"),
                {{"expire_time", expire}});
}

absl::Status CheckNotCommitted(const Reader& reader, const ProgramId& program,
                               const OrderId& order) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> known,
                          reader.Get(OrderKey(program, order)));
  if (!known) return absl::OkStatus();
  return Refuse(
      Reason::kOrderExists,
      absl::StrCat("the order \"", order.text(), "\" was committed before"),
      {{"kind", "order"}, {"id", order.text()}});
}

std::string DigestOf(ReservationRecord record) {
  record.clear_digest();
  return Sha256(record.SerializeAsString());
}

void PutReservation(const ProgramId& program, const ReservationId& reservation,
                    ReservationRecord record, WriteSet& writes) {
  const std::string due =
      ReservationDueKey(program, ExpireOf(record), reservation);
  if (record.state() == ReservationRecord::HELD) {
    writes.Put(due, "");
  } else {
    writes.Delete(due);
  }
  record.set_digest(DigestOf(record));
  PutRecord(ReservationKey(program, reservation), record, writes);
}

void CloseReservation(const ProgramId& program,
                      const ReservationId& reservation,
                      ReservationRecord record, WriteSet& writes) {
  store::v1::OrderRecord kept;
  kept.set_order(record.order().order());
  kept.set_member_id(record.order().member_id());
  kept.set_points_redeemed(record.order().points_redeemed());
  kept.set_priced_us(record.order().priced_us());
  *record.mutable_order() = std::move(kept);
  PutReservation(program, reservation, std::move(record), writes);
}

v1::Reservation ToMessage(const ReservationId& id,
                          const ReservationRecord& record, absl::Time now) {
  v1::Reservation reservation;
  reservation.set_reservation_id(id.text());
  reservation.set_order_id(record.order_id());
  reservation.set_member_id(record.order().member_id());
  reservation.set_state(StateAt(record, now));
  *reservation.mutable_create_time() =
      ToTimestamp(absl::FromUnixMicros(record.create_us()));
  *reservation.mutable_expire_time() = ToTimestamp(ExpireOf(record));
  return reservation;
}

absl::StatusOr<TakenReservation> TakeReservation(
    const SaleAt& at, const ReservationId& reservation,
    store::v1::OrderRecord& record) {
  PISTIS_ASSIGN_OR_RETURN(store::v1::TotalsRecord totals,
                          LoadTotals(at.reader, at.program));
  TakenReservation taken;
  PISTIS_ASSIGN_OR_RETURN(taken.reservation,
                          LoadReservation(at.reader, at.program, reservation));
  const OrderId order(taken.reservation.order_id());
  if (taken.reservation.state() == ReservationRecord::COMMITTED) {
    PISTIS_ASSIGN_OR_RETURN(taken.committed,
                            GetExpectedRecord<store::v1::OrderRecord>(
                                at.reader, OrderKey(at.program, order)));
    return taken;
  }
  PISTIS_RETURN_IF_ERROR(CheckOpen(taken.reservation, at.context.now));
  PISTIS_RETURN_IF_ERROR(CheckNotCommitted(at.reader, at.program, order));
  record = taken.reservation.order();
  PISTIS_ASSIGN_OR_RETURN(RepricedOrder again,
                          RepriceOrder({.env = at.env,
                                        .reader = at.reader,
                                        .program = at.program,
                                        .record = record},
                                       nullptr));
  v1::HoldOrderResponse held;
  if (!held.ParseFromString(taken.reservation.reply()) ||
      ToQuote(*again.rulebook, again.priced).SerializeAsString() !=
          held.quote().SerializeAsString()) {
    return RecordCorrupt("ReservationRecord");
  }
  PISTIS_ASSIGN_OR_RETURN(
      taken.in_force, LoadCurrentRulebook(at.env, at.reader, at.program, totals,
                                          at.context.now));
  PISTIS_ASSIGN_OR_RETURN(taken.sale.loaded,
                          LoadAsOfNow(at, taken, std::move(totals)));
  taken.sale.loaded.rulebook = std::move(again.rulebook);
  taken.sale.loaded.codes = std::move(again.codes);
  taken.sale.facts = std::move(again.member);
  taken.sale.priced = std::move(again.priced);
  taken.order = std::move(again.order);
  return taken;
}

absl::StatusOr<v1::HeldOrder> GetReservation(
    const QueryContext& context, const v1::GetReservationRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("reservation_id", request.reservation_id()));
  const ProgramId program(request.program_id());
  const ReservationId id(request.reservation_id());
  PISTIS_RETURN_IF_ERROR(LoadProgram(context.reader, program).status());
  PISTIS_ASSIGN_OR_RETURN(const ReservationRecord record,
                          LoadReservation(context.reader, program, id));
  v1::HoldOrderResponse reply;
  v1::HeldOrder held;
  if (!reply.ParseFromString(record.reply()) ||
      !held.mutable_order()->ParseFromString(record.order().order())) {
    return RecordCorrupt("ReservationRecord");
  }
  *held.mutable_reservation() = ToMessage(id, record, context.now);
  *held.mutable_quote() = std::move(*reply.mutable_quote());
  return held;
}

}  // namespace pistis
