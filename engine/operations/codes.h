// Codes beside sales: issued one by one, looked up, checked, made void.
#ifndef PISTIS_ENGINE_OPERATIONS_CODES_H_
#define PISTIS_ENGINE_OPERATIONS_CODES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/v1/code_service.pb.h"

#include "engine/base/ids.h"
#include "engine/base/status_macros.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/find_code.h"
#include "engine/operations/journal.h"
#include "engine/operations/once.h"
#include "engine/operations/queries.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"
#include "engine/storage/store.h"

namespace pistis {

// The template whose codes are issued. NOT_FOUND; FIELD_INVALID for a word.
absl::StatusOr<const CodeTemplate*> FindIssuable(const Rulebook& in_force,
                                                 const std::string& id);

// When the codes of a request are to expire, as it says. FIELD_INVALID.
template <typename Request>
absl::StatusOr<std::optional<absl::Time>> ParseExpiry(const Request& request) {
  std::optional<absl::Time> expire;
  if (request.has_expire_time()) {
    PISTIS_ASSIGN_OR_RETURN(expire,
                            ParsePastTime("expire_time", request.expire_time(),
                                          absl::InfiniteFuture()));
  }
  return expire;
}
// FIELD_INVALID where that is over.
absl::Status CheckExpiry(const std::optional<absl::Time>& expire,
                         absl::Time now);

struct IssueCodeInput {
  RequestKeyParts request;
  std::string template_id;
  MemberId member;
  std::optional<absl::Time> expire;
};
absl::StatusOr<IssueCodeInput> ParseIssueCode(
    const v1::IssueCodeRequest& request, absl::Time now);
absl::StatusOr<DecidedReply<v1::IssueCodeResponse>> IssueCode(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const IssueCodeInput& input);

inline constexpr size_t kMaxTypedBytes = 64;

// A code as it is named: as typed, or by its key.
struct NamedCode {
  std::string typed;
  std::string hash;
};

struct VoidCodeInput {
  RequestKeyParts request;
  NamedCode code;
  std::string reason;
  // Says at a time whether the caller may have codes looked up; null: yes.
  CodeGate may_look = nullptr;
};
absl::StatusOr<VoidCodeInput> ParseVoidCode(const v1::VoidCodeRequest& request,
                                            absl::Time now);
absl::StatusOr<DecidedReply<v1::Code>> VoidCode(const OperationEnv& env,
                                                const Reader& reader,
                                                const CommitContext& context,
                                                const VoidCodeInput& input);

// Writes a code that has its void_reason now: the record, the sum, the event.
void PostVoid(absl::string_view hash, const store::v1::CodeRecord& code,
              int64_t rulebook_version, Journal& journal);

// Each reads one snapshot. Refusals: as pistis/v1 says.
absl::StatusOr<v1::Code> GetCode(const QueryContext& context,
                                 const v1::GetCodeRequest& request);
absl::StatusOr<v1::ListCodesResponse> ListCodes(
    const QueryContext& context, const v1::ListCodesRequest& request);
absl::StatusOr<v1::CheckCodeResponse> CheckCode(
    const QueryContext& context, const v1::CheckCodeRequest& request);

// The code as it is told.
[[nodiscard]] v1::Code ToMessage(const LoadedCode& code, absl::Time now);

// FIELD_INVALID where a request names not exactly one, or none that can be.
template <typename Request>
absl::StatusOr<NamedCode> ParseNamed(const Request& request) {
  if (request.code().empty() == request.code_id().empty()) {
    return RefuseField("code", "or code_id: give exactly one of the two");
  }
  NamedCode named{.typed = request.code()};
  if (named.typed.empty()) {
    named.hash = HashOfCodeId(request.code_id());
    if (named.hash.empty()) {
      return RefuseField("code_id", "is none; 32 of 0-9 and a-f are wanted");
    }
  }
  PISTIS_RETURN_IF_ERROR(CheckText("code", named.typed, kMaxTypedBytes));
  return named;
}

// CODE_NOT_FOUND.
absl::StatusOr<LoadedCode> FindNamed(const CodeLookup& lookup,
                                     const NamedCode& named);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CODES_H_
