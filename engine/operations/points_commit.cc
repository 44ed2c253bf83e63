#include "engine/operations/points_commit.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/load_order.h"

namespace pistis {
namespace {

constexpr absl::Duration kLongestLife = absl::Hours(24 * 36525);

}  // namespace

absl::StatusOr<PointsCommit> PointsCommit::Open(const OperationEnv& env,
                                                const Reader& reader,
                                                const CommitContext& context,
                                                const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(store::v1::TotalsRecord totals,
                          LoadTotals(reader, program));
  PISTIS_ASSIGN_OR_RETURN(
      std::shared_ptr<const Rulebook> rulebook,
      LoadRulebookIfAny(env, reader, program, totals, context.now));
  PointsCommit commit(env, reader, context,
                      Journal(program, context, std::move(totals)));
  commit.program_ = program;
  if (rulebook != nullptr) {
    commit.zone_ = rulebook->time_zone;
  } else {
    PISTIS_ASSIGN_OR_RETURN(const store::v1::ProgramRecord record,
                            LoadProgram(reader, program));
    if (!absl::LoadTimeZone(record.time_zone(), &commit.zone_)) {
      return RecordCorrupt("ProgramRecord");
    }
  }
  commit.rulebook_ = std::move(rulebook);
  return commit;
}

absl::Status PointsCommit::CheckPlaced(std::optional<absl::Time> placed) const {
  if (!placed || *placed <= context_.now + kMaxClockAhead) {
    return absl::OkStatus();
  }
  return RefuseField(
      "placed_time",
      absl::StrCat("is ", absl::FormatTime(*placed),
                   ", which lies ahead of the server's clock; at most ",
                   absl::FormatDuration(kMaxClockAhead), " are allowed"));
}

absl::StatusOr<MemberLedger> PointsCommit::LoadLedger(
    const MemberId& member, std::optional<absl::Time> at) const {
  return LoadLedgerOver(reader_, member, at);
}

absl::StatusOr<MemberLedger> PointsCommit::LoadLedgerOver(
    const Reader& reader, const MemberId& member,
    std::optional<absl::Time> at) const {
  return MemberLedger::Load(
      reader,
      {.program = program_,
       .member = member,
       .at = at.value_or(context_.now),
       .rulebook = rulebook_.get(),
       .occasions = OccasionTermsOf(env_, journal_.totals(), context_.now)});
}

absl::StatusOr<Lot> PointsCommit::LotAt(
    absl::Time at, std::optional<absl::Time> expire) const {
  if (!expire) {
    return LotFrom(rulebook_ ? rulebook_->points.expiry : NeverExpire(), at,
                   zone());
  }
  if (*expire <= at) {
    return RefuseField("expire_time",
                       absl::StrCat("is ", absl::FormatTime(*expire),
                                    ", which is not after the points become "
                                    "available at ",
                                    absl::FormatTime(at)));
  }
  if (*expire > at + kLongestLife) {
    return RefuseField("expire_time",
                       absl::StrCat("is ", absl::FormatTime(*expire),
                                    ", more than a hundred years ahead; leave "
                                    "it out for points that never expire"));
  }
  return Lot{.expire = ToDayBoundary(*expire, zone()),
             .points = Points(),
             .kind = LotKind::kFixed};
}

EntrySource PointsCommit::SourceOf(const std::string& reason) const {
  return {.rulebook_version = rulebook_ ? rulebook_->version : 0,
          .reason = reason,
          .caller = std::string(context_.caller)};
}

v1::LedgerEntry PointsCommit::Show(const LedgerEntry& entry,
                                   const EntrySource& source) const {
  store::v1::EntryRecord record;
  FillRecord(entry, source, context_.commit_seq, record);
  return ToMessage(record, entry.number);
}

v1::Account PointsCommit::Show(const MemberLedger& ledger) const {
  return ToMessage(ledger.member_id(), ledger.account(), rulebook_.get());
}

}  // namespace pistis
