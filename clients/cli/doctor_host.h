// What `pistis doctor` finds out about the machine it runs on and about a
// server's certificate, without asking Pistis.
#ifndef PISTIS_CLIENTS_CLI_DOCTOR_HOST_H_
#define PISTIS_CLIENTS_CLI_DOCTOR_HOST_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace pistis {

enum class Verdict { kOk, kWarn, kBad };

// One line of the doctor's.
struct Finding {
  Verdict verdict = Verdict::kOk;
  // What was looked at: one word.
  std::string what;
  // What is so, and where it is not well, what to do.
  std::string words;
};

// Free space and the time of a sync on the disk of `data_dir`, and how many
// files the server that has it open may open; writes a small file beside it and
// takes it away.
[[nodiscard]] std::vector<Finding> CheckDisk(const std::string& data_dir);

// The format version of the store in `data_dir`, held against those that this
// program reads. A server that has it open keeps it to itself: then that of the
// latest finished backup in `backup_dir`, which may be empty; nothing where
// neither tells. A stopped store cannot be opened meanwhile.
[[nodiscard]] std::optional<Finding> CheckFormat(const std::string& data_dir,
                                                 const std::string& backup_dir);

// How old the latest finished backup in `backup_dir` is at `now`.
[[nodiscard]] Finding CheckBackups(const std::string& backup_dir,
                                   absl::Time now);

// The certificate that the server at "host:port" shows, held against `ca_file`
// and `now`. Waits for at most ten seconds.
[[nodiscard]] Finding CheckCertificate(const std::string& address,
                                       const std::string& ca_file,
                                       absl::Time now);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_DOCTOR_HOST_H_
