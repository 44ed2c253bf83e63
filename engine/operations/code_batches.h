// Many codes of one template, issued step by step.
#ifndef PISTIS_ENGINE_OPERATIONS_CODE_BATCHES_H_
#define PISTIS_ENGINE_OPERATIONS_CODE_BATCHES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/store/v1/code_records.pb.h"
#include "pistis/v1/code_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/issue_code.h"
#include "engine/rulebook/rulebook.h"
#include "engine/storage/store.h"

namespace pistis {

inline constexpr int64_t kMostCodesOfBatch = 10'000'000;
// So many are issued by one commit: some milliseconds of the writer's time,
// which tills wait for.
inline constexpr int64_t kCodesOfStep = 500;
inline constexpr int64_t kCodesOfMessage = 1000;

// A batch whose codes follow from it. Refers to what it is made of.
struct BatchOfCodes {
  absl::string_view secret;
  const ProgramId& program;
  RequestId id;
  const CodeTemplate& of;
  const store::v1::CodeBatchRecord& record;
};
// Its code of this number, from 1: always the same.
[[nodiscard]] IssuedCode CodeOfBatch(const BatchOfCodes& batch, int64_t number);

// A request, shaped.
struct IssueCodesInput {
  ProgramId program;
  RequestId batch;
  std::string fingerprint;
  std::string template_id;
  int64_t count = 0;
  std::optional<absl::Time> expire;
  int64_t after = 0;
};
// FIELD_INVALID.
absl::StatusOr<IssueCodesInput> ParseIssueCodes(
    const v1::IssueCodesRequest& request);

// Issues the next codes of the batch, at most kCodesOfStep, and begins it where
// it is new; none where all are issued. The batch as it is then. Refusals: as
// pistis/v1 says.
absl::StatusOr<Decided<store::v1::CodeBatchRecord>> IssueNextCodes(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const IssueCodesInput& input);

// The codes after so many of the batch, at most kCodesOfMessage, none where
// those are all that are issued. FIELD_INVALID where fewer are.
absl::StatusOr<v1::IssueCodesResponse> CodesAfter(const OperationEnv& env,
                                                  const Reader& reader,
                                                  const IssueCodesInput& input,
                                                  int64_t after);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CODE_BATCHES_H_
