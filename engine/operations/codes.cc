#include "engine/operations/codes.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/issue_code.h"
#include "engine/operations/journal.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr size_t kMaxReasonBytes = 256;

template <typename Request>
absl::StatusOr<RequestKeyParts> RequestOf(const Request& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  return RequestKeyParts{.program = ProgramId(request.program_id()),
                         .request = RequestId(request.request_id()),
                         .fingerprint = FingerprintOf(request)};
}

// That the member is there and takes part.
absl::Status CheckMember(const OperationEnv& env, const Reader& reader,
                         const CommitContext& context,
                         const IssueCodeInput& input,
                         const store::v1::TotalsRecord& totals) {
  if (input.member.empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(
      const MemberLedger ledger,
      MemberLedger::Load(
          reader, {.program = input.request.program,
                   .member = input.member,
                   .at = context.now,
                   .rulebook = nullptr,
                   .occasions = OccasionTermsOf(env, totals, context.now)}));
  return ledger.CheckTakesPart();
}

absl::StatusOr<DecidedReply<v1::IssueCodeResponse>> Issue(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const IssueCodeInput& input) {
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(store::v1::TotalsRecord totals,
                          LoadTotals(reader, program));
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> in_force,
      LoadCurrentRulebook(env, reader, program, totals, context.now));
  PISTIS_ASSIGN_OR_RETURN(const CodeTemplate* of,
                          FindIssuable(*in_force, input.template_id));
  if (of->bound_to_member && input.member.empty()) {
    return RefuseField("member_id",
                       "is missing; the template binds its codes to members");
  }
  PISTIS_RETURN_IF_ERROR(CheckExpiry(input.expire, context.now));
  PISTIS_RETURN_IF_ERROR(CheckMember(env, reader, context, input, totals));
  // More words than any other source has. The commit is in it because the id
  // of a request may be used again once it is forgotten.
  const IssuedCode issued = IssueCode(
      {.secret = env.secret,
       .program = program,
       .source =
           OrderId(absl::StrCat("issued by ", input.request.request.text(),
                                " at ", context.commit_seq)),
       .member = input.member,
       .at = context.now,
       .rulebook_version = in_force->version,
       .expire = input.expire},
      *of);
  Journal journal(program, context, std::move(totals));
  PostCode(program, issued, journal);
  v1::IssueCodeResponse reply;
  *reply.mutable_code() = issued.reply;
  reply.set_code_id(CodeIdOf(issued.hash));
  reply.set_commit_seq(context.commit_seq);
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<v1::IssueCodeResponse>{.reply = Encode(reply),
                                             .writes = std::move(writes)};
}

absl::StatusOr<DecidedReply<v1::Code>> MakeVoid(const OperationEnv& env,
                                                const Reader& reader,
                                                const CommitContext& context,
                                                const VoidCodeInput& input) {
  if (input.may_look) PISTIS_RETURN_IF_ERROR(input.may_look(context.now));
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(store::v1::TotalsRecord totals,
                          LoadTotals(reader, program));
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> in_force,
      LoadCurrentRulebook(env, reader, program, totals, context.now));
  PISTIS_ASSIGN_OR_RETURN(LoadedCode code, FindNamed({.env = env,
                                                      .reader = reader,
                                                      .program = program,
                                                      .rulebook = in_force},
                                                     input.code));
  if (!code.record.void_reason().empty()) {
    return DecidedReply<v1::Code>{.reply = Encode(ToMessage(code, context.now)),
                                  .writes = {}};
  }
  code.record.set_void_reason(input.reason);
  Journal journal(program, context, std::move(totals));
  PostVoid(code.hash, code.record, code.issued_by->version, journal);
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<v1::Code>{.reply = Encode(ToMessage(code, context.now)),
                                .writes = std::move(writes)};
}

}  // namespace

void PostVoid(absl::string_view hash, const store::v1::CodeRecord& code,
              int64_t rulebook_version, Journal& journal) {
  journal.totals().set_codes_voided(journal.totals().codes_voided() + 1);
  PutRecord(CodeIndexKey(journal.program(), hash), code, journal.writes());
  v1::CodeVoided& event =
      *journal
           .AddEvent(journal.now(), MemberId(code.member_id()),
                     rulebook_version)
           .mutable_code_voided();
  event.set_template_id(code.template_id());
  event.set_last_symbols(code.last_symbols());
  event.set_code_id(CodeIdOf(hash));
  event.set_reason(code.void_reason());
}

absl::StatusOr<const CodeTemplate*> FindIssuable(const Rulebook& in_force,
                                                 const std::string& id) {
  const CodeTemplate* of = in_force.FindCode(id);
  if (of == nullptr) return RefuseNotFound("code template", id);
  if (of->is_word()) {
    return RefuseField("template_id",
                       absl::StrCat("is a word, ", of->word,
                                    ", which all may type; none is issued"));
  }
  return of;
}

absl::Status CheckExpiry(const std::optional<absl::Time>& expire,
                         absl::Time now) {
  if (!expire || *expire > now) return absl::OkStatus();
  return RefuseField(
      "expire_time",
      absl::StrCat("is ", absl::FormatTime(*expire), ", which is past"));
}

absl::StatusOr<IssueCodeInput> ParseIssueCode(
    const v1::IssueCodeRequest& request, absl::Time /*now*/) {
  IssueCodeInput input;
  PISTIS_ASSIGN_OR_RETURN(input.request, RequestOf(request));
  PISTIS_RETURN_IF_ERROR(CheckId("template_id", request.template_id()));
  input.template_id = request.template_id();
  if (!request.member_id().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
    input.member = MemberId(request.member_id());
  }
  PISTIS_ASSIGN_OR_RETURN(input.expire, ParseExpiry(request));
  return input;
}

absl::StatusOr<DecidedReply<v1::IssueCodeResponse>> IssueCode(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const IssueCodeInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadTotals(reader, input.request.program).status());
  return Once<v1::IssueCodeResponse>(reader, context, input.request, [&] {
    return Issue(env, reader, context, input);
  });
}

absl::StatusOr<VoidCodeInput> ParseVoidCode(const v1::VoidCodeRequest& request,
                                            absl::Time /*now*/) {
  VoidCodeInput input;
  PISTIS_ASSIGN_OR_RETURN(input.request, RequestOf(request));
  PISTIS_ASSIGN_OR_RETURN(input.code, ParseNamed(request));
  if (request.reason().empty()) {
    return RefuseField("reason", "is missing; say why");
  }
  PISTIS_RETURN_IF_ERROR(
      CheckText("reason", request.reason(), kMaxReasonBytes));
  input.reason = request.reason();
  return input;
}

absl::StatusOr<DecidedReply<v1::Code>> VoidCode(const OperationEnv& env,
                                                const Reader& reader,
                                                const CommitContext& context,
                                                const VoidCodeInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadTotals(reader, input.request.program).status());
  return Once<v1::Code>(reader, context, input.request,
                        [&] { return MakeVoid(env, reader, context, input); });
}

absl::StatusOr<LoadedCode> FindNamed(const CodeLookup& lookup,
                                     const NamedCode& named) {
  return named.typed.empty() ? FindCodeByHash(lookup, named.hash)
                             : FindCode(lookup, named.typed);
}

}  // namespace pistis
