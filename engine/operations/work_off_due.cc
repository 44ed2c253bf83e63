#include "engine/operations/work_off_due.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/deferred_notes.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"

namespace pistis {
namespace {

bool IsBefore(const DueMember& a, const DueMember& b) {
  return std::tie(a.due, a.member) < std::tie(b.due, b.member);
}

// The members whose turn has come, at most so many, soonest first.
struct DueMembers {
  std::vector<DueMember> members;
  bool more = false;
};

absl::StatusOr<DueMembers> FindDue(const Reader& reader,
                                   const WorkOffDueInput& input,
                                   absl::Time now) {
  DueMembers found;
  absl::btree_set<MemberId> seen;
  // What falls due at this very microsecond is due.
  const absl::Time end = now + absl::Microseconds(1);
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      DueKey(input.program, input.from.due, input.from.member),
      DueKey(input.program, end, {}),
      [&](absl::string_view key, absl::string_view /*value*/) {
        const std::optional<DueMember> due = ParseDueKey(input.program, key);
        if (!due) return Visit::kContinue;
        // An account is decided on once in a step: what the step changes is
        // not seen within it.
        found.more = found.members.size() == input.max_members ||
                     !seen.insert(due->member).second;
        if (found.more) return Visit::kStop;
        found.members.push_back(*due);
        return Visit::kContinue;
      }));
  return found;
}

// Posts what fell due when the member's turn came. When its next turn comes, or
// InfiniteFuture.
absl::StatusOr<absl::Time> TakeTurn(const Reader& reader, const LedgerAt& which,
                                    Journal& journal) {
  const std::string key = DueKey(which.program, which.at, which.member);
  // What turns before it used of limits counts.
  const OverlayReader view(reader, {&journal.writes()});
  const absl::StatusOr<MemberLedger> ledger = MemberLedger::Load(view, which);
  // Nobody else's points wait for an account that is gone or cannot be read;
  // the latter keeps its place, and VerifyLedger names it.
  const std::optional<Reason> reason = ReasonOf(ledger.status());
  if (reason == Reason::kRecordCorrupt) return absl::InfiniteFuture();
  journal.writes().Delete(key);
  if (reason == Reason::kNotFound) return absl::InfiniteFuture();
  PISTIS_RETURN_IF_ERROR(ledger.status());
  ledger->Post(journal);
  return ledger->NextDue();
}

// Reservations that were given back, and how far their queue was gone through.
struct EndedReservations {
  size_t count = 0;
  absl::Time reached;
  bool more = false;
};

// Gives back what reservations hold whose time is over.
absl::StatusOr<EndedReservations> EndReservations(const SaleAt& at,
                                                  const WorkOffDueInput& input,
                                                  Journal& journal) {
  EndedReservations ended{.reached = at.context.now};
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<DueReservation> expired,
      FindExpiredReservations(at.reader, at.program,
                              {.from = input.reservations_from,
                               .to = at.context.now,
                               .most = input.max_members}));
  if (expired.empty()) return ended;
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          LoadRulebookIfAny(at.env, at.reader, at.program,
                                            journal.totals(), at.context.now));
  PISTIS_ASSIGN_OR_RETURN(
      ended.count, ExpireReservations(at, expired, rulebook.get(), journal));
  ended.more = expired.size() == input.max_members;
  if (!ended.more) return ended;
  // Past those that keep their place, however many there are.
  ended.reached = expired.back().expire;
  if (ended.count == 0 && ended.reached <= input.reservations_from) {
    ended.reached += absl::Microseconds(1);
  }
  return ended;
}

using Step = Decided<WorkOffDueReply>;

// The step with what the journal holds.
absl::StatusOr<Step> Written(const SaleAt& at, const WorkOffDueReply& reply,
                             Journal journal) {
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(at.env, at.reader));
  return Step{.reply = reply, .writes = std::move(writes)};
}

// The members' turn, where nothing else is due; `reply` says of that.
absl::StatusOr<Step> TakeTurns(const SaleAt& at, const WorkOffDueInput& input,
                               WorkOffDueReply reply, Journal journal) {
  const absl::Time now = ProgramTime(journal.totals(), at.context.now);
  PISTIS_ASSIGN_OR_RETURN(const DueMembers due, FindDue(at.reader, input, now));
  reply.more = due.more;
  if (due.members.empty()) return Step{.reply = reply, .writes = {}};
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          LoadRulebookIfAny(at.env, at.reader, at.program,
                                            journal.totals(), at.context.now));
  reply.reached = due.members.back();
  for (const DueMember& turn : due.members) {
    PISTIS_ASSIGN_OR_RETURN(
        const absl::Time next,
        TakeTurn(at.reader,
                 {.program = at.program,
                  .member = turn.member,
                  .at = turn.due,
                  .rulebook = rulebook.get(),
                  .occasions = OccasionTermsOf(at.env, journal.totals(),
                                               at.context.now)},
                 journal));
    if (next > now) continue;
    reply.reached =
        std::min(reply.reached, {.due = next, .member = turn.member}, IsBefore);
    reply.more = true;
  }
  return Written(at, reply, std::move(journal));
}

}  // namespace

absl::StatusOr<Step> WorkOffDue(const OperationEnv& env, const Reader& reader,
                                const CommitContext& context,
                                const WorkOffDueInput& input) {
  const SaleAt at{.env = env,
                  .reader = reader,
                  .context = context,
                  .program = input.program};
  PISTIS_ASSIGN_OR_RETURN(store::v1::TotalsRecord totals,
                          LoadTotals(reader, input.program));
  Journal journal(input.program, context, std::move(totals));
  PISTIS_ASSIGN_OR_RETURN(const EndedReservations ended,
                          EndReservations(at, input, journal));
  WorkOffDueReply reply{.reached = input.from,
                        .reservations_reached = ended.reached,
                        .notes_reached = input.notes_from,
                        .more = true};
  if (ended.count > 0) return Written(at, reply, std::move(journal));
  if (ended.more) return Step{.reply = reply, .writes = {}};
  PISTIS_ASSIGN_OR_RETURN(
      const DecidedNotes notes,
      DecideDeferredNotes(env, reader,
                          {.from = input.notes_from, .most = input.max_members},
                          journal));
  reply.notes_reached = notes.reached;
  if (notes.count > 0) return Written(at, reply, std::move(journal));
  if (notes.more) return Step{.reply = reply, .writes = {}};
  return TakeTurns(at, input, reply, std::move(journal));
}

absl::StatusOr<std::vector<ProgramId>> ListProgramIds(const Reader& reader) {
  std::vector<ProgramId> programs;
  bool readable = true;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      ProgramsBegin(), ProgramsEnd(),
      [&](absl::string_view /*key*/, absl::string_view value) {
        store::v1::ProgramRecord record;
        readable =
            record.ParseFromArray(value.data(), static_cast<int>(value.size()));
        if (!readable) return Visit::kStop;
        programs.emplace_back(record.program_id());
        return Visit::kContinue;
      }));
  if (!readable) return RecordCorrupt("ProgramRecord");
  return programs;
}

}  // namespace pistis
