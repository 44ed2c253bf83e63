#include "engine/operations/refund_order.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/refund_records.pb.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/budget_uses.h"
#include "engine/operations/charge_order.h"
#include "engine/operations/erased_records.h"
#include "engine/operations/expired_lots.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/journal.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/member_standing.h"
#include "engine/operations/points_lost.h"
#include "engine/operations/referrals.h"
#include "engine/order/order.h"
#include "engine/rules/recompute.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

using RefundReply = v1::RefundOrderResponse;

absl::StatusOr<ReturnedPart> ParsePart(const std::string& field,
                                       const v1::RefundLine& line) {
  PISTIS_RETURN_IF_ERROR(
      CheckId(absl::StrCat(field, ".line_id"), line.line_id()));
  ReturnedPart part{.line_id = line.line_id(), .quantity = {}, .amount = {}};
  switch (line.part_case()) {
    case v1::RefundLine::kQuantity:
      if (line.quantity() < 1 || line.quantity() > kMaxLineQuantity) {
        return RefuseField(absl::StrCat(field, ".quantity"),
                           absl::StrCat("is ", line.quantity(), "; 1 to ",
                                        kMaxLineQuantity, " are allowed"));
      }
      part.quantity = line.quantity();
      return part;
    case v1::RefundLine::kAmountMinor:
      if (line.amount_minor() < 1 ||
          Money(line.amount_minor()) > kMaxLineMoney) {
        return RefuseField(absl::StrCat(field, ".amount_minor"),
                           absl::StrCat("is ", line.amount_minor(), "; 1 to ",
                                        kMaxLineMoney.value(), " are allowed"));
      }
      part.amount = Money(line.amount_minor());
      return part;
    case v1::RefundLine::PART_NOT_SET:
      break;
  }
  return RefuseField(field, "needs quantity or amount_minor");
}

// What the refund moves: the new sums of the order less the old ones.
struct Moved {
  Money amount;
  Money refund;
  Money discount;
  Money redeemed;
  Money paid;
  Money margin;
  Points tier_points;
  Points clawed_back;
  Points restored;
};

// The sale's rulebook says what a refund does; what points are worth from now
// on is the current one's to say.
struct Rulebooks {
  const Rulebook& of_sale;
  const Rulebook& current;
};

// One refund on its way.
class OrderRefund {
 public:
  OrderRefund(const OperationEnv& env, const CommitContext& context,
              const RefundOrderInput& input, const Reader& reader,
              store::v1::OrderRecord record, Journal journal)
      : env_(env),
        context_(context),
        input_(input),
        reader_(reader),
        record_(std::move(record)),
        journal_(std::move(journal)) {}

