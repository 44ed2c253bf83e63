#include "engine/operations/member_profile.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/notes/render.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/member_standing.h"
#include "engine/operations/members.h"
#include "engine/order/order.h"
#include "engine/rulebook/compile.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr size_t kMaxDisplayNameBytes = 256;
constexpr size_t kMaxLanguageBytes = 35;
constexpr size_t kMaxAttributes = 32;
constexpr size_t kMaxAttributeKeyBytes = 64;
constexpr size_t kMaxAttributeBytes = 256;
constexpr absl::string_view kAddresses = "member.addresses";
constexpr size_t kMaxAddressBytes = 254;
constexpr size_t kMinPhoneDigits = 6;
constexpr size_t kMaxPhoneDigits = 15;
constexpr int kMaxConsentChanges = 32;
constexpr absl::string_view kOneAttribute = "attributes.";

using Attributes = std::map<std::string, std::string>;

bool IsField(const std::string& field) {
  static constexpr absl::string_view kFields[] = {
      "display_name", "language",  "birthday",  "attributes",
      "state",        "time_zone", "addresses", "consents"};
  return std::find(std::begin(kFields), std::end(kFields), field) !=
             std::end(kFields) ||
         (absl::string_view(field).substr(0, kOneAttribute.size()) ==
              kOneAttribute &&
          field.size() > kOneAttribute.size());
}

bool ContainsState(const std::vector<std::string>& fields) {
  return std::find(fields.begin(), fields.end(), "state") != fields.end();
}

absl::Status CheckCount(size_t attributes) {
  if (attributes <= kMaxAttributes) return absl::OkStatus();
  return RefuseField("member.attributes",
                     absl::StrCat("has ", attributes, " entries; at most ",
                                  kMaxAttributes, " are allowed"));
}

google::protobuf::RepeatedPtrField<store::v1::AttributeRecord> RecordsOf(
    const Attributes& attributes) {
  google::protobuf::RepeatedPtrField<store::v1::AttributeRecord> records;
  for (const auto& [key, value] : attributes) {
    store::v1::AttributeRecord* record = records.Add();
    record->set_key(key);
    record->set_value(value);
  }
  return records;
}

absl::Status CheckChannel(absl::string_view field, absl::string_view channel) {
  if (channel == ChannelName(Channel::kEmail) ||
      channel == ChannelName(Channel::kSms)) {
    return absl::OkStatus();
  }
  return RefuseField(field, "has a channel that is none of email and sms");
}

// One @, something on both sides of it, no space: the rest only a mail tells.
bool IsEmailAddress(absl::string_view text) {
  const size_t at = text.find('@');
  return at != absl::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == absl::string_view::npos &&
         std::none_of(text.begin(), text.end(), [](char c) {
           const auto symbol = static_cast<unsigned char>(c);
           return absl::ascii_isspace(symbol) || absl::ascii_iscntrl(symbol) ||
                  c == '<' || c == '>' || c == ',';
         });
}

