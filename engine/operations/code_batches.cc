#include "engine/operations/code_batches.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/codes/code.h"
#include "engine/operations/codes.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/journal.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/load_order.h"
#include "engine/order/order.h"
#include "engine/storage/code_keys.h"
#include "engine/storage/codec.h"

namespace pistis {
namespace {

using store::v1::CodeBatchRecord;

absl::StatusOr<std::optional<CodeBatchRecord>> LoadBatch(
    const Reader& reader, const IssueCodesInput& input) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<CodeBatchRecord> batch,
      GetRecord<CodeBatchRecord>(reader,
                                 CodeBatchKey(input.program, input.batch)));
  if (batch && batch->fingerprint() != input.fingerprint) {
    return RefuseReuse("request_id");
  }
  return batch;
}

// That a caller has no more codes than there are.
absl::Status CheckAfter(int64_t after, int64_t issued) {
  if (after <= issued) return absl::OkStatus();
  return RefuseField("after", absl::StrCat("is ", after, ", but ", issued,
                                           " of the batch are issued"));
}

// A new one, by the rulebook in force.
absl::StatusOr<CodeBatchRecord> BeginBatch(const IssueCodesInput& input,
                                           const Rulebook& in_force,
                                           const CommitContext& context) {
  PISTIS_ASSIGN_OR_RETURN(const CodeTemplate* of,
                          FindIssuable(in_force, input.template_id));
  if (of->bound_to_member) {
    return RefuseField("template_id",
                       "binds its codes to members; issue them one by one, "
                       "each with a member_id");
  }
  PISTIS_RETURN_IF_ERROR(CheckExpiry(input.expire, context.now));
  CodeBatchRecord batch;
  batch.set_fingerprint(input.fingerprint);
  batch.set_template_id(input.template_id);
  batch.set_rulebook_version(in_force.version);
  batch.set_count(input.count);
  batch.set_begun_us(absl::ToUnixMicros(context.now));
  std::optional<absl::Time> expire = input.expire;
  if (!expire && of->lifetime) expire = context.now + *of->lifetime;
  if (expire) batch.set_expire_us(absl::ToUnixMicros(*expire));
  return batch;
}

// The rulebook that a batch was begun by.
absl::StatusOr<std::shared_ptr<const Rulebook>> RulebookOf(
    const OperationEnv& env, const Reader& reader, const ProgramId& program,
    const CodeBatchRecord& batch) {
  PISTIS_ASSIGN_OR_RETURN(
      std::shared_ptr<const Rulebook> rulebook,
      env.rulebooks.Get(reader, program, batch.rulebook_version()));
  if (rulebook->FindCode(batch.template_id()) == nullptr) {
    return RecordCorrupt("CodeBatchRecord");
  }
  return rulebook;
}

// A name that no order has.
OrderId SourceOf(const BatchOfCodes& batch, int64_t number) {
  return OrderId(absl::StrCat("batch ", batch.id.text(), " ", number));
}

void Announce(const IssueCodesInput& input, const CodeBatchRecord& batch,
              int64_t codes, Journal& journal) {
  v1::CodesIssued& event =
      *journal
           .AddEvent(absl::FromUnixMicros(batch.begun_us()), MemberId(),
                     batch.rulebook_version())
           .mutable_codes_issued();
  event.set_template_id(batch.template_id());
  event.set_codes(codes);
  event.set_batch(input.batch.text());
  if (batch.expire_us() != 0) {
    *event.mutable_expire_time() =
        ToTimestamp(absl::FromUnixMicros(batch.expire_us()));
  }
}

}  // namespace

IssuedCode CodeOfBatch(const BatchOfCodes& batch, int64_t number) {
  CodeOrder order{.secret = batch.secret,
                  .program = batch.program,
                  .source = SourceOf(batch, number),
                  .member = MemberId(),
                  .at = absl::FromUnixMicros(batch.record.begun_us()),
                  .rulebook_version = batch.record.rulebook_version()};
  if (batch.record.expire_us() != 0) {
    order.expire = absl::FromUnixMicros(batch.record.expire_us());
  }
  return IssueCode(order, batch.of);
}

