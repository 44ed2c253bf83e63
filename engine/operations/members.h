// The use case CreateMember, and members as the API shows them.
#ifndef PISTIS_ENGINE_OPERATIONS_MEMBERS_H_
#define PISTIS_ENGINE_OPERATIONS_MEMBERS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/member_service.pb.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/once.h"
#include "engine/storage/store.h"

namespace pistis {

struct CreateMemberInput {
  RequestKeyParts request;
  v1::Member member;
  // Nothing: now.
  std::optional<absl::Time> joined;
  // Empty: nobody brought the member.
  std::string referral_code;
};

// FIELD_INVALID where a field is missing or absurd.
absl::StatusOr<CreateMemberInput> ParseCreateMember(
    const v1::CreateMemberRequest& request, absl::Time now);

// Refusals: NOT_FOUND (program), ALREADY_EXISTS (the id or an identifier is
// taken), CODE_NOT_FOUND (no member's referral code), REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::Member>> CreateMember(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateMemberInput& input);

// Another text after each change of the profile.
[[nodiscard]] std::string EtagOf(const store::v1::ProfileRecord& profile);

// The member, who has a profile, as the API shows one.
[[nodiscard]] v1::Member ToMessage(const MemberLedger& ledger);

// The same as a reply that is stored: the same member has the same bytes.
[[nodiscard]] Encoded<v1::Member> ShowStored(const MemberLedger& ledger);

// The member's profile and orders, or NOT_FOUND.
absl::StatusOr<v1::Member> LoadMember(const Reader& reader,
                                      const ProgramId& program,
                                      const MemberId& member);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MEMBERS_H_
