#include "engine/operations/commit_order.h"

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/arena.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/codes/code.h"
#include "engine/operations/ask_note.h"
#include "engine/operations/erased_records.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/issue_code.h"
#include "engine/operations/journal.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/load_order.h"
#include "engine/operations/price_order.h"
#include "engine/operations/referrals.h"
#include "engine/operations/reservations.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using CommitReply = v1::CommitOrderResponse;

// Enough for a sale of a dozen lines.
constexpr size_t kArenaBytes = size_t{8} << 10U;

// Both messages of a commit live here: fifty small allocations less.
class CommitMessages {
 public:
  [[nodiscard]] store::v1::OrderRecord& record() { return record_; }
  [[nodiscard]] CommitReply& reply() { return reply_; }

 private:
  std::array<char, kArenaBytes> block_;
  google::protobuf::Arena arena_{block_.data(), block_.size()};
  store::v1::OrderRecord& record_ =
      *google::protobuf::Arena::CreateMessage<store::v1::OrderRecord>(&arena_);
  CommitReply& reply_ =
      *google::protobuf::Arena::CreateMessage<CommitReply>(&arena_);
};

// One commit on its way: priced and charged, then written step by step.
class OrderCommit {
 public:
  // Refers to all of it. `messages` holds the record as PriceSale and
  // ChargeOrder leave it; the journal is used up.
  OrderCommit(const SaleAt& at, const OrderInput& input, PricedSale& sale,
              Journal& journal, CommitMessages& messages)
      : env_(at.env),
        reader_(at.reader),
        context_(at.context),
        input_(input),
        sale_(sale),
        journal_(journal),
        record_(messages.record()),
        reply_(messages.reply()) {}