  absl::StatusOr<DecidedReply<RefundReply>> Run(const Rulebooks& rulebooks) {
    PISTIS_RETURN_IF_ERROR(MoveLines());
    reply_.set_refund_minor(moved_.refund.value());
    reply_.set_points_clawed_back(moved_.clawed_back.value());
    reply_.set_points_restored(moved_.restored.value());
    reply_.set_commit_seq(context_.commit_seq);
    reply_.set_whole(record_.refunded().whole());
    effective_ = std::max(input_.placed.value_or(context_.now),
                          absl::FromUnixMicros(record_.effective_us()));
    PISTIS_RETURN_IF_ERROR(PostAndAnnounce(rulebooks));
    PISTIS_RETURN_IF_ERROR(ReturnCodes(rulebooks.of_sale));
    if (record_.refunded().whole()) {
      // What rules on refunds just used may be in the same windows.
      PISTIS_RETURN_IF_ERROR(ReturnLimits(
          OverlayReader(reader_, {&journal_.writes()}), input_.program,
          record_.limits_used(), journal_.writes()));
    }
    PISTIS_RETURN_IF_ERROR(
        ReturnBudgets(OverlayReader(reader_, {&journal_.writes()}),
                      {.program = input_.program,
                       .of_sale = rulebooks.of_sale,
                       .order = record_},
                      journal_.writes()));
    CountTotals();
    SealErased(record_);
    PutRecord(OrderKey(input_.program, input_.order), record_,
              journal_.writes());
    store::v1::RefundRecord refund;
    refund.set_fingerprint(input_.fingerprint);
    Encoded<RefundReply> reply = Encode(reply_);
    refund.set_reply(reply.bytes);
    KeepParts(refund);
    PutRecord(RefundKey(input_.program, input_.refund), refund,
              journal_.writes());
    PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                            std::move(journal_).Take(env_, reader_));
    return DecidedReply<RefundReply>{.reply = std::move(reply),
                                     .writes = std::move(writes)};
  }

 private:
  // What came back, as it was asked for.
  void KeepParts(store::v1::RefundRecord& refund) const {
    refund.set_rest(input_.parts.empty());
    for (const ReturnedPart& part : input_.parts) {
      store::v1::RefundPartRecord* kept = refund.add_parts();
      for (int i = 0; i < record_.lines_size(); ++i) {
        if (record_.lines(i).line_id() == part.line_id) kept->set_line(i);
      }
      kept->set_quantity(part.quantity.value_or(0));
      kept->set_amount_minor(part.amount.value_or(Money()).value());
    }
  }

  absl::Status MoveLines() {
    const std::vector<SoldLine> before = SoldLinesOf(record_);
    PISTIS_ASSIGN_OR_RETURN(const std::vector<SoldLine> after,
                            ReturnParts(before, input_.parts));
    for (size_t i = 0; i < after.size(); ++i) {
      store::v1::OrderLineRecord* line =
          record_.mutable_lines(static_cast<int>(i));
      line->set_returned_quantity(after[i].returned_quantity);
      line->set_returned_minor(after[i].returned.value());
    }
    const ReturnedSums sums = SumReturned(after);
    const ReturnedSums earlier = SumReturned(before);
    moved_.amount = sums.amount - earlier.amount;
    moved_.discount = sums.discount - earlier.discount;
    moved_.redeemed = sums.redeemed - earlier.redeemed;
    moved_.paid = sums.paid - earlier.paid;
    PISTIS_ASSIGN_OR_RETURN(const Points lost,
                            PointsLost({.env = env_,
                                        .reader = reader_,
                                        .program = input_.program,
                                        .record = record_},
                                       after));
    // A rule that rewards small orders may give more for less: no refund does.
    moved_.clawed_back = std::max(
        Points(), lost - Points(record_.refunded().points_clawed_back()));
    MoveTotals(sums);
    return absl::OkStatus();
  }

  // Each total is what the order should have given back by now, less what it
  // gave back before.
  void MoveTotals(const ReturnedSums& sums) {
    store::v1::RefundTotals& totals = *record_.mutable_refunded();
    Money paid = sums.paid;
    if (sums.whole) {
      paid += Money(record_.shipping_minor()) -
              Money(record_.shipping_discount_minor());
      moved_.discount += Money(record_.shipping_discount_minor());
    }
    moved_.refund = paid - Money(totals.refund_minor());
    Money subtotal;
    for (const store::v1::OrderLineRecord& line : record_.lines())
      subtotal += Money(line.amount_minor());
    moved_.restored = PointsGivenBack(Points(record_.points_redeemed()),
                                      Money(record_.redeemed_minor()), sums) -
                      Points(totals.points_restored());
    const Money margin =
        sums.whole || subtotal.is_zero()
            ? Money(sums.whole ? record_.margin_before_minor() : 0)
            : Money(MulDivHalfUp(record_.margin_before_minor(),
                                 sums.amount.value(), subtotal.value()));
    moved_.margin = margin - Money(totals.margin_minor());
    const int64_t tier_points =
        TierPointsReturned(record_.tier_points(), sums, subtotal);
    moved_.tier_points = Points(tier_points - totals.tier_points());
    totals.set_tier_points(tier_points);
    restored_before_ = Points(totals.points_restored());
    totals.set_refunds(totals.refunds() + 1);
    totals.set_refund_minor(paid.value());
    totals.set_points_clawed_back(totals.points_clawed_back() +
                                  moved_.clawed_back.value());
    totals.set_points_restored(totals.points_restored() +
                               moved_.restored.value());
    totals.set_margin_minor(margin.value());
    totals.set_whole(sums.whole);
  }

  // Given back first, so that what is taken back finds as much as can be.
  absl::Status PostAndAnnounce(const Rulebooks& rulebooks) {
    if (record_.member_id().empty()) {
      Announce();
      return absl::OkStatus();
    }
    const MemberId member(record_.member_id());
    journal_.NoteToldTime(effective_);
    PISTIS_ASSIGN_OR_RETURN(
        MemberLedger ledger,
        MemberLedger::Load(reader_, {.program = input_.program,
                                     .member = member,
                                     .at = effective_,
                                     .rulebook = &rulebooks.current,
                                     .occasions = OccasionTermsOf(
                                         env_, journal_.totals(), context_.now),
                                     .erased = ErasedMember::kLoaded}));
    effective_ = ledger.effective();
    const EntrySource source{.order_id = input_.order,
                             .refund_id = input_.refund,
                             .rulebook_version = record_.rulebook_version(),
                             .caller = std::string(context_.caller)};
    if (moved_.restored.is_positive()) {
      std::vector<Lot> taken;
      for (const store::v1::LotRecord& lot : record_.redeemed_lots())
        taken.push_back(ToLot(lot));
      ledger.Restore(LotsToRestore(taken, restored_before_, moved_.restored),
                     LotTermsOf(&rulebooks.of_sale, effective_), source);
    }
    if (moved_.clawed_back.is_positive()) {
      PISTIS_RETURN_IF_ERROR(TakeBack(rulebooks.of_sale, source, ledger));
    }
    PISTIS_RETURN_IF_ERROR(MeetRefund(ledger));
    ledger.CountBack({.spend = moved_.paid,
                      .orders = record_.refunded().whole() ? 1 : 0,
                      .tier_points = moved_.tier_points},
                     absl::FromUnixMicros(record_.effective_us()));
    // Who is erased has no points, and owes none.
    if (ledger.is_erased()) {
      ledger.Forfeit({.rulebook_version = record_.rulebook_version(),
                      .reason = kErasedReason,
                      .caller = std::string(context_.caller)});
    }
    const Standing standing = ledger.PostAccount(journal_);
    *reply_.mutable_account() =
        ToMessage(ledger.member_id(), ledger.account(), &rulebooks.current);
    Announce();
    ledger.AnnounceStanding(standing, journal_);
    PostUndone();
    return absl::OkStatus();
  }

  // What rules give for it, and what goes with an order of which nothing is
  // left.
  absl::Status MeetRefund(MemberLedger& ledger) {
    MemberEvent event = EventOf(Trigger::kOrderRefunded, effective_);
    event.order_id = input_.order;
    event.refund = moved_.refund;
    event.whole = record_.refunded().whole();
    PISTIS_RETURN_IF_ERROR(ledger.MeetIfItFits(event).status());
    if (!record_.refunded().whole()) return absl::OkStatus();
    PISTIS_ASSIGN_OR_RETURN(undone_, UndoReferral(reader_, input_.order,
                                                  expired_, ledger, journal_));
    return absl::OkStatus();
  }

  // Lots that expired in this very commit are written with the accounts.
  void PostUndone() {
    const auto put = [&](const std::optional<ExpiredLot>& expired) {
      if (expired) PutRecord(expired->key, expired->record, journal_.writes());
    };
    put(expired_);
    put(undone_.expired);
    if (undone_.referrer) undone_.referrer->Post(journal_);
    put(undone_.referrer_expired);
  }

  absl::Status TakeBack(const Rulebook& rulebook, const EntrySource& source,
                        MemberLedger& ledger) {
    const Lot lot{
        .expire = ExpiryOf(record_.earned_expire_us()),
        .points = Points(),
        .kind = record_.earned_idle() ? LotKind::kIdle : LotKind::kFixed};
    std::optional<absl::Time> release;
    if (record_.earned_release_us() != 0) {
      release = absl::FromUnixMicros(record_.earned_release_us());
    }
    PISTIS_ASSIGN_OR_RETURN(std::optional<ExpiredLot> expired,
                            LoadExpired(ledger, lot));
    const Points uncounted =
        expired ? Points(expired->record.expired() - expired->record.counted())
                : Points();
    const Points counted =
        ledger.TakeBack({.points = moved_.clawed_back,
                         .lot = lot,
                         .release = release,
                         .expired_uncounted = uncounted,
                         .shortfall = rulebook.points.refund_shortfall},
                        source);
    if (counted.is_positive()) {
      expired->record.set_counted(expired->record.counted() + counted.value());
      expired_ = *std::move(expired);
    }
    return absl::OkStatus();
  }

  // What became of the lot, if it has expired: before, or in this very commit.
  absl::StatusOr<std::optional<ExpiredLot>> LoadExpired(
      const MemberLedger& ledger, const Lot& lot) {
    PISTIS_ASSIGN_OR_RETURN(std::optional<ExpiredLot> expired,
                            FindExpired(reader_, input_.program, record_));
    if (!expired) expired = ledger.ExpiredNow(lot);
    if (expired && lot.kind == LotKind::kIdle &&
        !IsOfOrder(expired->record, record_)) {
      expired.reset();
    }
    return expired;
  }

  void Announce() {
    v1::OrderRefunded* event =
        journal_
            .AddEvent(effective_, MemberId(record_.member_id()),
                      record_.rulebook_version())
            .mutable_order_refunded();
    event->set_order_id(input_.order.text());
    event->set_refund_id(input_.refund.text());
    event->set_refund_minor(moved_.refund.value());
    event->set_points_clawed_back(moved_.clawed_back.value());
    event->set_points_restored(moved_.restored.value());
    event->set_available_after(reply_.account().available());
  }

  // A use of a code is freed when nothing is left of its order, unless its
  // template keeps it.
  absl::Status ReturnCodes(const Rulebook& of_sale) {
    if (!record_.refunded().whole()) return absl::OkStatus();
    for (const std::string& hash : record_.codes_used()) {
      const std::string key = CodeIndexKey(input_.program, hash);
      PISTIS_ASSIGN_OR_RETURN(
          const store::v1::CodeRecord code,
          GetExpectedRecord<store::v1::CodeRecord>(reader_, key));
      const CodeTemplate* word =
          code.is_word() ? WordUnder(of_sale, env_.secret, input_.program, hash)
                         : nullptr;
      if (KeepsUse(code, word)) continue;
      FreeCode(key, code, journal_.writes());
      journal_.totals().set_codes_used(journal_.totals().codes_used() - 1);
      v1::CodeReturned* event =
          journal_
              .AddEvent(effective_, MemberId(record_.member_id()),
                        record_.rulebook_version())
              .mutable_code_returned();
      event->set_order_id(input_.order.text());
      event->set_template_id(code.template_id());
      event->set_last_symbols(code.last_symbols());
    }
    return absl::OkStatus();
  }

  void CountTotals() {
    store::v1::TotalsRecord& totals = journal_.totals();
    totals.set_refunds(totals.refunds() + 1);
    totals.set_returned_minor(
        SaturatingAdd(totals.returned_minor(), moved_.amount.value()));
    totals.set_discount_minor(
        SaturatingAdd(totals.discount_minor(), -moved_.discount.value()));
    totals.set_redeemed_minor(
        SaturatingAdd(totals.redeemed_minor(), -moved_.redeemed.value()));
    totals.set_margin_before_minor(
        SaturatingAdd(totals.margin_before_minor(), -moved_.margin.value()));
    journal_.NoteEffectiveTime(effective_);
  }

  const OperationEnv& env_;
  const CommitContext& context_;
  const RefundOrderInput& input_;
  const Reader& reader_;
  store::v1::OrderRecord record_;
  Journal journal_;
  Moved moved_;
  Points restored_before_;
  absl::Time effective_;
  std::optional<ExpiredLot> expired_;
  UndoneReferral undone_;
  RefundReply reply_;
};

}  // namespace

