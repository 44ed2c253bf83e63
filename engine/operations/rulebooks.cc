#include "engine/operations/rulebooks.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/codes/code.h"
#include "engine/operations/check_rulebook.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/rulebook_schedule.h"
#include "engine/order/order.h"
#include "engine/rulebook/problem.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using PublishReply = v1::PublishedRulebook;

constexpr size_t kMaxCommentBytes = 1000;
constexpr absl::Duration kLongestWait = absl::Hours(24 * 3653);

absl::Status CheckSame(absl::string_view field, absl::string_view of_rulebook,
                       absl::string_view of_program) {
  if (of_rulebook == of_program) return absl::OkStatus();
  return RefuseField(field, OtherThanTheProgram(of_rulebook, of_program));
}

absl::StatusOr<absl::Time> StartOf(const PublicationTerms& terms,
                                   absl::Time now) {
  if (!terms.start) return now;
  if (*terms.start < now - kMaxClockAhead) {
    return RefuseField(
        "start_time",
        absl::StrCat("is ", absl::FormatTime(*terms.start),
                     ", which is past; leave it out for a start now"));
  }
  if (*terms.start > now + kLongestWait) {
    return RefuseField("start_time",
                       absl::StrCat("is ", absl::FormatTime(*terms.start),
                                    ", more than ten years ahead"));
  }
  return std::max(*terms.start, now);
}

// A version that is to be published: `record` holds what it is.
struct Publication {
  const ProgramId& program;
  const PublicationTerms& terms;
  store::v1::ProgramRecord of;
  store::v1::RulebookRecord record;
  Rulebook compiled;
};

absl::StatusOr<DecidedReply<PublishReply>> PublishNext(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    Publication publication) {
  const ProgramId& program = publication.program;
  PISTIS_ASSIGN_OR_RETURN(const absl::Time start,
                          StartOf(publication.terms, context.now));
  PISTIS_ASSIGN_OR_RETURN(Journal journal,
                          Journal::Open(reader, program, context));
  PISTIS_ASSIGN_OR_RETURN(
      const Findings taken,
      FindTakenWords(env, reader, program, publication.compiled));
  if (!taken.problems.empty()) return RulebookInvalid(taken);
  const int64_t version = publication.of.rulebook_version() + 1;
  publication.of.set_rulebook_version(version);
  PutRecord(ProgramKey(program), publication.of, journal.writes());
  store::v1::RulebookRecord& record = publication.record;
  record.set_version(version);
  record.set_publish_us(absl::ToUnixMicros(context.now));
  record.set_start_us(absl::ToUnixMicros(start));
  record.set_caller(std::string(context.caller));
  record.set_comment(publication.terms.comment);
  PutRecord(RulebookKey(program, version), record, journal.writes());
  ScheduleVersion(record, journal.totals());
  if (journal.totals().scheduled_rulebooks_size() > kMaxScheduledRulebooks) {
    return Refuse(
        Reason::kLimitReached,
        absl::StrCat(kMaxScheduledRulebooks,
                     " versions wait for their start; publish one that starts "
                     "before them, which takes their place"),
        {{"limit", "scheduled_rulebooks"},
         {"most", absl::StrCat(kMaxScheduledRulebooks)}});
  }
  v1::RulebookPublished& event =
      *journal.AddEvent(context.now, {}, version).mutable_rulebook_published();
  event.set_version(version);
  *event.mutable_start_time() = ToTimestamp(start);
  event.set_restores_version(record.restores_version());

  auto compiled = std::make_shared<Rulebook>(std::move(publication.compiled));
  compiled->version = version;
  env.rulebooks.Add(program, std::move(compiled));
  PISTIS_ASSIGN_OR_RETURN(const PublishReply reply, ToMessage(record));
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<PublishReply>{
      .reply = Encoded<PublishReply>{StableBytes(reply)},
      .writes = std::move(writes)};
}

absl::StatusOr<DecidedReply<PublishReply>> Publish(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const PublishRulebookInput& input) {
  Publication publication{.program = input.request.program,
                          .terms = input.terms,
                          .compiled = input.compiled};
  PISTIS_RETURN_IF_ERROR(input.examples);
  PISTIS_ASSIGN_OR_RETURN(publication.of,
                          LoadProgram(reader, publication.program));
  PISTIS_RETURN_IF_ERROR(CheckSame("rulebook.program", input.message.program(),
                                   publication.program.text()));
  PISTIS_RETURN_IF_ERROR(CheckSame("rulebook.currency",
                                   input.message.currency(),
                                   publication.of.currency()));
  PISTIS_RETURN_IF_ERROR(CheckSame("rulebook.time_zone",
                                   input.message.time_zone(),
                                   publication.of.time_zone()));
  publication.record.set_rulebook(StableBytes(input.message));
  publication.record.set_yaml(input.yaml);
  return PublishNext(env, reader, context, std::move(publication));
}

absl::StatusOr<DecidedReply<PublishReply>> Rollback(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RollbackRulebookInput& input) {
  Publication publication{.program = input.request.program,
                          .terms = input.terms};
  PISTIS_ASSIGN_OR_RETURN(publication.of,
                          LoadProgram(reader, publication.program));
  PISTIS_ASSIGN_OR_RETURN(
      publication.record,
      LoadVersion(reader, publication.program, input.version));
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> compiled,
      env.rulebooks.Get(reader, publication.program, input.version));
  publication.compiled = *compiled;
  publication.record.set_restores_version(input.version);
  return PublishNext(env, reader, context, std::move(publication));
}

}  // namespace

