// The codes of a SimulatedWorld: which ones its orders type.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/codes/code.h"
#include "engine/operations/queries.h"
#include "engine/operations/simulate_world.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::CodeRecord;
using v1::SimulatedRefusal;

// What the code that somebody typed is called here.
std::string AliasNote(absl::string_view typed) {
  return absl::StrCat("alias ", NormalizeCode(typed));
}

// The codes that a member has not typed yet.
std::string PocketNote(const std::string& member) {
  return absl::StrCat("pocket ", member);
}

bool IsCodeRefusal(const absl::Status& status) {
  const std::optional<Reason> reason = ReasonOf(status);
  return reason == Reason::kCodeNotFound || reason == Reason::kCodeExpired ||
         reason == Reason::kCodeUsed || reason == Reason::kCodeNotApplicable;
}

bool IsOver(const v1::IssuedCode& code, absl::Time time) {
  return code.has_expire_time() &&
         absl::FromUnixSeconds(code.expire_time().seconds()) <= time;
}

}  // namespace

absl::StatusOr<std::string> SimulatedWorld::TemplateOf(
    const std::string& code) const {
  const CodeTemplate* word = rulebook_->FindWord(code);
  if (word != nullptr) return word->id;
  PISTIS_ASSIGN_OR_RETURN(
      const CodeRecord record,
      GetExpectedRecord<CodeRecord>(
          commits_.Reading(),
          CodeIndexKey(program_, CodeKey(env_.secret, program_, code))));
  return record.template_id();
}

void SimulatedWorld::LeaveOutCode(absl::string_view reason) {
  ++sums_.codes_left_out;
  ++refusals_[{SimulatedRefusal::CODE, std::string(reason)}];
}

absl::Status SimulatedWorld::FitCodes(const PastOrder& past, v1::Order& order) {
  if (past.codes.empty()) return absl::OkStatus();
  order.clear_codes();
  for (const PastCode& code : past.codes)
    PISTIS_RETURN_IF_ERROR(FitCode(code, order));
  return absl::OkStatus();
}

// The same order issues the same code of a template in every world, unless the
// rulebooks spell it differently.
absl::Status SimulatedWorld::FitCode(const PastCode& past, v1::Order& order) {
  if (rulebook_->FindWord(past.typed) != nullptr) {
    order.add_codes(past.typed);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> alias,
                          commits_.Note(AliasNote(past.typed)));
  const std::string code = alias.value_or(past.typed);
  const std::string key =
      CodeIndexKey(program_, CodeKey(env_.secret, program_, code));
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> known,
                          commits_.Reading().Get(key));
  const bool is_older =
      !past.record.is_word() &&
      absl::FromUnixMicros(past.record.issued_us()) < terms_.from;
  if (!known && is_older &&
      rulebook_->FindCode(past.record.template_id()) != nullptr) {
    CodeRecord carried = past.record;
    carried.set_rulebook_version(rulebook_->version);
    // What it was used since counts anew, as it comes to be used here.
    carried.set_used(0);
    carried.clear_void_reason();
    WriteSet writes;
    PutRecord(key, carried, writes);
    PISTIS_RETURN_IF_ERROR(commits_.Write(std::move(writes)));
  } else if (!known) {
    LeaveOutCode(ReasonName(Reason::kCodeNotFound));
    return absl::OkStatus();
  }
  order.add_codes(code);
  return absl::OkStatus();
}

absl::Status SimulatedWorld::DropRefusedCodes(const PastOrder& past,
                                              v1::Order& order) {
  v1::QuoteOrderRequest asked;
  asked.set_program_id(program_.text());
  *asked.mutable_order() = order;
  asked.mutable_order()->clear_codes();
  const OverlayReader reader = commits_.Reading();
  for (const std::string& code : order.codes()) {
    asked.mutable_order()->add_codes(code);
    const absl::Status quoted =
        QuoteOrder({.env = env_, .reader = reader, .now = past.time}, asked)
            .status();
    if (!IsCodeRefusal(quoted)) continue;
    asked.mutable_order()->mutable_codes()->RemoveLast();
    // Who has the habit tries it again.
    if (!past.habit) LeaveOutCode(ReasonName(*ReasonOf(quoted)));
  }
  *order.mutable_codes() = asked.order().codes();
  return absl::OkStatus();
}

absl::Status SimulatedWorld::FollowHabit(const PastOrder& past,
                                         v1::Order& order) {
  if (!past.habit || order.member_id().empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(const Points available,
                          AvailableTo(MemberId(order.member_id()), past.time));
  if (available.is_positive() && available.value() >= past.habit->redeem_from) {
    order.mutable_redeem()->set_all(true);
  }
  PISTIS_ASSIGN_OR_RETURN(const v1::CommitOrderResponse pocket,
                          PocketOf(order.member_id()));
  for (const v1::IssuedCode& code : pocket.issued_codes()) {
    if (IsOver(code, past.time)) continue;
    order.add_codes(code.code());
    break;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::CommitOrderResponse> SimulatedWorld::PocketOf(
    const std::string& member) const {
  v1::CommitOrderResponse pocket;
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          commits_.Note(PocketNote(member)));
  if (bytes && !pocket.ParseFromString(*bytes)) return RecordCorrupt("note");
  return pocket;
}

absl::Status SimulatedWorld::KeepCodes(const PastOrder& past,
                                       const v1::Order& wished,
                                       const v1::Order& order,
                                       const v1::CommitOrderResponse& reply) {
  for (const v1::IssuedCode& then : past.issued) {
    for (const v1::IssuedCode& here : reply.issued_codes()) {
      if (here.template_id() != then.template_id() ||
          here.code() == then.code()) {
        continue;
      }
      PISTIS_RETURN_IF_ERROR(
          commits_.SetNote(AliasNote(then.code()), here.code()));
    }
  }
  if (!past.habit || order.member_id().empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(const v1::CommitOrderResponse pocket,
                          PocketOf(order.member_id()));
  if (wished.codes().empty() && reply.issued_codes().empty()) {
    return absl::OkStatus();
  }
  // What was typed and could not be used is tried again behind the others.
  v1::CommitOrderResponse left;
  std::optional<v1::IssuedCode> refused;
  for (const v1::IssuedCode& code : pocket.issued_codes()) {
    if (IsOver(code, past.time)) continue;
    const bool typed =
        !wished.codes().empty() && wished.codes(0) == code.code();
    if (!typed) {
      *left.add_issued_codes() = code;
    } else if (order.codes().empty()) {
      refused = code;
    }
  }
  if (refused) *left.add_issued_codes() = *std::move(refused);
  left.mutable_issued_codes()->MergeFrom(reply.issued_codes());
  return commits_.SetNote(PocketNote(order.member_id()),
                          left.SerializeAsString());
}

}  // namespace pistis
