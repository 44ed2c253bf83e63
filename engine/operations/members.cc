#include "engine/operations/members.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/members/identifier.h"
#include "engine/members/referral_code.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/member_profile.h"
#include "engine/operations/member_standing.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

constexpr size_t kMaxReferralCodeBytes = 64;

absl::Status RefuseTaken(absl::string_view what, absl::string_view id) {
  return Refuse(Reason::kAlreadyExists,
                absl::StrCat("another member has this ", what),
                {{"kind", std::string(what)}, {"id", std::string(id)}});
}

v1::Member ShowProfile(const MemberId& member,
                       const store::v1::ProfileRecord& profile) {
  v1::Member message;
  message.set_member_id(member.text());
  *message.mutable_identifier_kinds() = profile.identifier_kinds();
  message.set_display_name(profile.display_name());
  message.set_language(profile.language());
  *message.mutable_joined_time() =
      ToTimestamp(absl::FromUnixMicros(profile.joined_us()));
  message.set_birthday(profile.birthday());
  for (const store::v1::AttributeRecord& attribute : profile.attributes()) {
    (*message.mutable_attributes())[attribute.key()] = attribute.value();
  }
  message.set_time_zone(profile.time_zone());
  for (const store::v1::AttributeRecord& address : profile.addresses())
    (*message.mutable_addresses())[address.key()] = address.value();
  for (const std::string& channel : profile.agreed())
    (*message.mutable_consents())[channel] = true;
  for (const std::string& channel : profile.declined())
    (*message.mutable_consents())[channel] = false;
  for (const store::v1::ConsentRecord& change : profile.consents()) {
    v1::ConsentChange& shown = *message.add_consent_changes();
    shown.set_channel(change.channel());
    shown.set_answer(static_cast<v1::ConsentChange::Answer>(change.answer()));
    *shown.mutable_time() =
        ToTimestamp(absl::FromUnixMicros(change.change_us()));
    shown.set_caller(change.caller());
  }
  message.set_etag(EtagOf(profile));
  return message;
}

// Who brought the member; empty where nobody is said to have. The code is not
// repeated: refusals are logged.
absl::StatusOr<MemberId> FindReferrer(const OperationEnv& env,
                                      const Reader& reader,
                                      const CreateMemberInput& input,
                                      const Rulebook* rulebook) {
  if (input.referral_code.empty()) return MemberId();
  const ProgramId& program = input.request.program;
  std::optional<std::string> referrer;
  if (rulebook != nullptr && rulebook->referral) {
    PISTIS_ASSIGN_OR_RETURN(
        referrer,
        reader.Get(ReferralIndexKey(
            program, ReferralKey(env.secret, program, input.referral_code))));
  }
  if (referrer) {
    const MemberId member(*referrer);
    const absl::Status known = LoadMember(reader, program, member).status();
    if (ReasonOf(known) != Reason::kNotFound) {
      PISTIS_RETURN_IF_ERROR(known);
      return member;
    }
  }
  return Refuse(Reason::kCodeNotFound, "no member has this referral code",
                {{"kind", "referral_code"}});
}

// Where a member is enrolled.
struct EnrolAt {
  const OperationEnv& env;
  const Reader& reader;
  const CommitContext& context;
};

// A member on the way in.
struct Enrolment {
  MemberId member;
  absl::Time joined;
  store::v1::ProfileRecord profile;
};

