#include "engine/operations/load_order.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/members/identifier.h"
#include "engine/operations/catalogue.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/rulebook_schedule.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
absl::StatusOr<store::v1::ProgramRecord> LoadProgram(const Reader& reader,
                                                     const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<store::v1::ProgramRecord> record,
      GetRecord<store::v1::ProgramRecord>(reader, ProgramKey(program)));
  if (!record) return RefuseNotFound("program", program.text());
  return *std::move(record);
}

absl::StatusOr<absl::TimeZone> LoadZone(const Reader& reader,
                                        const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::ProgramRecord record,
                          LoadProgram(reader, program));
  absl::TimeZone zone;
  if (absl::LoadTimeZone(record.time_zone(), &zone)) return zone;
  return RecordCorrupt("ProgramRecord");
}

absl::StatusOr<store::v1::TotalsRecord> LoadTotals(const Reader& reader,
                                                   const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<store::v1::TotalsRecord> totals,
      GetRecord<store::v1::TotalsRecord>(reader, TotalsKey(program)));
  if (!totals) return RefuseNotFound("program", program.text());
  return *std::move(totals);
}

absl::StatusOr<std::shared_ptr<const Rulebook>> LoadCurrentRulebook(
    const OperationEnv& env, const Reader& reader, const ProgramId& program,
    const store::v1::TotalsRecord& totals, absl::Time now) {
  PISTIS_ASSIGN_OR_RETURN(std::shared_ptr<const Rulebook> rulebook,
                          LoadRulebookIfAny(env, reader, program, totals, now));
  if (rulebook == nullptr) return RefuseNotFound("rulebook", program.text());
  return rulebook;
}

absl::StatusOr<std::shared_ptr<const Rulebook>> LoadRulebookIfAny(
    const OperationEnv& env, const Reader& reader, const ProgramId& program,
    const store::v1::TotalsRecord& totals, absl::Time now) {
  const int64_t version = VersionInForce(totals, now);
  if (version == 0) return nullptr;
  return env.rulebooks.Get(reader, program, version);
}

absl::Status CheckBuyer(const Order& order) {
  if (!order.identifier) return absl::OkStatus();
  return CheckIdentifier("order.identifier", order.identifier->kind(),
                         order.identifier->value());
}

absl::StatusOr<MemberId> FindMember(const OperationEnv& env,
                                    const Reader& reader,
                                    const ProgramId& program,
                                    const v1::Identifier& identifier) {
  const std::string hash =
      IdentifierKey(env.secret, program, identifier.kind(), identifier.value());
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> member,
                          reader.Get(IdentifierIndexKey(program, hash)));
  // The value is not repeated: it may be personal, and refusals are logged.
  if (!member) return RefuseNotFound("member", identifier.kind());
  return MemberId(*member);
}

MemberFacts LoadedOrder::Facts() const {
  if (!ledger) return {};
  MemberFacts facts = ledger->Facts();
  ++facts.orders;
  return facts;
}

std::optional<Money> LoadedOrder::CatalogueCost(const Order& order,
                                                size_t line) const {
  if (!costed || order.lines[line].cost) return std::nullopt;
  return costed->lines[line].cost;
}

LimitQuestion LoadedOrder::Limits(const Reader& reader,
                                  const ProgramId& program) const {
  return {.reader = reader,
          .program = program,
          .member = ledger ? ledger->member_id() : MemberId(),
          .time = sold,
          .zone = rulebook->time_zone};
}

absl::Time SoldAt(const Order& order, absl::Time effective) {
  return order.placed.value_or(effective);
}

std::vector<CodeToApply> LoadedOrder::CodesToApply() const {
  std::vector<CodeToApply> apply;
  apply.reserve(codes.size());
  for (const LoadedCode& code : codes)
    apply.push_back(code.apply);
  return apply;
}

absl::StatusOr<LoadedOrder> LoadOrder(const OperationEnv& env,
                                      const Reader& reader,
                                      const ProgramId& program,
                                      const Order& order, absl::Time now) {
  LoadedOrder loaded;
  PISTIS_ASSIGN_OR_RETURN(loaded.totals, LoadTotals(reader, program));
  PISTIS_ASSIGN_OR_RETURN(
      loaded.rulebook,
      LoadCurrentRulebook(env, reader, program, loaded.totals, now));
  MemberId member = order.member_id;
  if (order.identifier) {
    PISTIS_ASSIGN_OR_RETURN(
        member, FindMember(env, reader, program, *order.identifier));
  }
  loaded.effective = order.placed.value_or(now);
  if (!member.empty()) {
    PISTIS_ASSIGN_OR_RETURN(
        loaded.ledger,
        MemberLedger::Load(
            reader, {.program = program,
                     .member = member,
                     .at = loaded.effective,
                     .rulebook = loaded.rulebook.get(),
                     .occasions = OccasionTermsOf(env, loaded.totals, now)}));
    PISTIS_RETURN_IF_ERROR(loaded.ledger->CheckTakesPart());
    loaded.effective = loaded.ledger->effective();
  }
  loaded.sold = SoldAt(order, loaded.effective);
  if (loaded.totals.catalogue_costs() > 0) {
    PISTIS_ASSIGN_OR_RETURN(
        loaded.costed, WithCatalogueCosts(reader, program, order, loaded.sold));
  }
  const MemberId buyer =
      loaded.ledger ? loaded.ledger->member_id() : MemberId();
  const CodeLookup lookup{.env = env,
                          .reader = reader,
                          .program = program,
                          .rulebook = loaded.rulebook};
  for (size_t i = 0; i < order.codes.size(); ++i) {
    PISTIS_ASSIGN_OR_RETURN(LoadedCode code, FindCode(lookup, order.codes[i]));
    PISTIS_RETURN_IF_ERROR(CheckUsableBy(lookup, code, buyer, loaded.sold));
    const bool repeated = std::any_of(
        loaded.codes.begin(), loaded.codes.end(),
        [&](const LoadedCode& earlier) { return earlier.hash == code.hash; });
    if (repeated) {
      return RefuseField(absl::StrCat("order.codes[", i, "]"),
                         "is the same code as an earlier one");
    }
    if (loaded.ledger && code.issued_by->asks_profile) {
      PISTIS_RETURN_IF_ERROR(loaded.ledger->ReadProfile(reader));
    }
    loaded.codes.push_back(std::move(code));
  }
  return loaded;
}

}  // namespace pistis
