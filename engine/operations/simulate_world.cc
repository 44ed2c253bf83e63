#include "engine/operations/simulate_world.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/member_standing.h"
#include "engine/operations/programs.h"
#include "engine/operations/queries.h"
#include "engine/operations/refund_order.h"
#include "engine/operations/rulebooks.h"
#include "engine/operations/work_off_due.h"
#include "engine/order/order.h"
#include "engine/rules/limits.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::AccountRecord;
using store::v1::OrderRecord;
using v1::SimulatedRefusal;

constexpr int64_t kOnlyVersion = 1;

// Before all sales.
absl::Time OpeningTime() {
  return absl::UnixEpoch() + absl::Hours(24);
}

std::string GivenNote(const MemberId& member) {
  return absl::StrCat("given ", member.text());
}

// The part of what is left of an order's margin that went with its returns.
absl::StatusOr<Money> MarginReturned(const OrderRecord& record) {
  v1::CommitOrderResponse reply;
  if (!reply.ParseFromString(record.reply())) {
    return RecordCorrupt("OrderRecord");
  }
  const int64_t margin = reply.quote().margin().margin_minor();
  if (record.refunded().whole()) return Money(margin);
  Money subtotal;
  Money returned;
  for (const store::v1::OrderLineRecord& line : record.lines()) {
    subtotal += Money(line.amount_minor());
    returned += Money(line.returned_minor());
  }
  if (subtotal.is_zero()) return Money();
  return Money(MulDivHalfUp(margin, returned.value(), subtotal.value()));
}

Money GivenIn(const v1::ProgramStats& stats) {
  return Money(SaturatingAdd(stats.discount_minor(), stats.redeemed_minor()));
}

}  // namespace

SimulatedWorld::SimulatedWorld(Store& store, const SimulationTerms& terms)
    : terms_(terms),
      program_(terms.program.program_id()),
      env_{.secret = terms.secret, .rulebooks = rulebooks_},
      commits_(store) {}

absl::StatusOr<std::unique_ptr<SimulatedWorld>> SimulatedWorld::Open(
    Store& store, const SimulationTerms& terms, SimulatedRulebook rulebook) {
  std::unique_ptr<SimulatedWorld> world(new SimulatedWorld(store, terms));
  const CreateProgramInput program{
      .request = {.program = {}, .request = RequestId("open")},
      .program = terms.program};
  PISTIS_RETURN_IF_ERROR(
      world->commits_
          .Run<Encoded<v1::Program>>(
              OpeningTime(),
              [&](const Reader& reader, const CommitContext& context) {
                return CreateProgram(world->env_, reader, context, program);
              })
          .status());
  const PublishRulebookInput publication{
      .request = {.program = world->program_, .request = RequestId("publish")},
      .message = std::move(rulebook.message),
      .yaml = "",
      .compiled = std::move(rulebook.compiled)};
  PISTIS_RETURN_IF_ERROR(
      world->commits_
          .Run<Encoded<v1::PublishedRulebook>>(
              OpeningTime(),
              [&](const Reader& reader, const CommitContext& context) {
                return PublishRulebook(world->env_, reader, context,
                                       publication);
              })
          .status());
  PISTIS_ASSIGN_OR_RETURN(world->rulebook_,
                          world->rulebooks_.Get(world->commits_.Reading(),
                                                world->program_, kOnlyVersion));
  return world;
}

