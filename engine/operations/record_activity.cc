#include "engine/operations/record_activity.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/members/identifier.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/journal.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/rulebook/triggers.h"

namespace pistis {
namespace {

using ActivityReply = v1::RecordActivityResponse;

absl::Status CheckWho(const v1::RecordActivityRequest& request) {
  if (request.has_identifier() != request.member_id().empty()) {
    return RefuseField("member_id",
                       "or identifier: give exactly one of the two");
  }
  if (!request.has_identifier()) {
    return CheckId("member_id", request.member_id());
  }
  return CheckIdentifier("identifier", request.identifier().kind(),
                         request.identifier().value());
}

void Tell(const MetOccasion& met, ActivityReply& reply) {
  *reply.mutable_earned() = met.event.earned();
  reply.set_points_earned(met.record.points());
  reply.set_tier_points(met.record.tier_points());
  for (const IssuedCode& issued : met.codes)
    *reply.add_issued_codes() = issued.reply;
  for (const v1::NoteRequested& note : met.notes)
    reply.add_note_ids(note.note_id());
  *reply.mutable_segments_joined() = met.event.segments_joined();
}

absl::StatusOr<DecidedReply<ActivityReply>> TakeActivity(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RecordActivityInput& input) {
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(Journal journal,
                          Journal::Open(reader, program, context));
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> rulebook,
      LoadCurrentRulebook(env, reader, program, journal.totals(), context.now));
  MemberId member = input.member;
  if (input.identifier) {
    PISTIS_ASSIGN_OR_RETURN(
        member, FindMember(env, reader, program, *input.identifier));
  }
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      MemberLedger::Load(reader, {.program = program,
                                  .member = member,
                                  .at = input.time.value_or(context.now),
                                  .rulebook = rulebook.get(),
                                  .occasions = OccasionTermsOf(
                                      env, journal.totals(), context.now)}));
  PISTIS_RETURN_IF_ERROR(ledger.CheckTakesPart());
  const MemberEvent event{.trigger = Trigger::kActivity,
                          .name = input.name,
                          .time = ledger.effective(),
                          .attributes = input.attributes};
  PISTIS_ASSIGN_OR_RETURN(const int64_t number, ledger.Meet(event));
  journal.NoteEffectiveTime(ledger.effective());
  journal.NoteToldTime(input.time.value_or(context.now));
  ledger.Post(journal);
  ActivityReply reply;
  for (const MetOccasion& met : ledger.met()) {
    if (met.number == number) Tell(met, reply);
  }
  *reply.mutable_account() =
      ToMessage(member, ledger.account(), rulebook.get());
  reply.set_commit_seq(context.commit_seq);
  reply.set_rulebook_version(rulebook->version);
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<ActivityReply>{.reply = Encode(reply),
                                     .writes = std::move(writes)};
}

}  // namespace

absl::StatusOr<RecordActivityInput> ParseRecordActivity(
    const v1::RecordActivityRequest& request, absl::Time now) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckWho(request));
  const std::string problem = ActivityNameProblem(request.name());
  if (!problem.empty()) return RefuseField("name", problem);
  RecordActivityInput input{
      .request = {.program = ProgramId(request.program_id()),
                  .request = RequestId(request.request_id()),
                  .fingerprint = FingerprintOf(request)},
      .member = MemberId(request.member_id()),
      .identifier = {},
      .name = request.name(),
      .time = {},
      .attributes = {}};
  if (request.has_identifier()) input.identifier = request.identifier();
  if (request.has_time()) {
    PISTIS_ASSIGN_OR_RETURN(input.time,
                            ParsePastTime("time", request.time(), now));
  }
  PISTIS_ASSIGN_OR_RETURN(input.attributes,
                          ParseAttributes("attributes", request.attributes()));
  return input;
}

absl::StatusOr<DecidedReply<ActivityReply>> RecordActivity(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RecordActivityInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.request.program).status());
  RequestKeyParts request = input.request;
  if (input.identifier) {
    request.fingerprint = KeyedFingerprint(env.secret, request.fingerprint);
  }
  return Once<ActivityReply>(reader, context, request, [&] {
    return TakeActivity(env, reader, context, input);
  });
}

}  // namespace pistis
