#include "server/auth/identities.h"

#include "absl/memory/memory.h"

#include "engine/base/status_macros.h"
#include "spdlog/spdlog.h"

namespace pistis::server {

absl::StatusOr<std::unique_ptr<Identities>> Identities::Open(
    const Reader& reader, const Clock& clock, const IdentityOptions& options) {
  PISTIS_ASSIGN_OR_RETURN(std::unique_ptr<Revocations> revocations,
                          Revocations::Open(options.revocations));
  auto identities =
      absl::WrapUnique(new Identities(std::move(revocations), clock, options));
  PISTIS_ASSIGN_OR_RETURN(const int64_t unsealed,
                          identities->keys_.Load(reader, options.secret));
  if (unsealed > 0) {
    spdlog::error(
        "{} stored API keys are not what this server sealed, and open nothing; "
        "pistis verify names them",
        unsealed);
  }
  return identities;
}

}  // namespace pistis::server