bool IsPhoneNumber(absl::string_view text) {
  return absl::ConsumePrefix(&text, "+") && text.size() >= kMinPhoneDigits &&
         text.size() <= kMaxPhoneDigits &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

absl::Status CheckAddress(absl::string_view channel,
                          absl::string_view address) {
  PISTIS_RETURN_IF_ERROR(CheckChannel(kAddresses, channel));
  PISTIS_RETURN_IF_ERROR(CheckText(kAddresses, address, kMaxAddressBytes));
  if (channel == ChannelName(Channel::kSms)) {
    return IsPhoneNumber(address)
               ? absl::OkStatus()
               : RefuseField(kAddresses,
                             "has a number for sms that is none; write + and 6 "
                             "to 15 digits, as in \"+306900000000\"");
  }
  return IsEmailAddress(address)
             ? absl::OkStatus()
             : RefuseField(kAddresses, "has an address for email that is none");
}

// Where and when the member is written to.
absl::Status CheckContact(const v1::Member& member) {
  absl::TimeZone zone;
  const bool is_zone = member.time_zone().empty() ||
                       (IsZoneName(member.time_zone()) &&
                        absl::LoadTimeZone(member.time_zone(), &zone));
  if (!is_zone) {
    return RefuseField("member.time_zone",
                       "is not a time zone; write its IANA name, such as "
                       "Europe/Athens");
  }
  for (const auto& [channel, address] : member.addresses())
    PISTIS_RETURN_IF_ERROR(CheckAddress(channel, address));
  for (const auto& [channel, agreed] : member.consents())
    PISTIS_RETURN_IF_ERROR(CheckChannel("member.consents", channel));
  return absl::OkStatus();
}

// The profile with `field` as `wanted` has it.
store::v1::ProfileRecord WithField(const std::string& field,
                                   const v1::Member& wanted,
                                   store::v1::ProfileRecord profile) {
  if (field == "display_name") {
    profile.set_display_name(wanted.display_name());
  } else if (field == "language") {
    profile.set_language(wanted.language());
  } else if (field == "birthday") {
    profile.set_birthday(wanted.birthday());
  } else if (field == "state") {
    // The account's.
    return profile;
  } else if (field == "attributes") {
    SetAttributes({wanted.attributes().begin(), wanted.attributes().end()},
                  profile);
  } else if (field == "time_zone") {
    profile.set_time_zone(wanted.time_zone());
  } else if (field == "addresses") {
    SetAddresses(wanted, profile);
  } else if (field == "consents") {
    SetConsents(wanted, profile);
  } else {
    Attributes attributes = WithProfile(profile, MemberFacts()).attributes;
    const std::string key(absl::StripPrefix(field, kOneAttribute));
    const auto value = wanted.attributes().find(key);
    if (value == wanted.attributes().end()) {
      attributes.erase(key);
    } else {
      attributes[key] = value->second;
    }
    SetAttributes(attributes, profile);
  }
  return profile;
}

// What the profile says to being written to by the channel.
v1::ConsentChange::Answer AnswerIn(const store::v1::ProfileRecord& profile,
                                   absl::string_view channel) {
  const auto has = [&](const auto& channels) {
    return std::find(channels.begin(), channels.end(), channel) !=
           channels.end();
  };
  if (has(profile.agreed())) return v1::ConsentChange::AGREED;
  return has(profile.declined()) ? v1::ConsentChange::DECLINED
                                 : v1::ConsentChange::ANSWER_UNSPECIFIED;
}

// The profile as `input` changes it.
absl::StatusOr<store::v1::ProfileRecord> Changed(
    store::v1::ProfileRecord profile, const UpdateMemberInput& input) {
  for (const std::string& field : input.fields)
    profile = WithField(field, input.member, std::move(profile));
  PISTIS_RETURN_IF_ERROR(
      CheckCount(static_cast<size_t>(profile.attributes_size())));
  profile.set_changes(profile.changes() + 1);
  return profile;
}

absl::StatusOr<DecidedReply<v1::Member>> Update(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const UpdateMemberInput& input) {
  const ProgramId& program = input.request.program;
  const MemberId member(input.member.member_id());
  PISTIS_ASSIGN_OR_RETURN(Journal journal,
                          Journal::Open(reader, program, context));
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> rulebook,
      LoadRulebookIfAny(env, reader, program, journal.totals(), context.now));
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      MemberLedger::Load(
          reader,
          {.program = program,
           .member = member,
           .at = ProgramTime(journal.totals(), context.now),
           .rulebook = rulebook.get(),
           .occasions = OccasionTermsOf(env, journal.totals(), context.now)}));
  PISTIS_RETURN_IF_ERROR(ledger.ReadProfile(reader));
  const std::string etag = EtagOf(ledger.profile());
  if (!input.member.etag().empty() && input.member.etag() != etag) {
    return Refuse(Reason::kEtagStale,
                  "the member was changed since; read it again",
                  {{"etag", etag}});
  }
  const store::v1::ProfileRecord before = ledger.profile();
  PISTIS_ASSIGN_OR_RETURN(store::v1::ProfileRecord profile,
                          Changed(before, input));
  KeepConsentChanges(before, context, profile);
  PutRecord(ProfileKey(program, member), profile, journal.writes());
  ledger.SetProfile(std::move(profile));
  journal.AddEvent(ledger.effective(), member, rulebook ? rulebook->version : 0)
      .mutable_member_updated();
  if (ledger.profile().birthday() != before.birthday()) {
    PISTIS_RETURN_IF_ERROR(ledger.Schedule(ledger.effective()));
  }
  if (ContainsState(input.fields)) {
    ChangeState(input.member.state(), ledger.effective(), ledger, journal);
  }
  ledger.Post(journal);
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<v1::Member>{.reply = ShowStored(ledger),
                                  .writes = std::move(writes)};
}

}  // namespace

absl::Status CheckProfile(const v1::Member& member) {
  PISTIS_RETURN_IF_ERROR(CheckText("member.display_name", member.display_name(),
                                   kMaxDisplayNameBytes));
  PISTIS_RETURN_IF_ERROR(
      CheckText("member.language", member.language(), kMaxLanguageBytes));
  if (!member.birthday().empty() && !ParseBirthday(member.birthday())) {
    return RefuseField("member.birthday",
                       "is no day; one such as \"1990-02-28\" is wanted");
  }
  PISTIS_RETURN_IF_ERROR(
      CheckCount(static_cast<size_t>(member.attributes_size())));
  for (const auto& [key, value] : member.attributes()) {
    if (key.empty()) {
      return RefuseField("member.attributes", "has an empty key");
    }
    PISTIS_RETURN_IF_ERROR(
        CheckText("member.attributes", key, kMaxAttributeKeyBytes));
    PISTIS_RETURN_IF_ERROR(
        CheckText("member.attributes", value, kMaxAttributeBytes));
  }
  return CheckContact(member);
}