int64_t TierPointsReturned(int64_t tier_points, const ReturnedSums& returned,
                           Money subtotal) {
  if (returned.whole) return tier_points;
  return subtotal.is_zero() ? 0
                            : MulDivHalfUp(tier_points, returned.amount.value(),
                                           subtotal.value());
}

std::vector<SoldLine> SoldLinesOf(const store::v1::OrderRecord& record) {
  std::vector<SoldLine> lines;
  lines.reserve(static_cast<size_t>(record.lines_size()));
  for (const store::v1::OrderLineRecord& line : record.lines()) {
    lines.push_back({.line_id = line.line_id(),
                     .quantity = line.quantity(),
                     .amount = Money(line.amount_minor()),
                     .discount = Money(line.discount_minor()),
                     .redeemed = Money(line.redeemed_minor()),
                     .paid = Money(line.paid_minor()),
                     .points = Points(line.points()),
                     .returned_quantity = line.returned_quantity(),
                     .returned = Money(line.returned_minor())});
  }
  return lines;
}

absl::StatusOr<RefundOrderInput> ParseRefundOrder(
    const v1::RefundOrderRequest& request, absl::Time now) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("order_id", request.order_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("refund_id", request.refund_id()));
  RefundOrderInput input{.program = ProgramId(request.program_id()),
                         .order = OrderId(request.order_id()),
                         .refund = RefundId(request.refund_id()),
                         .parts = {},
                         .placed = {},
                         .fingerprint = FingerprintOf(request)};
  if (request.lines_size() > kMaxOrderLines) {
    return RefuseField(
        "lines", absl::StrCat("has ", request.lines_size(), " lines; at most ",
                              kMaxOrderLines, " are allowed"));
  }
  for (int i = 0; i < request.lines_size(); ++i) {
    PISTIS_ASSIGN_OR_RETURN(
        ReturnedPart part,
        ParsePart(absl::StrCat("lines[", i, "]"), request.lines(i)));
    input.parts.push_back(std::move(part));
  }
  if (request.has_placed_time()) {
    PISTIS_ASSIGN_OR_RETURN(
        input.placed, ParsePastTime("placed_time", request.placed_time(), now));
  }
  return input;
}

absl::StatusOr<DecidedReply<RefundReply>> RefundOrder(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RefundOrderInput& input) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<store::v1::RefundRecord> known,
                          GetRecord<store::v1::RefundRecord>(
                              reader, RefundKey(input.program, input.refund)));
  if (known) {
    return FirstReply<RefundReply>(known->fingerprint(), input.fingerprint,
                                   known->reply(), "refund_id");
  }
  PISTIS_ASSIGN_OR_RETURN(store::v1::TotalsRecord totals,
                          LoadTotals(reader, input.program));
  PISTIS_ASSIGN_OR_RETURN(std::optional<store::v1::OrderRecord> order,
                          GetRecord<store::v1::OrderRecord>(
                              reader, OrderKey(input.program, input.order)));
  if (!order) return RefuseNotFound("order", input.order.text());
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> of_sale,
      env.rulebooks.Get(reader, input.program, order->rulebook_version()));
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> current,
      LoadCurrentRulebook(env, reader, input.program, totals, context.now));
  Journal journal(input.program, context, std::move(totals));
  return OrderRefund(env, context, input, reader, *std::move(order),
                     std::move(journal))
      .Run({.of_sale = *of_sale, .current = *current});
}

}  // namespace pistis
