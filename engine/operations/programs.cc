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

absl::StatusOr<DecidedReply<v1::Program>> OpenProgram(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
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
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<v1::Program>{.reply = Encode(ToMessage(record)),
                                   .writes = std::move(writes)};
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
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateProgramInput& input) {
  return Once<v1::Program>(reader, context, input.request, [&] {
    return OpenProgram(env, reader, context, input);
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