absl::StatusOr<DecidedReply<v1::Member>> OpenAccount(
    const EnrolAt& at, const CreateMemberInput& input,
    const Enrolment& enrolment, Journal journal) {
  const auto& [env, reader, context] = at;
  const ProgramId& program = input.request.program;
  const MemberId& member = enrolment.member;
  PutRecord(ProfileKey(program, member), enrolment.profile, journal.writes());
  journal.writes().Put(
      ReferralIndexKey(
          program, ReferralKey(env.secret, program,
                               ReferralCode(env.secret, program, member, ""))),
      member.text());
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> rulebook,
      LoadRulebookIfAny(env, reader, program, journal.totals(), context.now));
  PISTIS_ASSIGN_OR_RETURN(const MemberId referrer,
                          FindReferrer(env, reader, input, rulebook.get()));
  journal.totals().set_members(journal.totals().members() + 1);
  journal.AddEvent(enrolment.joined, member, 0)
      .mutable_member_joined()
      ->set_referrer_id(referrer.text());
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      MemberLedger::Create(
          reader,
          {.program = program,
           .member = member,
           .at = ProgramTime(journal.totals(), context.now),
           .rulebook = rulebook.get(),
           .occasions = OccasionTermsOf(env, journal.totals(), context.now)},
          enrolment.profile));
  ledger.referral().referrer = referrer;
  ChangeState(input.member.state(), enrolment.joined, ledger, journal);
  // A member of old who is brought along joins nothing anew, not even while old
  // sales are imported.
  if (enrolment.joined >= context.now - kLatestOccasion) {
    PISTIS_RETURN_IF_ERROR(
        ledger.MeetIfItFits(EventOf(Trigger::kMemberJoined, enrolment.joined))
            .status());
  }
  ledger.Post(journal);

  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<v1::Member>{.reply = ShowStored(ledger),
                                  .writes = std::move(writes)};
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
  profile.set_birthday(wanted.birthday());
  SetAttributes({wanted.attributes().begin(), wanted.attributes().end()},
                profile);
  profile.set_time_zone(wanted.time_zone());
  SetAddresses(wanted, profile);
  SetConsents(wanted, profile);
  KeepConsentChanges(store::v1::ProfileRecord(), context, profile);
  profile.set_joined_us(absl::ToUnixMicros(joined));
  profile.set_enrolled_us(absl::ToUnixMicros(context.now));
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
  return OpenAccount(
      {.env = env, .reader = reader, .context = context}, input,
      {.member = member, .joined = joined, .profile = std::move(profile)},
      std::move(journal));
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
  PISTIS_RETURN_IF_ERROR(CheckProfile(member));
  if (member.state() != v1::Member::STATE_UNSPECIFIED) {
    PISTIS_RETURN_IF_ERROR(CheckState(member.state()));
  }
  PISTIS_RETURN_IF_ERROR(CheckText("referral_code", request.referral_code(),
                                   kMaxReferralCodeBytes));
  CreateMemberInput input{
      .request = {.program = ProgramId(request.program_id()),
                  .request = RequestId(request.request_id()),
                  .fingerprint = FingerprintOf(request)},
      .member = member,
      .joined = {},
      .referral_code = request.referral_code()};
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
  if (account.erased()) return RefuseNotFound("member", member.text());
  v1::Member message = ShowProfile(member, *profile);
  message.set_orders(account.orders());
  return message;
}

std::string EtagOf(const store::v1::ProfileRecord& profile) {
  return absl::StrCat("v", profile.changes());
}

Encoded<v1::Member> ShowStored(const MemberLedger& ledger) {
  return {StableBytes(ToMessage(ledger))};
}

v1::Member ToMessage(const MemberLedger& ledger) {
  v1::Member message = ShowProfile(ledger.member_id(), ledger.profile());
  message.set_orders(ledger.orders());
  const Standing standing = ledger.WithSegments();
  message.set_spend_minor(standing.state().ever.spend.value());
  message.set_state(ledger.is_suspended() ? v1::Member::SUSPENDED
                                          : v1::Member::ACTIVE);
  message.set_referrer_id(ledger.referral().referrer.text());
  message.set_friends(ledger.referral().friends);
  if (auto tier = ToMessage(standing, ledger.rulebook(), ledger.effective())) {
    *message.mutable_tier() = *std::move(tier);
  }
  message.mutable_segments()->Assign(standing.state().segments.begin(),
                                     standing.state().segments.end());
  return message;
}

}  // namespace pistis