  absl::StatusOr<DecidedReply<CommitReply>> Run() {
    FillQuote(*loaded_.rulebook, priced_, *reply_.mutable_quote());
    reply_.set_commit_seq(context_.commit_seq);
    PISTIS_RETURN_IF_ERROR(PostPoints());
    AnnounceOrder();
    if (referrer_) referrer_->Post(journal_);
    AnnounceCodes();
    IssueCodes();
    RequestNotes();
    AnnounceBudgets(sale_, journal_);
    CountTotals();
    Encoded<CommitReply> reply = Encode(reply_);
    PutOrder(reply);
    PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                            std::move(journal_).Take(env_, reader_));
    return DecidedReply<CommitReply>{.reply = std::move(reply),
                                     .writes = std::move(writes)};
  }

 private:
  [[nodiscard]] const Rulebook& rulebook() const { return *loaded_.rulebook; }
  [[nodiscard]] MemberId member() const { return sale_.member(); }

  v1::Event& AddEvent() {
    return journal_.AddEvent(loaded_.effective, member(), rulebook().version);
  }

  absl::Status PostPoints() {
    if (!loaded_.ledger) return absl::OkStatus();
    MemberLedger& ledger = *loaded_.ledger;
    EntrySource source{.order_id = input_.order.order_id,
                       .rulebook_version = rulebook().version,
                       .caller = std::string(context_.caller)};
    LotTerms terms = LotTermsOf(&rulebook(), ledger.effective());
    terms.when_full = WhenFull::kJoin;
    PISTIS_RETURN_IF_ERROR(SpendPoints(terms, source));
    if (priced_.earned.points.is_positive()) {
      source.rules = priced_.earned.by_rule;
      PISTIS_RETURN_IF_ERROR(Earn(terms, source));
    }
    PISTIS_RETURN_IF_ERROR(CountSale(ledger));
    PISTIS_ASSIGN_OR_RETURN(referrer_, QualifyReferral(reader_,
                                                       {.order = input_.order,
                                                        .facts = facts_,
                                                        .sold = loaded_.sold},
                                                       ledger));
    standing_ = ledger.PostAccount(journal_);
    *reply_.mutable_account() =
        ToMessage(ledger.member_id(), ledger.account(), ledger.rulebook());
    return absl::OkStatus();
  }

  // Those that a reservation holds, or from what is available.
  absl::Status SpendPoints(const LotTerms& terms, const EntrySource& source) {
    const Points points = priced_.grant.redeemed_points;
    if (!points.is_positive()) return absl::OkStatus();
    if (record_.reservation_id().empty()) {
      PISTIS_ASSIGN_OR_RETURN(const LedgerEntry entry,
                              loaded_.ledger->Redeem(points, terms, source));
      KeepRedeemedLots(entry);
      return absl::OkStatus();
    }
    const HoldId hold = HoldOf(ReservationId(record_.reservation_id()));
    PISTIS_ASSIGN_OR_RETURN(
        const std::vector<LedgerEntry> entries,
        loaded_.ledger->CaptureHold(hold, points, terms, source));
    KeepRedeemedLots(entries.front());
    return absl::OkStatus();
  }

  absl::Status CountSale(MemberLedger& ledger) {
    Progress sale{.orders = 1, .tier_points = priced_.earned.tier_points};
    for (const SoldLine& line : priced_.sold)
      sale.spend += line.paid;
    const auto& join = reply_.quote().segments_to_join();
    return ledger.CountOrder(sale, {join.begin(), join.end()});
  }

  // What was spent of each lot; lots whose expiry was only put off come in and
  // out, which is no spending.
  void KeepRedeemedLots(const LedgerEntry& entry) {
    for (const Lot& taken : LotsTaken(entry)) {
      *record_.add_redeemed_lots() = ToRecord(taken);
    }
  }

  absl::Status Earn(const LotTerms& terms, const EntrySource& source) {
    const PointsPolicy& policy = rulebook().points;
    const absl::TimeZone zone = rulebook().time_zone;
    MemberLedger& ledger = *loaded_.ledger;
    std::optional<absl::Time> release;
    if (policy.pending_days) {
      release = EndOfDayAfter(ledger.effective(), *policy.pending_days, zone);
      record_.set_earned_release_us(absl::ToUnixMicros(*release));
    }
    Lot lot = release ? LotFrom(policy.expiry, *release, zone) : terms.fresh;
    lot.points = priced_.earned.points;
    record_.set_earned_expire_us(ExpiryMicros(lot.expire));
    record_.set_earned_idle(lot.kind == LotKind::kIdle);
    return ledger.Earn(lot, release, terms, source).status();
  }

  void AnnounceOrder() {
    v1::OrderCommitted* event = AddEvent().mutable_order_committed();
    const v1::Quote& quote = reply_.quote();
    event->set_order_id(input_.order.order_id.text());
    event->set_subtotal_minor(quote.subtotal_minor());
    event->set_discount_minor(quote.discount_minor());
    event->set_total_minor(quote.total_minor());
    event->set_points_earned(quote.points_earned());
    event->set_points_redeemed(quote.points_redeemed());
    event->set_available_after(reply_.account().available());
    if (loaded_.ledger) loaded_.ledger->AnnounceStanding(standing_, journal_);
  }

  void AnnounceCodes() {
    for (size_t i = 0; i < loaded_.codes.size(); ++i) {
      const LoadedCode& code = loaded_.codes[i];
      const CodeGift& gift = priced_.codes[i];
      if (gift.is_nothing()) continue;
      v1::CodeUsed* event = AddEvent().mutable_code_used();
      event->set_order_id(input_.order.order_id.text());
      event->set_template_id(code.record.template_id());
      event->set_last_symbols(code.record.last_symbols());
      event->set_discount_minor(gift.discount.value());
    }
  }

  void IssueCodes() {
    const CodeOrder order{.secret = env_.secret,
                          .program = input_.program,
                          .source = input_.order.order_id,
                          .member = member(),
                          .at = loaded_.effective,
                          .rulebook_version = rulebook().version};
    for (const size_t index : priced_.earned.codes_to_issue) {
      const IssuedCode issued = IssueCode(order, rulebook().codes[index]);
      *reply_.add_issued_codes() = issued.reply;
      PostCode(input_.program, issued, journal_)
          .set_order_id(input_.order.order_id.text());
    }
  }

  void RequestNotes() {
    for (const size_t index : priced_.earned.notes_to_send) {
      const NoteTemplate& of = rulebook().notes[index];
      NoteAsk ask{.member = member(),
                  .at = loaded_.effective,
                  .rulebook_version = rulebook().version,
                  .note = {}};
      ask.note.set_note_id(
          absl::StrCat(input_.order.order_id.text(), "/", of.id));
      ask.note.set_template_id(of.id);
      ask.note.set_order_id(input_.order.order_id.text());
      ask.note.set_code(CodeForNote(index));
      ask.note.set_available_after(reply_.account().available());
      reply_.add_note_ids(ask.note.note_id());
      AskForNote(ask, journal_);
    }
  }

  // The code that was issued with the note; empty where none was.
  [[nodiscard]] std::string CodeForNote(size_t note) const {
    const auto code = priced_.earned.note_codes.find(note);
    if (code == priced_.earned.note_codes.end()) return "";
    for (const v1::IssuedCode& issued : reply_.issued_codes()) {
      if (issued.template_id() == rulebook().codes[code->second].id) {
        return issued.code();
      }
    }
    return "";
  }

  void CountTotals() {
    store::v1::TotalsRecord& totals = journal_.totals();
    totals.set_orders(totals.orders() + 1);
    totals.set_sales_minor(
        SaturatingAdd(totals.sales_minor(), priced_.subtotal.value()));
    totals.set_discount_minor(SaturatingAdd(totals.discount_minor(),
                                            priced_.grant.discount().value()));
    totals.set_redeemed_minor(
        SaturatingAdd(totals.redeemed_minor(), priced_.grant.redeemed.value()));
    if (priced_.grant.margin) {
      totals.set_margin_before_minor(
          SaturatingAdd(totals.margin_before_minor(),
                        priced_.grant.margin->before().value()));
    }
    std::map<std::string, Money> trimmed;
    for (const BoundCap& cap : priced_.grant.caps) {
      trimmed[SummedCap(cap.cap_id)] += cap.requested - cap.granted;
    }
    for (const auto& [cap_id, amount] : trimmed)
      CountCap(cap_id, amount);
    journal_.NoteEffectiveTime(loaded_.effective);
    journal_.NoteToldTime(loaded_.sold);
  }

  void CountCap(const std::string& cap_id, Money trimmed) {
    store::v1::TotalsRecord& totals = journal_.totals();
    store::v1::CapTotal* total = nullptr;
    for (store::v1::CapTotal& known : *totals.mutable_caps()) {
      if (known.cap_id() == cap_id) total = &known;
    }
    if (total == nullptr) {
      total = totals.add_caps();
      total->set_cap_id(cap_id);
    }
    total->set_orders(total->orders() + 1);
    total->set_trimmed_minor(
        SaturatingAdd(total->trimmed_minor(), trimmed.value()));
  }

  void PutOrder(const Encoded<CommitReply>& reply) {
    record_.set_fingerprint(StoredFingerprint(env_, input_));
    record_.set_reply(reply.bytes);
    record_.set_effective_us(absl::ToUnixMicros(loaded_.effective));
    PutRecord(OrderKey(input_.program, input_.order.order_id), record_,
              journal_.writes());
  }

  const OperationEnv& env_;
  const Reader& reader_;
  const CommitContext& context_;
  const OrderInput& input_;
  PricedSale& sale_;
  LoadedOrder& loaded_ = sale_.loaded;
  // The member before this order's points.
  const MemberFacts& facts_ = sale_.facts;
  const PricedOrder& priced_ = sale_.priced;
  // The member after it, and who brought the member where this is the order
  // that counts.
  Standing standing_;
  std::optional<MemberLedger> referrer_;
  Journal& journal_;
  store::v1::OrderRecord& record_;
  CommitReply& reply_;
};