absl::StatusOr<Findings> FindTakenWords(const OperationEnv& env,
                                        const Reader& reader,
                                        const ProgramId& program,
                                        const Rulebook& rulebook) {
  Findings findings;
  for (size_t i = 0; i < rulebook.codes.size(); ++i) {
    const std::string& word = rulebook.codes[i].word;
    if (word.empty()) continue;
    PISTIS_ASSIGN_OR_RETURN(
        const auto known,
        GetRecord<store::v1::CodeRecord>(
            reader, CodeIndexKey(program, CodeKey(env.secret, program, word))));
    if (!known || known->is_word()) continue;
    findings.problems.push_back(
        {.path = absl::StrCat("codes[", i, "].word"),
         .message = absl::StrCat(Shown(word),
                                 " reads like a code that was issued; choose "
                                 "another word")});
  }
  return findings;
}

absl::StatusOr<absl::Time> ParseStart(
    const google::protobuf::Timestamp& start_time) {
  return ParsePastTime("start_time", start_time, absl::InfiniteFuture());
}

absl::StatusOr<PublishRulebookInput> ParsePublishRulebook(
    const v1::PublishRulebookRequest& request, absl::Time now) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(
      CheckText("comment", request.comment(), kMaxCommentBytes));
  PublishRulebookInput input{
      .request = {.program = ProgramId(request.program_id()),
                  .request = RequestId(request.request_id()),
                  .fingerprint = FingerprintOf(request)},
      .message = {},
      .yaml = request.yaml(),
      .compiled = {},
      .terms = {.start = {}, .comment = request.comment()}};
  if (request.has_start_time()) {
    PISTIS_ASSIGN_OR_RETURN(input.terms.start,
                            ParseStart(request.start_time()));
  }
  PISTIS_ASSIGN_OR_RETURN(const RulebookSource source, SourceOf(request));
  CheckedRulebook checked =
      CheckRulebook(source, input.terms.start.value_or(now));
  if (!checked.report.valid()) input.examples = RefuseRulebook(checked.report);
  if (!checked.compiled) return input.examples;
  input.compiled = *std::move(checked.compiled);
  input.message = std::move(checked.loaded.rulebook);
  return input;
}

absl::StatusOr<DecidedReply<PublishReply>> PublishRulebook(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const PublishRulebookInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.request.program).status());
  return Once<PublishReply>(reader, context, input.request, [&] {
    return Publish(env, reader, context, input);
  });
}

absl::StatusOr<RollbackRulebookInput> ParseRollbackRulebook(
    const v1::RollbackRulebookRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  if (request.version() < 1) {
    return RefuseField("version",
                       "is missing; give the version to go back to, from 1");
  }
  if (request.reason().empty()) {
    return RefuseField("reason", "is missing; say why");
  }
  PISTIS_RETURN_IF_ERROR(
      CheckText("reason", request.reason(), kMaxCommentBytes));
  RollbackRulebookInput input{
      .request = {.program = ProgramId(request.program_id()),
                  .request = RequestId(request.request_id()),
                  .fingerprint = FingerprintOf(request)},
      .version = request.version(),
      .terms = {.start = {}, .comment = request.reason()}};
  if (request.has_start_time()) {
    PISTIS_ASSIGN_OR_RETURN(input.terms.start,
                            ParseStart(request.start_time()));
  }
  return input;
}

absl::StatusOr<DecidedReply<PublishReply>> RollbackRulebook(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RollbackRulebookInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.request.program).status());
  return Once<PublishReply>(reader, context, input.request, [&] {
    return Rollback(env, reader, context, input);
  });
}

absl::StatusOr<store::v1::RulebookRecord> LoadVersion(const Reader& reader,
                                                      const ProgramId& program,
                                                      int64_t version) {
  PISTIS_ASSIGN_OR_RETURN(std::optional<store::v1::RulebookRecord> record,
                          GetRecord<store::v1::RulebookRecord>(
                              reader, RulebookKey(program, version)));
  if (!record) return RefuseNotFound("rulebook", absl::StrCat(version));
  return *std::move(record);
}

v1::PublishedRulebook ToSummary(const store::v1::RulebookRecord& record) {
  PublishReply published;
  published.set_version(record.version());
  *published.mutable_publish_time() =
      ToTimestamp(absl::FromUnixMicros(record.publish_us()));
  *published.mutable_start_time() = ToTimestamp(StartOf(record));
  published.set_caller(record.caller());
  published.set_comment(record.comment());
  published.set_restores_version(record.restores_version());
  return published;
}

absl::StatusOr<v1::PublishedRulebook> ToMessage(
    const store::v1::RulebookRecord& record) {
  PublishReply published = ToSummary(record);
  if (!published.mutable_rulebook()->ParseFromString(record.rulebook())) {
    return RecordCorrupt("RulebookRecord");
  }
  published.set_yaml(record.yaml());
  return published;
}

}  // namespace pistis
