#include "engine/operations/verify_reservations.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/reservation_records.pb.h"
#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/reservations.h"
#include "engine/operations/verify_codes.h"
#include "engine/operations/verify_holds.h"
#include "engine/operations/verify_limits.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::OrderRecord;
using store::v1::ReservationRecord;

std::string ReservationName(absl::string_view id) {
  return absl::StrCat("reservation ", id);
}

// Which order it is, and when it was priced.
int64_t DigestOfSale(absl::string_view order_id, int64_t priced_us) {
  return DigestOf(absl::StrCat(order_id, " at ", priced_us));
}

// How a reservation came to nothing; 0: it did not.
int64_t EndOf(const ReservationRecord& record) {
  if (record.state() == ReservationRecord::CANCELLED) return 1;
  return record.state() == ReservationRecord::EXPIRED ? 2 : 0;
}

void ClaimPoints(absl::string_view id, const ReservationRecord& record,
                 Recount& recount) {
  const OrderRecord& order = record.order();
  if (order.points_redeemed() == 0) return;
  const bool committed = record.state() == ReservationRecord::COMMITTED;
  ClaimHold({.id = HoldOf(ReservationId(id)).text(),
             .member = order.member_id(),
             .points = order.points_redeemed(),
             .captured = committed ? order.points_redeemed() : 0,
             .made_us = order.priced_us(),
             .is_closed = record.state() != ReservationRecord::HELD},
            recount);
}

// What it takes of what others might use.
absl::Status CountUses(absl::string_view where, const ReservationRecord& record,
                       Recount& recount) {
  recount.tally().Count(Book::kDueTimes, where, record.expire_us());
  TellLimits(record.order().limits_used(), Uses::kAll, recount);
  TellBudgets(record.order().budgets_used(), recount);
  return TellUsedCodes(record.order(), recount);
}

absl::Status VerifyReservation(absl::string_view id, absl::string_view value,
                               Recount& recount) {
  const std::string where = ReservationName(id);
  const Place here{"order", where};
  const auto record = recount.Parse<ReservationRecord>(value, where);
  if (!record) return absl::OkStatus();
  if (record->digest() != DigestOf(*record)) {
    recount.Find(here, "its digest is that of another record");
  }
  const auto reply =
      recount.Parse<v1::HoldOrderResponse>(record->reply(), where);
  if (!reply) return absl::OkStatus();
  const v1::Reservation& told = reply->reservation();
  if (absl::string_view(told.reservation_id()) != id ||
      told.order_id() != record->order_id() ||
      told.member_id() != record->order().member_id()) {
    recount.Find(here, "its first reply tells otherwise");
  }
  recount.Expect(here, "points that are set aside",
                 record->order().points_redeemed(),
                 reply->quote().points_redeemed());
  Tally& tally = recount.tally();
  tally.Claim(Book::kReservationEvents, where, reply->commit_seq());
  tally.Claim(Book::kReservationEnds, where, EndOf(*record));
  if (record->state() == ReservationRecord::COMMITTED) {
    tally.Claim(Book::kReservedOrders, where,
                DigestOfSale(record->order_id(), record->order().priced_us()));
  }
  ClaimPoints(id, *record, recount);
  if (record->state() != ReservationRecord::HELD) return absl::OkStatus();
  return CountUses(where, *record, recount);
}

}  // namespace

void CountReservationEvent(int64_t commit_seq, const v1::Event& event,
                           Recount& recount) {
  if (event.has_order_held()) {
    recount.tally().Count(Book::kReservationEvents,
                          ReservationName(event.order_held().reservation_id()),
                          commit_seq);
  } else if (event.has_reservation_ended()) {
    const v1::ReservationEnded& ended = event.reservation_ended();
    recount.tally().Count(Book::kReservationEnds,
                          ReservationName(ended.reservation_id()),
                          ended.expired() ? 2 : 1);
  }
}

void CountReservedOrder(absl::string_view order_id, const OrderRecord& order,
                        Recount& recount) {
  const bool is_held = !order.reservation_id().empty();
  if (is_held != (order.priced_us() != 0) ||
      order.priced_us() > order.effective_us()) {
    recount.Find({"order", absl::StrCat("order ", order_id)},
                 "was priced at a time that goes with no reservation of it");
  }
  if (!is_held) return;
  recount.tally().Count(Book::kReservedOrders,
                        ReservationName(order.reservation_id()),
                        DigestOfSale(order_id, order.priced_us()));
}

absl::Status VerifyReservations(Recount& recount) {
  PISTIS_RETURN_IF_ERROR(
      recount.Scan({.letter = 'S', .stage = "reservations"},
                   [&](absl::string_view rest, absl::string_view value) {
                     const std::optional<NamedRest> id = SplitName(rest);
                     if (id && id->after.empty()) {
                       return VerifyReservation(id->name, value, recount);
                     }
                     FindMalformedKey('S', rest, recount);
                     return absl::OkStatus();
                   }));
  return recount.Scan(
      {.letter = 'Y', .stage = "reservations' times"},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<DueReservation> due = ParseReservationDueKey(
            recount.program(),
            absl::StrCat(TablePrefix('Y', recount.program()), rest));
        if (due && value.empty()) {
          recount.tally().Claim(Book::kDueTimes,
                                ReservationName(due->reservation.text()),
                                absl::ToUnixMicros(due->expire));
        } else {
          FindMalformedKey('Y', rest, recount);
        }
        return absl::OkStatus();
      });
}

}  // namespace pistis