// Grants what was held, and nothing else: a reservation is not charged again.
absl::StatusOr<DecidedReply<CommitReply>> CommitReservation(
    const SaleAt& at, const CommitOrderInput& input) {
  CommitMessages messages;
  PISTIS_ASSIGN_OR_RETURN(
      TakenReservation taken,
      TakeReservation(at, input.reservation, messages.record()));
  if (taken.committed) {
    const std::string& known = taken.committed->fingerprint();
    return FirstReply<CommitReply>(
        known, FingerprintLike(known, at.env.secret, input.sale.fingerprint),
        taken.committed->reply(), "reservation_id");
  }
  const OrderInput held{.program = at.program,
                        .order = std::move(taken.order),
                        .fingerprint = input.sale.fingerprint,
                        .order_bytes = {}};
  Journal journal(at.program, at.context, std::move(taken.sale.loaded.totals));
  PISTIS_RETURN_IF_ERROR(
      ChargeOrder(at, Charge::kSales, taken.sale, journal, messages.record()));
  taken.reservation.set_state(store::v1::ReservationRecord::COMMITTED);
  CloseReservation(at.program, input.reservation, std::move(taken.reservation),
                   journal.writes());
  return OrderCommit(at, held, taken.sale, journal, messages).Run();
}

}  // namespace

absl::StatusOr<CommitOrderInput> ParseCommitOrder(
    const v1::CommitOrderRequest& request, absl::Time now) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  CommitOrderInput input;
  if (request.has_order()) {
    if (!request.reservation_id().empty()) {
      return RefuseField("reservation_id",
                         "goes without an order: the reservation has its own");
    }
    PISTIS_ASSIGN_OR_RETURN(input.sale, ShapeOrder(request.order(), now));
  } else if (request.reservation_id().empty()) {
    return RefuseField("order", "is missing");
  } else {
    PISTIS_RETURN_IF_ERROR(CheckId("reservation_id", request.reservation_id()));
    input.reservation = ReservationId(request.reservation_id());
  }
  input.sale.program = ProgramId(request.program_id());
  input.sale.fingerprint = FingerprintOf(request);
  return input;
}

absl::StatusOr<DecidedReply<CommitReply>> CommitOrder(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CommitOrderInput& input) {
  const SaleAt at{.env = env,
                  .reader = reader,
                  .context = context,
                  .program = input.sale.program};
  if (!input.reservation.empty()) return CommitReservation(at, input);
  const OrderInput& asked = input.sale;
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::OrderRecord> known,
      GetRecord<store::v1::OrderRecord>(
          reader, OrderKey(asked.program, asked.order.order_id)));
  if (known) {
    return FirstReply<CommitReply>(
        known->fingerprint(),
        FingerprintLike(known->fingerprint(), env.secret,
                        StoredFingerprint(env, asked)),
        known->reply(), "order_id");
  }
  CommitMessages messages;
  PISTIS_ASSIGN_OR_RETURN(PricedSale sale,
                          PriceSale(at, asked, messages.record()));
  Journal journal(asked.program, context, std::move(sale.loaded.totals));
  PISTIS_RETURN_IF_ERROR(
      ChargeOrder(at, Charge::kAll, sale, journal, messages.record()));
  return OrderCommit(at, asked, sale, journal, messages).Run();
}

}  // namespace pistis
