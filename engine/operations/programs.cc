#include "engine/operations/programs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "engine/base/decimal.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/order/order.h"
#include "engine/rulebook/compile.h"

namespace pistis {
namespace {

constexpr size_t kMaxProgramIdBytes = 64;
constexpr size_t kMaxDisplayNameBytes = 256;

bool IsProgramId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxProgramIdBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char symbol) {
           return absl::ascii_islower(symbol) || absl::ascii_isdigit(symbol) ||
                  symbol == '-' || symbol == '_';
         });
}

absl::Status CheckSame(absl::string_view field, absl::string_view of_rulebook,
                       absl::string_view of_program) {
  if (of_rulebook == of_program) return absl::OkStatus();
  return RefuseField(
      field, absl::StrCat("is \"", of_rulebook, "\"; the program's is \"",
                          of_program, "\""));
}

absl::StatusOr<DecidedReply<v1::Program>> OpenProgram(
    const Reader& reader, const CommitContext& context,
    const CreateProgramInput& input) {
  const ProgramId program(input.program.program_id());
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::ProgramRecord> known,
      GetRecord<store::v1::ProgramRecord>(reader, ProgramKey(program)));
  if (known) {
    return Refuse(
        Reason::kAlreadyExists,
        absl::StrCat("the program \"", program.text(), "\" exists already"),
        {{"kind", "program"}, {"id", program.text()}});
  }
  PISTIS_ASSIGN_OR_RETURN(Journal journal,
                          Journal::Open(reader, program, context));
  store::v1::ProgramRecord record;
  record.set_program_id(program.text());
  record.set_currency(input.program.currency());
  record.set_time_zone(input.program.time_zone());
  record.set_display_name(input.program.display_name());
  record.set_create_us(absl::ToUnixMicros(context.now));
  PutRecord(ProgramKey(program), record, journal.writes());
  journal.AddEvent(context.now, {}, 0)
      .mutable_program_created()
      ->set_currency(record.currency());
  return DecidedReply<v1::Program>{.reply = Encode(ToMessage(record)),
                                   .writes = std::move(journal).Take()};
}

absl::StatusOr<DecidedReply<v1::PublishedRulebook>> Publish(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const PublishRulebookInput& input) {
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(store::v1::ProgramRecord record,
                          LoadProgram(reader, program));
  PISTIS_RETURN_IF_ERROR(
      CheckSame("rulebook.program", input.compiled.program, program.text()));
  PISTIS_RETURN_IF_ERROR(CheckSame(
      "rulebook.currency", input.compiled.currency.code, record.currency()));
  PISTIS_RETURN_IF_ERROR(CheckSame(
      "rulebook.time_zone", input.message.time_zone(), record.time_zone()));
  PISTIS_ASSIGN_OR_RETURN(Journal journal,
                          Journal::Open(reader, program, context));
  const int64_t version = record.rulebook_version() + 1;
  store::v1::RulebookRecord stored;
  stored.set_version(version);
  stored.set_rulebook(StableBytes(input.message));
  stored.set_yaml(input.yaml);
  stored.set_publish_us(absl::ToUnixMicros(context.now));
  PutRecord(RulebookKey(program, version), stored, journal.writes());
  record.set_rulebook_version(version);
  journal.totals().set_rulebook_version(version);
  PutRecord(ProgramKey(program), record, journal.writes());
  journal.AddEvent(context.now, {}, version)
      .mutable_rulebook_published()
      ->set_version(version);

  auto compiled = std::make_shared<Rulebook>(input.compiled);
  compiled->version = version;
  env.rulebooks.Add(program, std::move(compiled));

  v1::PublishedRulebook reply;
  reply.set_version(version);
  *reply.mutable_rulebook() = input.message;
  reply.set_yaml(input.yaml);
  *reply.mutable_publish_time() = ToTimestamp(context.now);
  return DecidedReply<v1::PublishedRulebook>{
      .reply = Encoded<v1::PublishedRulebook>{StableBytes(reply)},
      .writes = std::move(journal).Take()};
}

}  // namespace

