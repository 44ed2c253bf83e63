#include "engine/operations/verify_ledger.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/logging.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/load_order.h"
#include "engine/operations/sign_checkpoint.h"
#include "engine/operations/verify_audit.h"
#include "engine/operations/verify_cases.h"
#include "engine/operations/verify_codes.h"
#include "engine/operations/verify_commits.h"
#include "engine/operations/verify_costs.h"
#include "engine/operations/verify_deliveries.h"
#include "engine/operations/verify_erasures.h"
#include "engine/operations/verify_holds.h"
#include "engine/operations/verify_indexes.h"
#include "engine/operations/verify_limits.h"
#include "engine/operations/verify_margins.h"
#include "engine/operations/verify_members.h"
#include "engine/operations/verify_notes.h"
#include "engine/operations/verify_occasions.h"
#include "engine/operations/verify_orders.h"
#include "engine/operations/verify_program.h"
#include "engine/operations/verify_recount.h"
#include "engine/operations/verify_reservations.h"
#include "engine/operations/verify_tally.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr size_t kProofHashBytes = 32;
constexpr int kMaxCheckpoints = 100;

// A hash of a checkpoint, and how much it covers.
struct HashField {
  absl::string_view name;
  absl::string_view bytes;
  int64_t covers = 0;
};

// A checkpoint that is none at all is the caller's mistake; one whose signature
// is wrong is a finding.
absl::Status CheckForm(const v1::VerifyLedgerRequest& request) {
  if (request.checkpoints_size() > kMaxCheckpoints) {
    return RefuseField(
        "checkpoints",
        absl::StrCat("has ", request.checkpoints_size(), " entries; at most ",
                     kMaxCheckpoints, " are allowed"));
  }
  for (int i = 0; i < request.checkpoints_size(); ++i) {
    const v1::LedgerCheckpoint& checkpoint = request.checkpoints(i);
    const std::string field = absl::StrCat("checkpoints[", i, "]");
    if (checkpoint.program_id() != request.program_id()) {
      return RefuseField(absl::StrCat(field, ".program_id"),
                         absl::StrCat("is \"", checkpoint.program_id(),
                                      "\", another program"));
    }
    const HashField hashes[] = {
        {"chain_hash", checkpoint.chain_hash(), checkpoint.entries()},
        {"audit_hash", checkpoint.audit_hash(), checkpoint.audit_acts()},
        {"server_audit_hash", checkpoint.server_audit_hash(),
         checkpoint.server_audit_acts()}};
    for (const HashField& hash : hashes) {
      const bool is_empty = hash.bytes.empty() && hash.covers == 0;
      if (!is_empty && hash.bytes.size() != kProofHashBytes) {
        return RefuseField(absl::StrCat(field, ".", hash.name),
                           "is no hash of 32 bytes");
      }
    }
  }
  return absl::OkStatus();
}

// The record under `key`; a finding and an empty one where it is not there or
// cannot be read.
template <typename Record>
absl::StatusOr<Record> ReadOrFind(const std::string& key,
                                  absl::string_view where, Recount& recount) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          recount.reader().Get(key));
  if (!bytes) {
    recount.Find({"record", where}, "is not there");
    return Record();
  }
  return recount.Parse<Record>(*bytes, where).value_or(Record());
}

