// The use case EraseMember: who a member is, is forgotten. One write closes the
// member off; clean_erased.h then takes out what the member's history repeats.
// proto/pistis/store/v1/PERSONAL_DATA.md lists what is stored where.
#ifndef PISTIS_ENGINE_OPERATIONS_ERASE_MEMBER_H_
#define PISTIS_ENGINE_OPERATIONS_ERASE_MEMBER_H_

#include <optional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/access_records.pb.h"
#include "pistis/v1/member_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// An EraseMemberRequest, shaped.
struct EraseMemberInput {
  ProgramId program;
  v1::EraseMemberRequest request;
  std::string fingerprint;
};

absl::StatusOr<EraseMemberInput> ParseEraseMember(
    const v1::EraseMemberRequest& request, absl::Time now);

// Ends the member's reservations that hold points, releases the holds, forfeits
// what is left, and takes identifiers, profile, segments and language away. The
// account, its entries and an empty profile stay; nobody gets the id again.
// Refusals as pistis/v1 says.
absl::StatusOr<DecidedReply<v1::EraseMemberResponse>> EraseMember(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const EraseMemberInput& input);

// All who were erased of the program, by id; who has no ErasureRecord that can
// be read is left out, and VerifyLedger names it.
absl::StatusOr<std::set<MemberId>> FindErased(const Reader& reader,
                                              const ProgramId& program);

// That the member was erased; nothing where it was not.
absl::StatusOr<std::optional<store::v1::ErasureRecord>> FindErasure(
    const Reader& reader, const ProgramId& program, const MemberId& member);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ERASE_MEMBER_H_
