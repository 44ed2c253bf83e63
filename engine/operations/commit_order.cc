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
#include "engine/operations/fingerprint.h"
#include "engine/operations/issue_code.h"
#include "engine/operations/journal.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/limits_seen.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_standing.h"
#include "engine/operations/price_order.h"
#include "engine/operations/referrals.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using Reply = v1::CommitOrderResponse;

// Enough for a sale of a dozen lines.
constexpr size_t kArenaBytes = size_t{8} << 10U;

// Only an identifier is worth guessing.
std::string StoredFingerprint(const OperationEnv& env,
                              const CommitOrderInput& input) {
  return input.order.identifier
             ? KeyedFingerprint(env.secret, input.fingerprint)
             : input.fingerprint;
}

// Where an order is committed.
struct CommitOrderAt {
  const OperationEnv& env;
  const Reader& reader;
  const CommitContext& context;
};

// One commit on its way: loaded and priced, then written step by step.
class OrderCommit {
 public:
  OrderCommit(const CommitOrderAt& at, const CommitOrderInput& input,
              LoadedOrder loaded, PricedOrder priced, Journal journal)
      : env_(at.env),
        reader_(at.reader),
        context_(at.context),
        input_(input),
        loaded_(std::move(loaded)),
        facts_(loaded_.Facts()),
        priced_(std::move(priced)),
        journal_(std::move(journal)) {}

  // `limits_used` is charged already.
  absl::StatusOr<DecidedReply<Reply>> Run(
      const std::vector<store::v1::LimitUseRecord>& limits_used,
      const LimitsSeen& limits_seen) {
    limits_seen.KeepIn(record_);
    for (const store::v1::LimitUseRecord& use : limits_used)
      *record_.add_limits_used() = use;
    *reply_.mutable_quote() = ToQuote(*loaded_.rulebook, priced_);
    reply_.set_commit_seq(context_.commit_seq);
    PISTIS_RETURN_IF_ERROR(PostPoints());
    AnnounceOrder();
    if (referrer_) referrer_->Post(journal_);
    UseCodes();
    IssueCodes();
    RequestNotes();
    CountTotals();
    Encoded<Reply> reply = Encode(reply_);
    PutOrder(reply);
    return DecidedReply<Reply>{.reply = std::move(reply),
                               .writes = std::move(journal_).Take()};
  }

 private:
  [[nodiscard]] const Rulebook& rulebook() const { return *loaded_.rulebook; }
  [[nodiscard]] MemberId member() const {
    return loaded_.ledger ? loaded_.ledger->member_id() : MemberId();
  }

  v1::Event& AddEvent() {
    return journal_.AddEvent(loaded_.effective, member(), rulebook().version);
  }

  absl::Status PostPoints() {
    if (!loaded_.ledger) return absl::OkStatus();
    MemberLedger& ledger = *loaded_.ledger;
    EntrySource source{.order_id = input_.order.order_id,
                       .rulebook_version = rulebook().version,
                       .caller = env_.caller};
    LotTerms terms = LotTermsOf(&rulebook(), ledger.effective());
    terms.when_full = WhenFull::kJoin;
    if (priced_.grant.redeemed_points.is_positive()) {
      PISTIS_ASSIGN_OR_RETURN(
          const LedgerEntry entry,
          ledger.Redeem(priced_.grant.redeemed_points, terms, source));
      KeepRedeemedLots(entry);
    }
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
        ToMessage(ledger.member_id(), ledger.account(), loaded_.rulebook.get());
    return absl::OkStatus();
  }

  absl::Status CountSale(MemberLedger& ledger) {
    Progress sale{.orders = 1, .tier_points = priced_.earned.tier_points};
    for (const SoldLine& line : priced_.sold)
      sale.spend += line.paid;
    const auto& join = reply_.quote().segments_to_join();
    record_.set_tier_points(sale.tier_points.value());
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
    Lot lot =
        LotFrom(policy.expiry, release.value_or(ledger.effective()), zone);
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

  // A code that the caps cut to nothing is not used up.
  void UseCodes() {
    for (LoadedCode& code : loaded_.codes) {
      const Money granted = GrantedTo(code.apply.typed);
      if (granted.is_zero()) continue;
      code.record.set_used(code.record.used() + 1);
      PutRecord(CodeIndexKey(input_.program, code.hash), code.record,
                journal_.writes());
      record_.add_codes_used(code.hash);
      journal_.totals().set_codes_used(journal_.totals().codes_used() + 1);
      v1::CodeUsed* event = AddEvent().mutable_code_used();
      event->set_order_id(input_.order.order_id.text());
      event->set_template_id(code.record.template_id());
      event->set_last_symbols(code.record.last_symbols());
      event->set_discount_minor(granted.value());
    }
  }

  [[nodiscard]] Money GrantedTo(const std::string& typed) const {
    for (size_t i = 0; i < priced_.proposal.discounts.size(); ++i) {
      if (priced_.proposal.discounts[i].code == typed) {
        return priced_.grant.discounts[i].amount;
      }
    }
    return Money();
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
      v1::CodeIssued* event = AddEvent().mutable_code_issued();
      *event = issued.event;
      event->set_order_id(input_.order.order_id.text());
      PutRecord(CodeIndexKey(input_.program, issued.hash), issued.record,
                journal_.writes());
      journal_.totals().set_codes_issued(journal_.totals().codes_issued() + 1);
    }
  }

