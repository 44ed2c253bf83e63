// GetMember, LookupMember and ListMembers.
#include <string>
#include <vector>

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/members/identifier.h"
#include "engine/members/referral_code.h"
#include "engine/operations/load_order.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/members.h"
#include "engine/operations/paging.h"
#include "engine/operations/program_view.h"
#include "engine/operations/queries.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

absl::StatusOr<v1::Member> ShowMember(const QueryContext& context,
                                      const ProgramView& view,
                                      const MemberId& member) {
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      MemberLedger::Load(context.reader,
                         {.program = view.program,
                          .member = member,
                          .at = view.now,
                          .rulebook = view.rulebook.get(),
                          .occasions = OccasionTermsOf(context.env, view.totals,
                                                       context.now)}));
  PISTIS_RETURN_IF_ERROR(ledger.ReadProfile(context.reader));
  return ToMessage(ledger);
}

v1::Member WithReferralCode(const QueryContext& context,
                            const ProgramView& view, v1::Member member) {
  if (view.rulebook == nullptr || !view.rulebook->referral) return member;
  member.set_referral_code(ReferralCode(context.env.secret, view.program,
                                        MemberId(member.member_id()),
                                        view.rulebook->referral->prefix));
  return member;
}

constexpr absl::string_view kMethod = "ListMembers";

// The members whose ids come after `last`, at most one more than `size`.
absl::StatusOr<std::vector<MemberId>> MembersAfter(const Reader& reader,
                                                   const ProgramId& program,
                                                   const MemberId& last,
                                                   size_t size) {
  const std::string begin = ProfileKey(program, last);
  // Where the keys of the program's profiles go on with the member.
  std::string end = ProfileKey(program, MemberId());
  const size_t names = end.size();
  end.back() = '\1';
  std::vector<MemberId> members;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      begin, end, [&](absl::string_view key, absl::string_view /*value*/) {
        if (key == begin) return Visit::kContinue;
        const absl::string_view name = key.substr(names);
        members.emplace_back(name.substr(0, name.size() - 1));
        return members.size() > size ? Visit::kStop : Visit::kContinue;
      }));
  return members;
}

}  // namespace

absl::StatusOr<v1::ListMembersResponse> ListMembers(
    const QueryContext& context, const v1::ListMembersRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const int page_size,
                          ParsePageSize(request.page_size()));
  PISTIS_ASSIGN_OR_RETURN(const std::string last,
                          ParseNamePageToken(kMethod, request.page_token()));
  if (!last.empty()) PISTIS_RETURN_IF_ERROR(CheckId("page_token", last));
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(
      std::vector<MemberId> members,
      MembersAfter(context.reader, view.program, MemberId(last),
                   static_cast<size_t>(page_size)));
  v1::ListMembersResponse page;
  if (members.size() > static_cast<size_t>(page_size)) {
    members.pop_back();
    page.set_next_page_token(NamePageToken(kMethod, members.back().text()));
  }
  for (const MemberId& member : members) {
    absl::StatusOr<v1::Member> shown = ShowMember(context, view, member);
    // Whoever was erased leaves a place.
    if (ReasonOf(shown.status()) == Reason::kNotFound) continue;
    PISTIS_RETURN_IF_ERROR(shown.status());
    *page.add_members() = *std::move(shown);
  }
  return page;
}

absl::StatusOr<v1::Member> GetMember(const QueryContext& context,
                                     const v1::GetMemberRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(
      v1::Member member,
      ShowMember(context, view, MemberId(request.member_id())));
  if (!request.with_referral_code()) return member;
  return WithReferralCode(context, view, std::move(member));
}

absl::StatusOr<v1::Member> LookupMember(
    const QueryContext& context, const v1::LookupMemberRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckIdentifier(
      "identifier", request.identifier().kind(), request.identifier().value()));
  PISTIS_ASSIGN_OR_RETURN(const ProgramView view,
                          OpenProgramView(context, request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(const MemberId member,
                          FindMember(context.env, context.reader, view.program,
                                     request.identifier()));
  return ShowMember(context, view, member);
}

}  // namespace pistis
