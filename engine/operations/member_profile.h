// What a merchant keeps of a member: its bounds, and its changes.
#ifndef PISTIS_ENGINE_OPERATIONS_MEMBER_PROFILE_H_
#define PISTIS_ENGINE_OPERATIONS_MEMBER_PROFILE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/member_service.pb.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/journal.h"
#include "engine/operations/member_ledger.h"
#include "engine/operations/once.h"
#include "engine/storage/store.h"

namespace pistis {

// FIELD_INVALID where display_name, language, birthday, attributes, time_zone,
// addresses or consents are not shaped as the API says.
absl::Status CheckProfile(const v1::Member& member);

// FIELD_INVALID where the state is none that a member can be given.
absl::Status CheckState(v1::Member::State state);

// Gives the account the state from `at` on, and tells of it where it changes.
void ChangeState(v1::Member::State state, absl::Time at, MemberLedger& ledger,
                 Journal& journal);

// What a profile's attributes are from now on.
void SetAttributes(const std::map<std::string, std::string>& attributes,
                   store::v1::ProfileRecord& profile);
// The same of the addresses and consents of `member`.
void SetAddresses(const v1::Member& member, store::v1::ProfileRecord& profile);
void SetConsents(const v1::Member& member, store::v1::ProfileRecord& profile);
// Keeps when and by whom the consents of `before` were changed to those of
// `profile`.
void KeepConsentChanges(const store::v1::ProfileRecord& before,
                        const CommitContext& context,
                        store::v1::ProfileRecord& profile);

// What the member said to the channel; nothing where that is nothing.
[[nodiscard]] std::optional<bool> ConsentTo(
    absl::string_view channel, const store::v1::ProfileRecord& profile);

// An UpdateMemberRequest, shaped and bounded.
struct UpdateMemberInput {
  RequestKeyParts request;
  v1::Member member;
  // As UpdateMemberRequest.update_fields; never empty.
  std::vector<std::string> fields;
};

absl::StatusOr<UpdateMemberInput> ParseUpdateMember(
    const v1::UpdateMemberRequest& request, absl::Time now);

// The use case UpdateMember. Refusals: NOT_FOUND (program, member), ETAG_STALE,
// FIELD_INVALID (more attributes than a member may have), REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::Member>> UpdateMember(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const UpdateMemberInput& input);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MEMBER_PROFILE_H_