absl::Status CheckState(v1::Member::State state) {
  if (state == v1::Member::ACTIVE || state == v1::Member::SUSPENDED) {
    return absl::OkStatus();
  }
  return RefuseField("member.state", "is none; ACTIVE or SUSPENDED is wanted");
}

void ChangeState(v1::Member::State state, absl::Time at, MemberLedger& ledger,
                 Journal& journal) {
  const bool suspend = state == v1::Member::SUSPENDED;
  if (suspend == ledger.is_suspended()) return;
  ledger.SetSuspended(suspend);
  v1::Event& event =
      journal.AddEvent(at, ledger.member_id(),
                       ledger.rulebook() ? ledger.rulebook()->version : 0);
  if (suspend) {
    event.mutable_member_suspended();
  } else {
    event.mutable_member_reactivated();
  }
}

void SetAttributes(const Attributes& attributes,
                   store::v1::ProfileRecord& profile) {
  *profile.mutable_attributes() = RecordsOf(attributes);
}

void SetAddresses(const v1::Member& member, store::v1::ProfileRecord& profile) {
  *profile.mutable_addresses() =
      RecordsOf({member.addresses().begin(), member.addresses().end()});
}

void SetConsents(const v1::Member& member, store::v1::ProfileRecord& profile) {
  profile.clear_agreed();
  profile.clear_declined();
  const std::map<std::string, bool> consents(member.consents().begin(),
                                             member.consents().end());
  for (const auto& [channel, agreed] : consents)
    *(agreed ? profile.add_agreed() : profile.add_declined()) = channel;
}

std::optional<bool> ConsentTo(absl::string_view channel,
                              const store::v1::ProfileRecord& profile) {
  const auto has = [&](const auto& channels) {
    return std::find(channels.begin(), channels.end(), channel) !=
           channels.end();
  };
  if (has(profile.declined())) return false;
  if (has(profile.agreed())) return true;
  return std::nullopt;
}

void KeepConsentChanges(const store::v1::ProfileRecord& before,
                        const CommitContext& context,
                        store::v1::ProfileRecord& profile) {
  for (const Channel channel : {Channel::kEmail, Channel::kSms}) {
    const absl::string_view name = ChannelName(channel);
    const v1::ConsentChange::Answer answer = AnswerIn(profile, name);
    if (answer == AnswerIn(before, name)) continue;
    store::v1::ConsentRecord& change = *profile.add_consents();
    change.set_channel(std::string(name));
    change.set_answer(answer);
    change.set_change_us(absl::ToUnixMicros(context.now));
    change.set_caller(std::string(context.caller));
  }
  auto& kept = *profile.mutable_consents();
  if (kept.size() > kMaxConsentChanges) {
    kept.DeleteSubrange(0, kept.size() - kMaxConsentChanges);
  }
}

absl::StatusOr<UpdateMemberInput> ParseUpdateMember(
    const v1::UpdateMemberRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  const v1::Member& member = request.member();
  PISTIS_RETURN_IF_ERROR(CheckId("member.member_id", member.member_id()));
  PISTIS_RETURN_IF_ERROR(CheckProfile(member));
  UpdateMemberInput input{
      .request = {.program = ProgramId(request.program_id()),
                  .request = RequestId(request.request_id()),
                  .fingerprint = FingerprintOf(request)},
      .member = member,
      .fields = {request.update_fields().begin(),
                 request.update_fields().end()}};
  if (input.fields.empty()) {
    input.fields = {"display_name", "language", "birthday", "attributes"};
  }
  if (input.fields.size() > kMaxAttributes) {
    return RefuseField(
        "update_fields",
        absl::StrCat("has ", input.fields.size(), " entries; at most ",
                     kMaxAttributes, " are allowed"));
  }
  for (size_t i = 0; i < input.fields.size(); ++i) {
    if (IsField(input.fields[i])) continue;
    return RefuseField(absl::StrCat("update_fields[", i, "]"),
                       "is none of display_name, language, birthday, "
                       "attributes, attributes.KEY, state, time_zone, "
                       "addresses and consents");
  }
  if (ContainsState(input.fields)) {
    PISTIS_RETURN_IF_ERROR(CheckState(member.state()));
  }
  return input;
}

absl::StatusOr<DecidedReply<v1::Member>> UpdateMember(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const UpdateMemberInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.request.program).status());
  RequestKeyParts request = input.request;
  request.fingerprint = KeyedFingerprint(env.secret, request.fingerprint);
  return Once<v1::Member>(reader, context, request,
                          [&] { return Update(env, reader, context, input); });
}

}  // namespace pistis
