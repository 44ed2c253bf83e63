// What a recount found, for people and for programs; checkpoints in files.
#ifndef PISTIS_CLIENTS_CLI_RECOUNT_TEXT_H_
#define PISTIS_CLIENTS_CLI_RECOUNT_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "pistis/v1/admin_service.pb.h"

#include "clients/cli/local_recount.h"

namespace pistis {

// One line of what was recounted, then a table of the findings.
[[nodiscard]] std::string RecountText(const ProgramRecount& recount);

// The same as a JSON object on one line: program, commits, entries, members,
// orders, commit_seq, chain_hash (hex), finding_count, findings [{kind, where,
// problem}].
[[nodiscard]] std::string RecountJson(const ProgramRecount& recount);

// The checkpoint in a file of protobuf JSON. InvalidArgument where the file
// cannot be read or holds none.
absl::StatusOr<v1::LedgerCheckpoint> ReadCheckpoint(const std::string& path);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_RECOUNT_TEXT_H_
