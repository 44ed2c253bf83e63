#include "engine/operations/expire_due.h"

#include <utility>
#include <vector>

#include "absl/container/btree_set.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {

absl::StatusOr<Decided<ExpireDueReply>> ExpireDue(const OperationEnv& /*env*/,
                                                  const Reader& reader,
                                                  const CommitContext& context,
                                                  const ExpireDueInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.program).status());
  PISTIS_ASSIGN_OR_RETURN(Journal journal,
                          Journal::Open(reader, input.program, context));
  const absl::Time now = ProgramTime(journal.totals(), context.now);
  ExpireDueReply reply{.reached = input.from, .more = false};
  absl::btree_set<MemberId> members;
  size_t lots = 0;
  // A lot that expires at this very microsecond is due.
  const absl::Time end = now + absl::Microseconds(1);
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      DueKey(input.program, input.from, {}), DueKey(input.program, end, {}),
      [&](absl::string_view key, absl::string_view /*value*/) {
        reply.more = lots == input.max_lots;
        if (reply.more) return Visit::kStop;
        const std::optional<DueLot> due = ParseDueKey(input.program, key);
        if (due) {
          members.insert(due->member);
          reply.reached = due->expire;
        }
        journal.writes().Delete(key);
        ++lots;
        return Visit::kContinue;
      }));
  if (lots == 0) {
    return Decided<ExpireDueReply>{.reply = reply, .writes = {}};
  }
  for (const MemberId& member : members) {
    PISTIS_ASSIGN_OR_RETURN(
        const MemberLedger ledger,
        MemberLedger::Load(reader, input.program, member, now));
    // Another command may have posted it already.
    if (ledger.has_entries()) ledger.Post(context, journal);
  }
  return Decided<ExpireDueReply>{.reply = reply,
                                 .writes = std::move(journal).Take()};
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