absl::Status RunStages(Recount& recount,
                       absl::Span<const v1::LedgerCheckpoint* const> trusted) {
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::TotalsRecord totals,
      ReadOrFind<store::v1::TotalsRecord>(TotalsKey(recount.program()),
                                          "the program's sums", recount));
  PISTIS_ASSIGN_OR_RETURN(const store::v1::FormatRecord format,
                          ReadOrFind<store::v1::FormatRecord>(
                              FormatKey(), "the store's format", recount));
  ClaimTotals(recount, totals);
  PISTIS_RETURN_IF_ERROR(VerifyProgram(recount, totals));
  PISTIS_RETURN_IF_ERROR(VerifyCommits(recount, totals, trusted));
  PISTIS_RETURN_IF_ERROR(VerifyMembers(recount, totals));
  PISTIS_RETURN_IF_ERROR(VerifyOrders(recount, totals, format.secret()));
  PISTIS_RETURN_IF_ERROR(VerifyRefunds(recount, totals));
  PISTIS_RETURN_IF_ERROR(VerifyOccasions(recount, format.secret()));
  PISTIS_RETURN_IF_ERROR(VerifyCodes(recount, totals, format.secret()));
  PISTIS_RETURN_IF_ERROR(VerifyLimits(recount));
  PISTIS_RETURN_IF_ERROR(VerifyCosts(recount, totals));
  PISTIS_RETURN_IF_ERROR(VerifyHolds(recount));
  PISTIS_RETURN_IF_ERROR(VerifyReservations(recount));
  PISTIS_RETURN_IF_ERROR(VerifyCases(recount, totals));
  PISTIS_RETURN_IF_ERROR(VerifyDeliveries(recount));
  PISTIS_RETURN_IF_ERROR(VerifyNotes(recount, totals));
  PISTIS_RETURN_IF_ERROR(VerifyIndexes(recount, totals));
  PISTIS_RETURN_IF_ERROR(VerifyErasures(recount));
  PISTIS_RETURN_IF_ERROR(VerifyMargins(recount, format.secret()));
  PISTIS_RETURN_IF_ERROR(VerifyAudit(recount, format.secret(), trusted));
  return VerifyKeys(recount);
}

// Those whose signature holds; a finding for each of the others.
absl::StatusOr<std::vector<const v1::LedgerCheckpoint*>> Signed(
    const v1::VerifyLedgerRequest& request, Recount& recount) {
  std::vector<const v1::LedgerCheckpoint*> trusted;
  if (request.checkpoints().empty()) return trusted;
  PISTIS_ASSIGN_OR_RETURN(const store::v1::FormatRecord format,
                          GetExpectedRecord<store::v1::FormatRecord>(
                              recount.reader(), FormatKey()));
  const std::string own_key = PublicKeyOf(format.signing_seed());
  for (const v1::LedgerCheckpoint& checkpoint : request.checkpoints()) {
    absl::Status checked = CheckSignature(checkpoint);
    if (checked.ok() && checkpoint.public_key() != own_key) {
      checked = RefuseField("public_key", "is not that of this store");
    }
    if (checked.ok()) {
      trusted.push_back(&checkpoint);
      continue;
    }
    const std::string where = absl::StrCat("commit ", checkpoint.commit_seq());
    recount.Find({"checkpoint", where}, std::string(checked.message()));
  }
  return trusted;
}

}  // namespace

absl::StatusOr<v1::VerifyReport> VerifyLedger(
    const Reader& reader, const v1::VerifyLedgerRequest& request,
    VerifyProgressCallback progress) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckForm(request));
  const ProgramId program(request.program_id());
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> known,
                          reader.Get(ProgramKey(program)));
  if (!known) return RefuseNotFound("program", program.text());
  // It would log every text that is none; here they are findings.
  const google::protobuf::LogSilencer silence;
  v1::VerifyReport report;
  Tally tally;
  Recount recount({.reader = reader,
                   .program = program,
                   .progress = progress,
                   .tally = tally,
                   .report = report});
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<const v1::LedgerCheckpoint*> signed_by_us,
      Signed(request, recount));
  PISTIS_RETURN_IF_ERROR(RunStages(recount, signed_by_us));
  if (tally.Agrees()) return report;
  // Everything once more, to learn where the tellings differ; what else is
  // wrong is known already.
  Tally closer = tally.Closer();
  v1::VerifyReport again;
  Recount placing({.reader = reader,
                   .program = program,
                   .progress = progress,
                   .tally = closer,
                   .report = again});
  PISTIS_RETURN_IF_ERROR(RunStages(placing, {}));
  for (const Tally::Disagreement& found : closer.Disagreements()) {
    recount.Expect({KindOf(found.book), found.subject}, NameOf(found.book),
                   found.claimed, found.counted);
  }
  report.set_finding_count(report.finding_count() + closer.left_out());
  return report;
}

}  // namespace pistis
