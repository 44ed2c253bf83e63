#include "engine/operations/render_event.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/notes/contact.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_profile.h"
#include "engine/operations/program_view.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

absl::StatusOr<store::v1::ProfileRecord> LoadProfile(const Reader& reader,
                                                     const ProgramId& program,
                                                     const MemberId& member) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<store::v1::ProfileRecord> profile,
      GetRecord<store::v1::ProfileRecord>(reader, ProfileKey(program, member)));
  if (!profile) return RefuseNotFound("member", member.text());
  return *std::move(profile);
}

std::string AddressOf(const store::v1::ProfileRecord& profile,
                      absl::string_view channel) {
  for (const store::v1::AttributeRecord& address : profile.addresses()) {
    if (address.key() == channel) return address.value();
  }
  return "";
}

// Why notes of the channel may not go to the member any more; empty: they may.
absl::StatusOr<std::string> NotWanted(const QueryContext& context,
                                      const ProgramId& program,
                                      const store::v1::ProfileRecord& profile,
                                      const store::v1::AccountRecord& account,
                                      Channel channel) {
  if (account.erased() || account.standing().suspended()) return "suspended";
  if (channel == Channel::kPrint) return "";
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, program.text()));
  const bool has_policy = view.rulebook != nullptr && view.rulebook->contact;
  return LacksConsent(has_policy ? &*view.rulebook->contact : nullptr,
                      ConsentTo(ChannelName(channel), profile))
             ? "no_consent"
             : "";
}

absl::StatusOr<Placeholders> ValuesOf(const QueryContext& context,
                                      const ProgramId& program,
                                      const store::v1::ProfileRecord& profile,
                                      const store::v1::AccountRecord& account) {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::ProgramRecord of,
                          LoadProgram(context.reader, program));
  Placeholders values = {
      {"name", profile.display_name()},
      {"program",
       of.display_name().empty() ? program.text() : of.display_name()}};
  const auto& tiers = account.standing().tiers();
  if (!tiers.empty()) values["tier"] = tiers.rbegin()->tier_id();
  return values;
}

}  // namespace

absl::StatusOr<NoteForMember> RenderForMember(const QueryContext& context,
                                              const ProgramId& program,
                                              const RequestForMember& asked) {
  PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                          context.env.rulebooks.Get(context.reader, program,
                                                    asked.rulebook_version));
  const v1::NoteRequested& request = asked.request;
  const NoteTemplate* of = rulebook->FindNote(request.template_id());
  if (of == nullptr) return RecordCorrupt("Event");
  PISTIS_ASSIGN_OR_RETURN(const store::v1::ProfileRecord profile,
                          LoadProfile(context.reader, program, asked.member));
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::AccountRecord account,
      GetExpectedRecord<store::v1::AccountRecord>(
          context.reader, AccountKey(program, asked.member)));
  PISTIS_ASSIGN_OR_RETURN(Placeholders values,
                          ValuesOf(context, program, profile, account));
  values["code"] = request.code();
  values["order"] = request.order_id();
  values["case"] = request.case_id();
  values["points"] = absl::StrCat(request.available_after());
  for (const auto& [name, value] : request.values())
    values[name] = value;
  NoteForMember note{.note = RenderNote(*of, profile.language(), values),
                     .channel = std::string(ChannelName(of->channel)),
                     .kind = of->kind,
                     .not_wanted = {},
                     .address = {}};
  PISTIS_ASSIGN_OR_RETURN(note.not_wanted, NotWanted(context, program, profile,
                                                     account, of->channel));
  if (note.not_wanted.empty()) {
    note.address = AddressOf(profile, note.channel);
  }
  return note;
}

absl::Status RenderEvent(const QueryContext& context, const ProgramId& program,
                         v1::Event& event) {
  if (!event.has_note_requested()) return absl::OkStatus();
  v1::NoteRequested& request = *event.mutable_note_requested();
  const MemberId member(event.member_id());
  PISTIS_ASSIGN_OR_RETURN(
      NoteForMember note,
      RenderForMember(context, program,
                      {.member = member,
                       .rulebook_version = event.rulebook_version(),
                       .request = request}));
  request.set_channel(note.channel);
  request.set_language(note.note.language);
  request.set_subject(note.note.subject);
  request.set_text(note.note.text);
  request.set_html(note.note.html);
  request.set_address(note.address);
  request.set_not_wanted(note.not_wanted);
  return absl::OkStatus();
}

}  // namespace pistis
