// Files that several commands read: rulebooks, and past sales.
#ifndef PISTIS_CLIENTS_CLI_FILES_H_
#define PISTIS_CLIENTS_CLI_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "clients/cli/sales_file.h"
#include "clients/cli/session.h"

namespace pistis {

// The file's text; "-" is standard input. A usage error where it cannot be
// read.
absl::StatusOr<std::string> ReadRulebookFile(const std::string& file);

// The sales in a file, plain or gzip. A usage error where it cannot be read.
absl::StatusOr<SalesFile> ReadSalesFile(const std::string& path);

// Makes `text` all that is in the file. A usage error where it cannot be
// written.
absl::Status WriteFile(const std::string& path, const std::string& text);

// The program named on the command line, or else in the rulebook, or else in
// the environment; a usage error where none is named.
absl::StatusOr<std::string> ProgramFor(const Session& session,
                                       const std::string& yaml);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_FILES_H_
