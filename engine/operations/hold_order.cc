#include "engine/operations/hold_order.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/reservation_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/erased_records.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/holds.h"
#include "engine/operations/journal.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/price_order.h"
#include "engine/operations/reservations.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using HoldReply = v1::HoldOrderResponse;
using store::v1::ReservationRecord;

constexpr HoldSpan kReservationSpan{.usual = absl::Minutes(15),
                                    .most_days = 31};

absl::Status HoldPoints(absl::string_view caller, const HoldOrderInput& input,
                        PricedSale& sale) {
  const Points points = sale.priced.grant.redeemed_points;
  if (!points.is_positive()) return absl::OkStatus();
  return sale.loaded.ledger
      ->Hold(HoldOf(input.reservation), points, absl::InfiniteFuture(),
             {.rulebook_version = sale.loaded.rulebook->version,
              .caller = std::string(caller)})
      .status();
}

void Announce(const HoldOrderInput& input, const HoldReply& reply,
              const PricedSale& sale, Journal& journal) {
  v1::OrderHeld* event =
      journal
          .AddEvent(sale.loaded.effective,
                    MemberId(reply.reservation().member_id()),
                    sale.loaded.rulebook->version)
          .mutable_order_held();
  event->set_reservation_id(input.reservation.text());
  event->set_order_id(input.sale.order.order_id.text());
  event->set_discount_minor(reply.quote().discount_minor());
  event->set_points_held(reply.quote().points_redeemed());
  *event->mutable_expire_time() = reply.reservation().expire_time();
}

}  // namespace

absl::StatusOr<HoldOrderInput> ParseHoldOrder(
    const v1::HoldOrderRequest& request, absl::Time now) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("reservation_id", request.reservation_id()));
  if (!request.has_order()) return RefuseField("order", "is missing");
  if (request.order().has_placed_time()) {
    return RefuseField("order.placed_time", "is set; what is held is sold now");
  }
  HoldOrderInput input{.sale = {},
                       .reservation = ReservationId(request.reservation_id()),
                       .expire = {}};
  PISTIS_ASSIGN_OR_RETURN(input.sale, ShapeOrder(request.order(), now));
  input.sale.program = ProgramId(request.program_id());
  input.sale.fingerprint = FingerprintOf(request);
  if (request.has_expire_time()) {
    PISTIS_ASSIGN_OR_RETURN(input.expire,
                            ParsePastTime("expire_time", request.expire_time(),
                                          absl::InfiniteFuture()));
  }
  return input;
}

absl::StatusOr<DecidedReply<HoldReply>> HoldOrder(const OperationEnv& env,
                                                  const Reader& reader,
                                                  const CommitContext& context,
                                                  const HoldOrderInput& input) {
  const ProgramId& program = input.sale.program;
  const SaleAt at{
      .env = env, .reader = reader, .context = context, .program = program};
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<ReservationRecord> known,
      GetRecord<ReservationRecord>(reader,
                                   ReservationKey(program, input.reservation)));
  if (known) {
    return FirstReply<HoldReply>(
        known->fingerprint(),
        FingerprintLike(known->fingerprint(), env.secret,
                        StoredFingerprint(env, input.sale)),
        known->reply(), "reservation_id");
  }
  PISTIS_RETURN_IF_ERROR(
      CheckNotCommitted(reader, program, input.sale.order.order_id));
  PISTIS_ASSIGN_OR_RETURN(
      const absl::Time expire,
      HoldUntil(input.expire, context.now, kReservationSpan));
  ReservationRecord record;
  store::v1::OrderRecord& order = *record.mutable_order();
  PISTIS_ASSIGN_OR_RETURN(PricedSale sale, PriceSale(at, input.sale, order));
  Journal journal(program, context, std::move(sale.loaded.totals));
  PISTIS_RETURN_IF_ERROR(
      ChargeOrder(at, Charge::kAllButSales, sale, journal, order));
  PISTIS_RETURN_IF_ERROR(HoldPoints(context.caller, input, sale));
  order.set_priced_us(absl::ToUnixMicros(sale.loaded.effective));
  order.set_reservation_id(input.reservation.text());
  record.set_fingerprint(StoredFingerprint(env, input.sale));
  record.set_order_id(input.sale.order.order_id.text());
  record.set_create_us(absl::ToUnixMicros(context.now));
  record.set_expire_us(absl::ToUnixMicros(expire));
  HoldReply reply;
  *reply.mutable_reservation() =
      ToMessage(input.reservation, record, context.now);
  FillQuote(*sale.loaded.rulebook, sale.priced, *reply.mutable_quote());
  if (const auto& ledger = sale.loaded.ledger) {
    ledger->Post(journal);
    *reply.mutable_account() = ToMessage(ledger->member_id(), ledger->account(),
                                         sale.loaded.rulebook.get());
  }
  reply.set_commit_seq(context.commit_seq);
  Announce(input, reply, sale, journal);
  AnnounceBudgets(sale, journal);
  Encoded<HoldReply> encoded = Encode(reply);
  record.set_reply(encoded.bytes);
  PutReservation(program, input.reservation, std::move(record),
                 journal.writes());
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<HoldReply>{.reply = std::move(encoded),
                                 .writes = std::move(writes)};
}

}  // namespace pistis