absl::StatusOr<IssueCodesInput> ParseIssueCodes(
    const v1::IssueCodesRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("template_id", request.template_id()));
  if (request.count() < 1 || request.count() > kMostCodesOfBatch) {
    return RefuseField("count",
                       absl::StrCat("is ", request.count(), "; 1 to ",
                                    kMostCodesOfBatch, " are allowed"));
  }
  if (request.after() < 0 || request.after() > request.count()) {
    return RefuseField("after", absl::StrCat("is ", request.after(),
                                             "; 0 to count is allowed"));
  }
  v1::IssueCodesRequest same = request;
  same.clear_after();
  IssueCodesInput input{.program = ProgramId(request.program_id()),
                        .batch = RequestId(request.request_id()),
                        .fingerprint = FingerprintOf(same),
                        .template_id = request.template_id(),
                        .count = request.count(),
                        .expire = {},
                        .after = request.after()};
  PISTIS_ASSIGN_OR_RETURN(input.expire, ParseExpiry(request));
  return input;
}

absl::StatusOr<Decided<CodeBatchRecord>> IssueNextCodes(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const IssueCodesInput& input) {
  PISTIS_ASSIGN_OR_RETURN(store::v1::TotalsRecord totals,
                          LoadTotals(reader, input.program));
  PISTIS_ASSIGN_OR_RETURN(std::optional<CodeBatchRecord> known,
                          LoadBatch(reader, input));
  if (!known) {
    PISTIS_ASSIGN_OR_RETURN(
        const std::shared_ptr<const Rulebook> in_force,
        LoadCurrentRulebook(env, reader, input.program, totals, context.now));
    PISTIS_ASSIGN_OR_RETURN(known, BeginBatch(input, *in_force, context));
  }
  CodeBatchRecord batch = *std::move(known);
  PISTIS_RETURN_IF_ERROR(CheckAfter(input.after, batch.issued()));
  const int64_t codes = std::min(kCodesOfStep, batch.count() - batch.issued());
  if (codes == 0) return Decided<CodeBatchRecord>{.reply = batch, .writes = {}};
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          RulebookOf(env, reader, input.program, batch));
  Journal journal(input.program, context, std::move(totals));
  const BatchOfCodes of{.secret = env.secret,
                        .program = input.program,
                        .id = input.batch,
                        .of = *rulebook->FindCode(batch.template_id()),
                        .record = batch};
  const int64_t last = batch.issued() + codes;
  for (int64_t number = batch.issued() + 1; number <= last; ++number)
    PutIssued(input.program, CodeOfBatch(of, number), journal);
  batch.set_issued(last);
  Announce(input, batch, codes, journal);
  PutRecord(CodeBatchKey(input.program, input.batch), batch, journal.writes());
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return Decided<CodeBatchRecord>{.reply = std::move(batch),
                                  .writes = std::move(writes)};
}

absl::StatusOr<v1::IssueCodesResponse> CodesAfter(const OperationEnv& env,
                                                  const Reader& reader,
                                                  const IssueCodesInput& input,
                                                  int64_t after) {
  v1::IssueCodesResponse message;
  message.set_done(after);
  PISTIS_ASSIGN_OR_RETURN(const std::optional<CodeBatchRecord> batch,
                          LoadBatch(reader, input));
  PISTIS_RETURN_IF_ERROR(CheckAfter(after, batch ? batch->issued() : 0));
  if (!batch) return message;
  const int64_t last = std::min(after + kCodesOfMessage, batch->issued());
  if (last <= after) return message;
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          RulebookOf(env, reader, input.program, *batch));
  const BatchOfCodes of{.secret = env.secret,
                        .program = input.program,
                        .id = input.batch,
                        .of = *rulebook->FindCode(batch->template_id()),
                        .record = *batch};
  for (int64_t number = after + 1; number <= last; ++number)
    message.add_codes(
        DeriveCode(env.secret, input.program, SourceOf(of, number), of.of));
  message.set_done(last);
  if (batch->expire_us() != 0) {
    *message.mutable_expire_time() =
        ToTimestamp(absl::FromUnixMicros(batch->expire_us()));
  }
  return message;
}

}  // namespace pistis