  void RequestNotes() {
    for (const size_t index : priced_.earned.notes_to_send) {
      const NoteTemplate& of = rulebook().notes[index];
      const std::string note_id =
          absl::StrCat(input_.order.order_id.text(), "/", of.id);
      v1::NoteRequested* event = AddEvent().mutable_note_requested();
      event->set_note_id(note_id);
      event->set_template_id(of.id);
      event->set_order_id(input_.order.order_id.text());
      event->set_code(CodeForNote(index));
      event->set_available_after(reply_.account().available());
      reply_.add_note_ids(note_id);
      journal_.totals().set_notes_requested(
          journal_.totals().notes_requested() + 1);
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

  void PutOrder(const Encoded<Reply>& reply) {
    record_.set_fingerprint(StoredFingerprint(env_, input_));
    record_.set_order(input_.order_bytes);
    if (input_.order.identifier) {
      // Appended fields merge when they are parsed.
      v1::Order buyer;
      buyer.set_member_id(member().text());
      record_.mutable_order()->append(buyer.SerializeAsString());
    }
    record_.set_reply(reply.bytes);
    record_.set_member_id(member().text());
    record_.set_rulebook_version(rulebook().version);
    record_.set_effective_us(absl::ToUnixMicros(loaded_.effective));
    for (const SoldLine& line : priced_.sold) {
      store::v1::OrderLineRecord* stored = record_.add_lines();
      stored->set_line_id(line.line_id);
      stored->set_quantity(line.quantity);
      stored->set_amount_minor(line.amount.value());
      stored->set_discount_minor(line.discount.value());
      stored->set_redeemed_minor(line.redeemed.value());
      stored->set_paid_minor(line.paid.value());
      stored->set_points(line.points.value());
    }
    if (loaded_.ledger) *record_.mutable_facts() = ToRecord(facts_);
    record_.set_shipping_minor(input_.order.shipping.value());
    record_.set_shipping_discount_minor(
        priced_.grant.shipping_discount.value());
    record_.set_points_earned(priced_.earned.points.value());
    record_.set_points_redeemed(priced_.grant.redeemed_points.value());
    record_.set_redeemed_minor(priced_.grant.redeemed.value());
    if (priced_.grant.margin) {
      record_.set_margin_before_minor(priced_.grant.margin->before().value());
    }
    PutRecord(OrderKey(input_.program, input_.order.order_id), record_,
              journal_.writes());
  }

  const OperationEnv& env_;
  const Reader& reader_;
  const CommitContext& context_;
  const CommitOrderInput& input_;
  LoadedOrder loaded_;
  // The member before this order's points.
  const MemberFacts facts_;
  PricedOrder priced_;
  // The member after it, and who brought the member where this is the order
  // that counts.
  Standing standing_;
  std::optional<MemberLedger> referrer_;
  Journal journal_;
  // Both messages live here: fifty small allocations less.
  std::array<char, kArenaBytes> arena_block_;
  google::protobuf::Arena arena_{arena_block_.data(), arena_block_.size()};
  store::v1::OrderRecord& record_ =
      *google::protobuf::Arena::CreateMessage<store::v1::OrderRecord>(&arena_);
  Reply& reply_ = *google::protobuf::Arena::CreateMessage<Reply>(&arena_);
};

}  // namespace

absl::StatusOr<CommitOrderInput> ParseCommitOrder(
    const v1::CommitOrderRequest& request, absl::Time now) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  if (!request.has_order()) return RefuseField("order", "is missing");
  CommitOrderInput input;
  input.program = ProgramId(request.program_id());
  PISTIS_ASSIGN_OR_RETURN(input.order,
                          ParseOrder(request.order(), OrderUse::kCommit, now));
  PISTIS_RETURN_IF_ERROR(CheckBuyer(input.order));
  input.fingerprint = FingerprintOf(request);
  if (request.order().has_identifier()) {
    v1::Order without = request.order();
    without.clear_identifier();
    input.order_bytes = StableBytes(without);
  } else {
    input.order_bytes = StableBytes(request.order());
  }
  return input;
}

absl::StatusOr<DecidedReply<Reply>> CommitOrder(const OperationEnv& env,
                                                const Reader& reader,
                                                const CommitContext& context,
                                                const CommitOrderInput& input) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::OrderRecord> known,
      GetRecord<store::v1::OrderRecord>(
          reader, OrderKey(input.program, input.order.order_id)));
  if (known) {
    return FirstReply<Reply>(known->fingerprint(),
                             StoredFingerprint(env, input), known->reply(),
                             "order_id");
  }
  PISTIS_ASSIGN_OR_RETURN(
      LoadedOrder loaded,
      LoadOrder(env, reader, input.program, input.order, context.now));
  const LimitQuestion limits = loaded.Limits(reader, input.program);
  const std::shared_ptr<const Rulebook> rulebook = loaded.rulebook;
  LimitsSeen limits_seen(
      {.rulebook = *rulebook, .codes = loaded.CodesToApply()},
      LimitsInStore(limits));
  PISTIS_ASSIGN_OR_RETURN(PricedOrder priced,
                          PriceOrder({.rulebook = *loaded.rulebook,
                                      .order = input.order,
                                      .member = loaded.Facts(),
                                      .time = loaded.sold,
                                      .limits = limits_seen.Book()},
                                     loaded.CodesToApply()));
  Journal journal(input.program, context, std::move(loaded.totals));
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<store::v1::LimitUseRecord> limits_used,
      ChargeLimits(limits, priced.gifts, journal.writes()));
  return OrderCommit({.env = env, .reader = reader, .context = context}, input,
                     std::move(loaded), std::move(priced), std::move(journal))
      .Run(limits_used, limits_seen);
}

}  // namespace pistis