absl::StatusOr<CreateProgramInput> ParseCreateProgram(
    const v1::CreateProgramRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  const v1::Program& program = request.program();
  if (!IsProgramId(program.program_id())) {
    return RefuseField("program.program_id",
                       "is no program id; 1 to 64 of a-z, 0-9, '-', '_' are "
                       "wanted");
  }
  PISTIS_RETURN_IF_ERROR(
      CheckText("program.currency", program.currency(), kMaxDisplayNameBytes));
  if (!FindCurrency(program.currency())) {
    return RefuseField("program.currency",
                       absl::StrCat("is \"", program.currency(),
                                    "\"; an ISO 4217 code such as EUR is "
                                    "wanted"));
  }
  PISTIS_RETURN_IF_ERROR(CheckText("program.time_zone", program.time_zone(),
                                   kMaxDisplayNameBytes));
  absl::TimeZone zone;
  if (!IsZoneName(program.time_zone()) ||
      !absl::LoadTimeZone(program.time_zone(), &zone)) {
    return RefuseField("program.time_zone",
                       absl::StrCat("is \"", program.time_zone(),
                                    "\"; an IANA name such as Europe/Athens "
                                    "is wanted"));
  }
  PISTIS_RETURN_IF_ERROR(CheckText(
      "program.display_name", program.display_name(), kMaxDisplayNameBytes));
  return CreateProgramInput{
      .request = {.program = {},
                  .request = RequestId(request.request_id()),
                  .fingerprint = FingerprintOf(request)},
      .program = program};
}

absl::StatusOr<DecidedReply<v1::Program>> CreateProgram(
    const OperationEnv& /*env*/, const Reader& reader,
    const CommitContext& context, const CreateProgramInput& input) {
  return Once<v1::Program>(reader, context, input.request,
                           [&] { return OpenProgram(reader, context, input); });
}

absl::StatusOr<PublishRulebookInput> ParsePublishRulebook(
    const v1::PublishRulebookRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PublishRulebookInput input{
      .request = {.program = ProgramId(request.program_id()),
                  .request = RequestId(request.request_id()),
                  .fingerprint = FingerprintOf(request)},
      .message = {},
      .yaml = {},
      .compiled = {}};
  switch (request.source_case()) {
    case v1::PublishRulebookRequest::kYaml: {
      input.yaml = request.yaml();
      PISTIS_ASSIGN_OR_RETURN(LoadedRulebook loaded, LoadYaml(input.yaml));
      PISTIS_ASSIGN_OR_RETURN(input.compiled, Compile(loaded, 0));
      input.message = std::move(loaded.rulebook);
      return input;
    }
    case v1::PublishRulebookRequest::kRulebook: {
      input.message = request.rulebook();
      PISTIS_ASSIGN_OR_RETURN(input.compiled, CompileMessage(input.message, 0));
      return input;
    }
    case v1::PublishRulebookRequest::SOURCE_NOT_SET:
      break;
  }
  return RefuseField("source", "is missing; set yaml or rulebook");
}

absl::StatusOr<DecidedReply<v1::PublishedRulebook>> PublishRulebook(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const PublishRulebookInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.request.program).status());
  return Once<v1::PublishedRulebook>(reader, context, input.request, [&] {
    return Publish(env, reader, context, input);
  });
}

v1::Program ToMessage(const store::v1::ProgramRecord& record) {
  v1::Program program;
  program.set_program_id(record.program_id());
  program.set_currency(record.currency());
  program.set_time_zone(record.time_zone());
  program.set_display_name(record.display_name());
  *program.mutable_create_time() =
      ToTimestamp(absl::FromUnixMicros(record.create_us()));
  return program;
}

}  // namespace pistis