absl::Status SimulatedWorld::FitRedemption(const PastOrder& past,
                                           v1::Order& order) {
  if (!order.has_redeem()) return absl::OkStatus();
  const PointsPolicy& policy = rulebook_->points;
  if (!policy.value) {
    order.clear_redeem();
    return absl::OkStatus();
  }
  if (order.redeem().all()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(const Points available,
                          AvailableTo(MemberId(order.member_id()), past.time));
  const int64_t most = std::min(order.redeem().points(), available.value());
  const Points fits(most - most % policy.step.value());
  if (fits < policy.minimum) {
    order.clear_redeem();
  } else {
    order.mutable_redeem()->set_points(fits.value());
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::CommitOrderResponse> SimulatedWorld::Commit(
    absl::Time time, const v1::CommitOrderRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const CommitOrderInput input,
                          ParseCommitOrder(request, time));
  PISTIS_ASSIGN_OR_RETURN(
      const Encoded<v1::CommitOrderResponse> reply,
      commits_.Run<Encoded<v1::CommitOrderResponse>>(
          time, [&](const Reader& reader, const CommitContext& context) {
            return CommitOrder(env_, reader, context, input);
          }));
  v1::CommitOrderResponse message;
  if (!message.ParseFromString(reply.bytes)) return RecordCorrupt("reply");
  return message;
}

absl::Status SimulatedWorld::Sell(const PastOrder& past) {
  v1::CommitOrderRequest request;
  request.set_program_id(program_.text());
  v1::Order& order = *request.mutable_order();
  order = past.order;
  PISTIS_RETURN_IF_ERROR(Refresh(past));
  PISTIS_RETURN_IF_ERROR(CatchUp(past));
  PISTIS_RETURN_IF_ERROR(FollowHabit(past, order));
  const v1::Order wished = order;
  PISTIS_RETURN_IF_ERROR(FitCodes(past, order));
  PISTIS_RETURN_IF_ERROR(FitRedemption(past, order));
  absl::StatusOr<v1::CommitOrderResponse> reply = Commit(past.time, request);
  if (!reply.ok() && !order.codes().empty()) {
    PISTIS_RETURN_IF_ERROR(DropRefusedCodes(past, order));
    reply = Commit(past.time, request);
  }
  if (!reply.ok()) {
    return CountRefusal(SimulatedRefusal::ORDER, reply.status());
  }
  PISTIS_RETURN_IF_ERROR(KeepCodes(past, wished, order, *reply));
  return Count(past, order, reply->quote());
}

absl::Status SimulatedWorld::Count(const PastOrder& past,
                                   const v1::Order& order,
                                   const v1::Quote& quote) {
  PISTIS_ASSIGN_OR_RETURN(const SaleFigures figures, FiguresOf(order, quote));
  tally_.Add(figures);
  sums_.margin =
      Money(SaturatingAdd(sums_.margin.value(), quote.margin().margin_minor()));
  const Points cut = past.redeemed - Points(quote.points_redeemed());
  if (cut.is_positive()) {
    ++sums_.redemptions_cut;
    sums_.redemption_points_cut += cut;
  }
  if (order.member_id().empty()) return absl::OkStatus();
  return AddGiven(MemberId(order.member_id()),
                  Money(quote.discount_minor() + quote.redeemed_minor()));
}

absl::StatusOr<SaleFigures> SimulatedWorld::FiguresOf(
    const v1::Order& order, const v1::Quote& quote) const {
  PISTIS_ASSIGN_OR_RETURN(
      const OrderRecord record,
      GetExpectedRecord<OrderRecord>(
          commits_.Reading(), OrderKey(program_, OrderId(order.order_id()))));
  SaleFigures figures{.time = absl::FromUnixMicros(record.effective_us()),
                      .subtotal = Money(quote.subtotal_minor()),
                      .discount = Money(quote.discount_minor()),
                      .points = Points(quote.points_earned())};
  if (record.has_facts()) {
    figures.tier = record.facts().tier();
    figures.segments.assign(record.facts().segments().begin(),
                            record.facts().segments().end());
  }
  for (const v1::BoundCap& cap : quote.caps()) {
    figures.caps[cap.cap_id()] +=
        Money(cap.requested_minor() - cap.granted_minor());
  }
  for (const v1::WithheldRule& withheld : quote.withheld()) {
    if (withheld.reason() != v1::WithheldRule::LIMIT_REACHED) continue;
    std::string limited = withheld.rule_id();
    if (limited.empty()) {
      PISTIS_ASSIGN_OR_RETURN(limited, TemplateOf(withheld.code()));
    }
    figures.limits.insert(std::move(limited));
  }
  PISTIS_RETURN_IF_ERROR(AddGifts(quote, figures));
  return figures;
}

absl::Status SimulatedWorld::AddGifts(const v1::Quote& quote,
                                      SaleFigures& figures) const {
  for (const v1::AppliedDiscount& discount : quote.discounts()) {
    if (discount.amount_minor() == 0) continue;
    GiftSource source{.id = discount.rule_id()};
    if (!discount.code().empty()) {
      source.kind = GiftSource::Kind::kCodeTemplate;
      PISTIS_ASSIGN_OR_RETURN(source.id, TemplateOf(discount.code()));
    }
    figures.gifts[source].discount += Money(discount.amount_minor());
  }
  for (const v1::EarnedPoints& earned : quote.earned()) {
    if (earned.points() == 0) continue;
    GiftSource source{.id = earned.rule_id()};
    if (const std::optional<std::string> code = pistis::TemplateOf(source.id)) {
      source = {.kind = GiftSource::Kind::kCodeTemplate, .id = *code};
    }
    figures.gifts[source].points += Points(earned.points());
  }
  return absl::OkStatus();
}

absl::Status SimulatedWorld::AddGiven(const MemberId& member, Money given) {
  if (given.is_zero()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> known,
                          commits_.Note(GivenNote(member)));
  int64_t before = 0;
  if (known && !absl::SimpleAtoi(*known, &before)) {
    return RecordCorrupt("note");
  }
  return commits_.SetNote(GivenNote(member),
                          absl::StrCat(SaturatingAdd(before, given.value())));
}

absl::Status SimulatedWorld::Return(const PastRefund& past) {
  v1::RefundOrderRequest request;
  request.set_program_id(program_.text());
  request.set_order_id(past.order.text());
  request.set_refund_id(past.refund.text());
  request.mutable_lines()->Assign(past.lines.begin(), past.lines.end());
  *request.mutable_placed_time() = ToTimestamp(past.time);
  PISTIS_ASSIGN_OR_RETURN(const RefundOrderInput input,
                          ParseRefundOrder(request, past.time));
  const std::string key = OrderKey(program_, past.order);
  PISTIS_ASSIGN_OR_RETURN(const std::optional<OrderRecord> before,
                          GetRecord<OrderRecord>(commits_.Reading(), key));
  PISTIS_ASSIGN_OR_RETURN(const v1::ProgramStats stats_before, Stats());
  const absl::Status refunded =
      commits_
          .Run<Encoded<v1::RefundOrderResponse>>(
              past.time,
              [&](const Reader& reader, const CommitContext& context) {
                return RefundOrder(env_, reader, context, input);
              })
          .status();
  if (!refunded.ok()) return CountRefusal(SimulatedRefusal::REFUND, refunded);
  PISTIS_ASSIGN_OR_RETURN(
      const OrderRecord after,
      GetExpectedRecord<OrderRecord>(commits_.Reading(), key));
  PISTIS_ASSIGN_OR_RETURN(const Money margin_before, MarginReturned(*before));
  PISTIS_ASSIGN_OR_RETURN(const Money margin_after, MarginReturned(after));
  sums_.margin -= margin_after - margin_before;
  if (after.member_id().empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(const v1::ProgramStats stats_after, Stats());
  return AddGiven(MemberId(after.member_id()),
                  GivenIn(stats_after) - GivenIn(stats_before));
}

absl::Status SimulatedWorld::AdvanceTo(absl::Time time) {
  WorkOffDueInput input{.program = program_};
  bool more = true;
  while (more) {
    PISTIS_ASSIGN_OR_RETURN(
        const WorkOffDueReply reply,
        commits_.Run<WorkOffDueReply>(
            time, [&](const Reader& reader, const CommitContext& context) {
              return WorkOffDue(env_, reader, context, input);
            }));
    input.from = reply.reached;
    more = reply.more;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ProgramStats> SimulatedWorld::Stats() const {
  v1::GetProgramStatsRequest request;
  request.set_program_id(program_.text());
  const OverlayReader reader = commits_.Reading();
  return GetProgramStats({.env = env_, .reader = reader, .now = OpeningTime()},
                         request);
}

Money SimulatedWorld::WorthOf(Points points) const {
  const PointsPolicy& policy = rulebook_->points;
  if (!policy.value || !points.is_positive()) return Money();
  return policy.value->WorthOf(points, rulebook_->currency.minor_per_major());
}

absl::StatusOr<Money> SimulatedWorld::CloseOut(const MemberId& member) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<AccountRecord> record,
      GetRecord<AccountRecord>(commits_.Reading(),
                               AccountKey(program_, member)));
  if (!record) return Money();
  const v1::Account account =
      ToMessage(member, Account(ToState(*record)), rulebook_.get());
  const Standing standing(ToState(record->standing()));
  tally_.AddMember(std::string(standing.tier()), standing.state().segments);
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> note,
                          commits_.Note(GivenNote(member)));
  int64_t given = 0;
  if (note && !absl::SimpleAtoi(*note, &given)) return RecordCorrupt("note");
  const Points left(SaturatingAdd(
      account.available(), SaturatingAdd(account.pending(), account.held())));
  return Money(SaturatingAdd(given, WorthOf(left).value()));
}

absl::Status SimulatedWorld::VisitMembers(
    absl::FunctionRef<absl::Status(const MemberId&)> visit) const {
  const std::string begin = ProfileKey(program_, MemberId());
  // Where the keys of the program's profiles go on with the member.
  std::string end = begin;
  end.back() = '\1';
  absl::Status status;
  PISTIS_RETURN_IF_ERROR(commits_.Reading().Scan(
      begin, end, [&](absl::string_view key, absl::string_view /*value*/) {
        const absl::string_view name = key.substr(begin.size());
        status = visit(MemberId(name.substr(0, name.size() - 1)));
        return status.ok() ? Visit::kContinue : Visit::kStop;
      }));
  return status;
}

absl::Status SimulatedWorld::CountRefusal(SimulatedRefusal::Kind kind,
                                          const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  if (!reason || *reason == Reason::kRecordCorrupt) return status;
  ++refusals_[{kind, std::string(ReasonName(*reason))}];
  return absl::OkStatus();
}

}  // namespace pistis
