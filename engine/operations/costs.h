// The use cases of the catalogue: what articles cost is stated, and listed.
#ifndef PISTIS_ENGINE_OPERATIONS_COSTS_H_
#define PISTIS_ENGINE_OPERATIONS_COSTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/costs.pb.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/operations/queries.h"
#include "engine/storage/store.h"

namespace pistis {

// The most statements of one request, and of one article.
inline constexpr int kMaxCostsAtOnce = 1000;
inline constexpr int kMaxCostsOfArticle = 1000;

// One statement; the cost is read when the program's currency is known.
struct StatedCost {
  std::string sku;
  std::string cost;
  // 0: from ever.
  int64_t valid_from_us = 0;
};

// An ImportCostsRequest, shaped and bounded.
struct ImportCostsInput {
  RequestKeyParts request;
  std::vector<StatedCost> costs;
};

absl::StatusOr<ImportCostsInput> ParseImportCosts(
    const v1::ImportCostsRequest& request, absl::Time now);

// All statements or none. Refusals: NOT_FOUND (program), FIELD_INVALID
// (costs[i].cost), LIMIT_REACHED (kMaxCostsOfArticle), REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::ImportCostsResponse>> ImportCosts(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ImportCostsInput& input);

absl::StatusOr<v1::ListCostsResponse> ListCosts(
    const QueryContext& context, const v1::ListCostsRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_COSTS_H_
