// CheckCode: what a code gives to an order, or exactly why not.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/rpc/error_details.pb.h"

#include "engine/base/refusal.h"
#include "engine/operations/codes.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/quote_order.h"
#include "engine/operations/trace_message.h"
#include "engine/order/order.h"
#include "engine/rules/limits.h"
#include "engine/rules/validity.h"

namespace pistis {
namespace {

using CheckReply = v1::CheckCodeResponse;
using v1::TraceStep;
using v1::WithheldRule;

// An answer that the code gives nothing.
struct WhyNot {
  Reason reason;
  std::string message;
};

void Tell(const WhyNot& why, CheckReply& reply) {
  reply.set_reason(std::string(ReasonName(why.reason)));
  reply.set_message(why.message);
}

// True where a refusal is about this code.
bool Concerns(const absl::Status& status, const std::string& typed) {
  const std::optional<Reason> reason = ReasonOf(status);
  const bool of_code =
      reason == Reason::kCodeNotFound || reason == Reason::kCodeExpired ||
      reason == Reason::kCodeUsed || reason == Reason::kCodeNotApplicable;
  const auto payload =
      status.GetPayload("type.googleapis.com/google.rpc.ErrorInfo");
  google::rpc::ErrorInfo info;
  return of_code && payload && info.ParseFromString(std::string(*payload)) &&
         info.metadata().at("code") == typed;
}

// "member.orders >= 3 is false (member.orders is 2)".
std::string PartText(const DecidingPart& part) {
  if (!part.error.empty())
    return absl::StrCat(part.text, " (", part.error, ")");
  std::vector<std::string> compared;
  for (const ComparedValue& value : part.compared)
    compared.push_back(absl::StrCat(value.text, " is ", value.value));
  return absl::StrCat(part.text, part.holds ? " is true" : " is false",
                      compared.empty() ? "" : " (",
                      absl::StrJoin(compared, ", "),
                      compared.empty() ? "" : ")");
}

std::string PartsText(const Explanation& why) {
  std::vector<std::string> parts;
  for (const DecidingPart& part : why.parts)
    parts.push_back(PartText(part));
  return absl::StrJoin(parts, "; ");
}

// Why a code that is usable does not apply.
WhyNot WhyNotApplicable(const absl::Status& refusal, const Turn* turn) {
  WhyNot why{.reason = Reason::kCodeNotApplicable,
             .message = std::string(refusal.message())};
  if (turn == nullptr) return why;
  if (!turn->in_time) {
    why.message = "the code is not valid at this time";
  } else if (!turn->condition.holds) {
    why.message =
        absl::StrCat("its condition is not met: ", PartsText(turn->condition));
  } else if (turn->discount_lines && turn->discount_lines->selected.empty()) {
    why.message = "it is on none of the lines";
    if (turn->discount_lines->first_line) {
      absl::StrAppend(&why.message, "; of the first, ",
                      PartsText(*turn->discount_lines->first_line));
    }
  } else {
    why.message = "it comes to nothing for this order";
  }
  return why;
}

std::string LimitText(const v1::LimitStanding& limit) {
  std::vector<std::string> used;
  if (limit.has_times()) {
    used.push_back(
        absl::StrCat(limit.times_used(), " of ", limit.times(), " times"));
  }
  if (limit.has_points()) {
    used.push_back(
        absl::StrCat(limit.points_used(), " of ", limit.points(), " points"));
  }
  if (limit.has_discount_minor()) {
    used.push_back(absl::StrCat(limit.discount_used_minor(), " of ",
                                limit.discount_minor(), " minor units"));
  }
  return absl::StrCat("per ", limit.per(), ", ", limit.window(), ": ",
                      absl::StrJoin(used, ", "));
}

std::string LimitsText(const TraceStep& step) {
  std::vector<std::string> limits;
  for (const v1::LimitStanding& limit : step.limits())
    limits.push_back(LimitText(limit));
  return limits.empty()
             ? "it is for members, or this order has its part already"
             : absl::StrJoin(limits, "; ");
}

std::string GroupText(const CodeToApply& code, absl::string_view how) {
  const std::optional<size_t> group = code.code_template->group;
  return group ? absl::StrCat("the group ", code.issued_by->groups[*group].name,
                              " ", how)
               : std::string(how);
}

WhyNot WhyWithheld(const CodeToApply& code, const TraceStep& step) {
  switch (step.withheld()) {
    case WithheldRule::LIMIT_REACHED:
      return {Reason::kLimitReached,
              absl::StrCat("its limit is reached: ", LimitsText(step))};
    case WithheldRule::BUDGET_SPENT:
      return {Reason::kBudgetSpent, "its budget has no place left"};
    case WithheldRule::NOT_BEST:
      return {Reason::kCodeNotApplicable,
              GroupText(code, "gives the best alone, and another is better")};
    case WithheldRule::NOT_FIRST:
      return {Reason::kCodeNotApplicable,
              GroupText(code, "gives the first alone, and another was first")};
    case WithheldRule::EXCLUDED:
      return {Reason::kCodeNotApplicable,
              GroupText(code, "is excluded by what the order gets already")};
    default:
      return {Reason::kCodeNotApplicable, "it comes to less than its minimum"};
  }
}

bool IsOfBudget(absl::string_view cap_id) {
  return absl::StartsWith(cap_id, "budgets.");
}

// The budgets that cut the points of a code.
std::vector<std::string> PointsCuts(const LoadedOrder& loaded,
                                    const PricedOrder& priced) {
  const std::string holder = HolderOf(*loaded.codes.back().apply.code_template);
  std::vector<std::string> cuts;
  for (const BudgetedRuleGift& gift : priced.earned.budgeted) {
    if (gift.rule_id != holder) continue;
    for (const BudgetSum& sum : gift.budgets) {
      const std::string cap_id = absl::StrCat(
          "budgets.", loaded.rulebook->budgets[sum.budget].id, ".max_points");
      for (const BoundCap& cap : priced.grant.caps) {
        if (cap.cap_id != cap_id || cap.budget_of != sum.of) continue;
        cuts.push_back(absl::StrCat(cap_id, " allows ", cap.limit.value(),
                                    " of ", cap.requested.value(), " points"));
      }
    }
  }
  return cuts;
}

// The caps that count points and bound; those on lines do not.
std::vector<std::string> CapsOnPoints(const PricedOrder& priced) {
  std::vector<std::string> cuts;
  for (const BoundCap& cap : priced.grant.caps) {
    if (!cap.line_id.empty() || IsOfBudget(cap.cap_id)) continue;
    cuts.push_back(absl::StrCat(cap.cap_id, " allows ", cap.limit.value(),
                                " of ", cap.requested.value()));
  }
  return cuts;
}

// What caps and budgets cut to nothing, and what was nothing before.
WhyNot WhyCut(const LoadedOrder& loaded, const PricedOrder& priced,
              const TraceStep& step) {
  std::vector<std::string> cuts;
  const bool asks_points = priced.codes.back().asked_points.is_positive();
  if (asks_points) cuts = PointsCuts(loaded, priced);
  bool is_budget = !cuts.empty();
  if (asks_points && !is_budget) cuts = CapsOnPoints(priced);
  for (const v1::CapCut& cut : step.cuts()) {
    is_budget = is_budget || IsOfBudget(cut.cap_id());
    cuts.push_back(absl::StrCat(
        cut.cap_id(), cut.line_id().empty() ? "" : " on line ", cut.line_id(),
        " allows ", cut.left_minor(), " of ", cut.requested_minor()));
  }
  if (cuts.empty()) {
    return {Reason::kCodeNotApplicable, "it comes to no points for this order"};
  }
  return {is_budget ? Reason::kBudgetSpent : Reason::kMarginCap,
          absl::StrCat("nothing of it is left; ", absl::StrJoin(cuts, "; "))};
}

const TraceStep* StepOf(const v1::Trace& trace, const std::string& typed) {
  for (const TraceStep& step : trace.steps()) {
    if (step.has_code() && step.code() == typed) return &step;
  }
  return nullptr;
}

// What the code, the last of those loaded, gives the order.
void TellGift(const LoadedOrder& loaded, const PricedOrder& priced,
              const TraceStep* step, CheckReply& reply) {
  const CodeGift& gift = priced.codes.back();
  reply.set_discount_minor(gift.discount.value());
  reply.set_points_earned(gift.points.value());
  if (step != nullptr) reply.set_requested_minor(step->requested_minor());
  reply.set_applies(!gift.is_nothing());
  if (reply.applies() || step == nullptr) return;
  Tell(step->outcome() == TraceStep::WITHHELD
           ? WhyWithheld(loaded.codes.back().apply, *step)
           : WhyCut(loaded, priced, *step),
       reply);
}

// An order and the program it is of.
struct CodeQuestion {
  const ProgramId& program;
  const std::string& typed;
  Order order;
};

absl::StatusOr<CheckReply> CheckOnOrder(const QueryContext& context,
                                        const CodeQuestion& asked) {
  CheckReply reply;
  absl::StatusOr<LoadedOrder> loaded = LoadOrder(
      context.env, context.reader, asked.program, asked.order, context.now);
  if (!loaded.ok()) return loaded.status();
  *reply.mutable_code() = ToMessage(loaded->codes.back(), context.now);
  Trace trace;
  const absl::StatusOr<PricedOrder> priced =
      PriceLoaded(context, asked.program, asked.order, *loaded, &trace);
  if (Concerns(priced.status(), asked.typed)) {
    Tell(WhyNotApplicable(priced.status(), trace.OfCode(asked.typed)), reply);
    return reply;
  }
  if (!priced.ok()) return priced.status();
  FillQuote(*loaded->rulebook, *priced, *reply.mutable_quote());
  const v1::Trace told = ToMessage({.rulebook = *loaded->rulebook,
                                    .order = asked.order,
                                    .priced = *priced,
                                    .trace = trace});
  TellGift(*loaded, *priced, StepOf(told, asked.typed), reply);
  return reply;
}

// Who would use it, by which rulebook.
struct Buyer {
  std::shared_ptr<const Rulebook> in_force;
  // Empty: nobody.
  MemberId member;
};

absl::StatusOr<Buyer> LoadBuyer(const QueryContext& context,
                                const CodeQuestion& asked) {
  Buyer buyer{.in_force = {}, .member = asked.order.member_id};
  PISTIS_ASSIGN_OR_RETURN(const store::v1::TotalsRecord totals,
                          LoadTotals(context.reader, asked.program));
  PISTIS_ASSIGN_OR_RETURN(
      buyer.in_force, LoadCurrentRulebook(context.env, context.reader,
                                          asked.program, totals, context.now));
  if (asked.order.identifier) {
    PISTIS_ASSIGN_OR_RETURN(
        buyer.member, FindMember(context.env, context.reader, asked.program,
                                 *asked.order.identifier));
  }
  if (buyer.member.empty()) return buyer;
  PISTIS_ASSIGN_OR_RETURN(
      const MemberLedger ledger,
      MemberLedger::Load(
          context.reader,
          {.program = asked.program,
           .member = buyer.member,
           .at = context.now,
           .rulebook = buyer.in_force.get(),
           .occasions = OccasionTermsOf(context.env, totals, context.now)}));
  PISTIS_RETURN_IF_ERROR(ledger.CheckTakesPart());
  buyer.member = ledger.member_id();
  return buyer;
}

CodeLookup LookupOf(const QueryContext& context, const CodeQuestion& asked,
                    const Buyer& buyer) {
  return {.env = context.env,
          .reader = context.reader,
          .program = asked.program,
          .rulebook = buyer.in_force};
}

absl::StatusOr<CheckReply> CheckAlone(const QueryContext& context,
                                      const CodeQuestion& asked) {
  PISTIS_ASSIGN_OR_RETURN(const Buyer buyer, LoadBuyer(context, asked));
  const CodeLookup lookup = LookupOf(context, asked, buyer);
  PISTIS_ASSIGN_OR_RETURN(const LoadedCode code, FindCode(lookup, asked.typed));
  PISTIS_RETURN_IF_ERROR(
      CheckUsableBy(lookup, code, buyer.member, context.now));
  CheckReply reply;
  *reply.mutable_code() = ToMessage(code, context.now);
  const std::optional<Validity>& valid = code.apply.code_template->valid;
  reply.set_applies(
      !valid || IsValidAt(*valid, absl::ToCivilMinute(
                                      context.now, buyer.in_force->time_zone)));
  if (!reply.applies()) {
    Tell({Reason::kCodeNotApplicable, "the code is not valid at this time"},
         reply);
  }
  return reply;
}

// The code where the member may know of it; nothing where it is none, or
// another member's.
absl::StatusOr<std::optional<v1::Code>> KnownCode(const QueryContext& context,
                                                  const CodeQuestion& asked) {
  PISTIS_ASSIGN_OR_RETURN(const Buyer buyer, LoadBuyer(context, asked));
  const absl::StatusOr<LoadedCode> code =
      FindCode(LookupOf(context, asked, buyer), asked.typed);
  if (ReasonOf(code.status()) == Reason::kCodeNotFound) return std::nullopt;
  if (!code.ok()) return code.status();
  const bool is_others = code->apply.code_template->bound_to_member &&
                         code->record.member_id() != buyer.member.text();
  if (is_others) return std::nullopt;
  return ToMessage(*code, context.now);
}

v1::OrderLine AnyLine() {
  v1::OrderLine line;
  line.set_line_id("any");
  line.set_quantity(1);
  return line;
}

absl::StatusOr<CheckReply> TellRefused(const QueryContext& context,
                                       const CodeQuestion& asked,
                                       const absl::Status& refusal) {
  CheckReply reply;
  WhyNot why{*ReasonOf(refusal), std::string(refusal.message())};
  PISTIS_ASSIGN_OR_RETURN(std::optional<v1::Code> code,
                          KnownCode(context, asked));
  if (code) {
    if (code->state() == v1::Code::VOID) why.message = "the code was made void";
    *reply.mutable_code() = *std::move(code);
  }
  Tell(why, reply);
  return reply;
}

}  // namespace

absl::StatusOr<CheckReply> CheckCode(const QueryContext& context,
                                     const v1::CheckCodeRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  if (request.code().empty()) return RefuseField("code", "is missing");
  PISTIS_RETURN_IF_ERROR(CheckText("code", request.code(), kMaxTypedBytes));
  const ProgramId program(request.program_id());
  CodeQuestion asked{.program = program, .typed = request.code(), .order = {}};
  const bool has_lines = request.order().lines_size() > 0;
  v1::Order order = request.order();
  order.add_codes(request.code());
  // Whoever asks without lines is held to all else that an order is.
  if (!has_lines) *order.add_lines() = AnyLine();
  PISTIS_ASSIGN_OR_RETURN(asked.order,
                          ParseOrder(order, OrderUse::kQuote, context.now));
  PISTIS_RETURN_IF_ERROR(CheckBuyer(asked.order));
  absl::StatusOr<CheckReply> reply =
      has_lines ? CheckOnOrder(context, asked) : CheckAlone(context, asked);
  if (!Concerns(reply.status(), asked.typed)) return reply;
  return TellRefused(context, asked, reply.status());
}

}  // namespace pistis
