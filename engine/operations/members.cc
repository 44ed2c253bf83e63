#include "engine/operations/members.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/members/identifier.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

constexpr size_t kMaxDisplayNameBytes = 256;
constexpr size_t kMaxLanguageBytes = 35;

absl::Status RefuseTaken(absl::string_view what, absl::string_view id) {
  return Refuse(Reason::kAlreadyExists,
                absl::StrCat("another member has this ", what),
                {{"kind", std::string(what)}, {"id", std::string(id)}});
}

absl::StatusOr<DecidedReply<v1::Member>> Enrol(const OperationEnv& env,
                                               const Reader& reader,
                                               const CommitContext& context,
                                               const CreateMemberInput& input) {
  const ProgramId& program = input.request.program;
  const v1::Member& wanted = input.member;
  const MemberId member =
      wanted.member_id().empty()
          ? DeriveMemberId(env.secret, program, input.request.request)
          : MemberId(wanted.member_id());
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> known,
                          reader.Get(ProfileKey(program, member)));
  if (known) return RefuseTaken("member_id", member.text());

  PISTIS_ASSIGN_OR_RETURN(Journal journal,
                          Journal::Open(reader, program, context));
  const absl::Time joined = input.joined.value_or(context.now);
  store::v1::ProfileRecord profile;
  profile.set_display_name(wanted.display_name());
  profile.set_language(wanted.language());
  profile.set_joined_us(absl::ToUnixMicros(joined));
  for (const v1::Identifier& identifier : wanted.identifiers()) {
    const std::string hash = IdentifierKey(
        env.secret, program, identifier.kind(), identifier.value());
    const std::string key = IdentifierIndexKey(program, hash);
    // Two spellings of one identifier.
    if (journal.writes().Find(key) != nullptr) continue;
    PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> owner,
                            reader.Get(key));
    if (owner) return RefuseTaken(identifier.kind(), "");
    journal.writes().Put(key, member.text());
    profile.add_identifier_kinds(identifier.kind());
    profile.add_identifier_hashes(hash);
  }
  PutRecord(ProfileKey(program, member), profile, journal.writes());
  MemberLedger::Create(program, member, wanted.language()).Post(journal);
  journal.totals().set_members(journal.totals().members() + 1);
  journal.AddEvent(joined, member, 0).mutable_member_joined();

  v1::Member reply;
  reply.set_member_id(member.text());
  *reply.mutable_identifier_kinds() = profile.identifier_kinds();
  reply.set_display_name(profile.display_name());
  reply.set_language(profile.language());
  *reply.mutable_joined_time() = ToTimestamp(joined);
  return DecidedReply<v1::Member>{.reply = Encode(reply),
                                  .writes = std::move(journal).Take()};
}

}  // namespace

absl::StatusOr<CreateMemberInput> ParseCreateMember(
    const v1::CreateMemberRequest& request, absl::Time now) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  if (!request.has_member()) return RefuseField("member", "is missing");
  const v1::Member& member = request.member();
  if (!member.member_id().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckId("member.member_id", member.member_id()));
  }
  if (member.identifiers_size() > kMaxIdentifiers) {
    return RefuseField(
        "member.identifiers",
        absl::StrCat("has ", member.identifiers_size(), " entries; at most ",
                     kMaxIdentifiers, " are allowed"));
  }
  for (int i = 0; i < member.identifiers_size(); ++i) {
    const v1::Identifier& identifier = member.identifiers(i);
    PISTIS_RETURN_IF_ERROR(
        CheckIdentifier(absl::StrCat("member.identifiers[", i, "]"),
                        identifier.kind(), identifier.value()));
  }
  PISTIS_RETURN_IF_ERROR(CheckText("member.display_name", member.display_name(),
                                   kMaxDisplayNameBytes));
  PISTIS_RETURN_IF_ERROR(
      CheckText("member.language", member.language(), kMaxLanguageBytes));
  CreateMemberInput input{
      .request = {.program = ProgramId(request.program_id()),
                  .request = RequestId(request.request_id()),
                  .fingerprint = FingerprintOf(request)},
      .member = member,
      .joined = {}};
  if (member.has_joined_time()) {
    PISTIS_ASSIGN_OR_RETURN(
        input.joined,
        ParsePastTime("member.joined_time", member.joined_time(), now));
  }
  return input;
}

absl::StatusOr<DecidedReply<v1::Member>> CreateMember(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateMemberInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.request.program).status());
  RequestKeyParts request = input.request;
  request.fingerprint = KeyedFingerprint(env.secret, request.fingerprint);
  return Once<v1::Member>(reader, context, request,
                          [&] { return Enrol(env, reader, context, input); });
}

absl::StatusOr<v1::Member> LoadMember(const Reader& reader,
                                      const ProgramId& program,
                                      const MemberId& member) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::ProfileRecord> profile,
      GetRecord<store::v1::ProfileRecord>(reader, ProfileKey(program, member)));
  if (!profile) return RefuseNotFound("member", member.text());
  PISTIS_ASSIGN_OR_RETURN(const store::v1::AccountRecord account,
                          GetExpectedRecord<store::v1::AccountRecord>(
                              reader, AccountKey(program, member)));
  v1::Member message;
  message.set_member_id(member.text());
  *message.mutable_identifier_kinds() = profile->identifier_kinds();
  message.set_display_name(profile->display_name());
  message.set_language(profile->language());
  *message.mutable_joined_time() =
      ToTimestamp(absl::FromUnixMicros(profile->joined_us()));
  message.set_orders(account.orders());
  return message;
}

}  // namespace pistis
