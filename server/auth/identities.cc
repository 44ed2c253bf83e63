#include "server/auth/identities.h"

#include "absl/memory/memory.h"

#include "engine/base/status_macros.h"

namespace pistis::server {

absl::StatusOr<std::unique_ptr<Identities>> Identities::Open(
    const Reader& reader, const Clock& clock, const IdentityOptions& options) {
  PISTIS_ASSIGN_OR_RETURN(std::unique_ptr<Revocations> revocations,
                          Revocations::Open(options.revocations));
  auto identities =
      absl::WrapUnique(new Identities(std::move(revocations), clock, options));
  PISTIS_RETURN_IF_ERROR(identities->keys_.Load(reader));
  return identities;
}

}  // namespace pistis::server
