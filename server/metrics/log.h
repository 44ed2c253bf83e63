// The server's log: lines on standard error, as text or as JSON.
#ifndef PISTIS_SERVER_METRICS_LOG_H_
#define PISTIS_SERVER_METRICS_LOG_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

#include "spdlog/spdlog.h"

namespace pistis::server {

enum class LogFormat { kText, kJson };

struct LogOptions {
  LogFormat format = LogFormat::kText;
  spdlog::level::level_enum level = spdlog::level::info;
  // More lines in a second are left out and counted; what ends the server is
  // said in any case.
  int most_per_second = 200;
};

// Makes what spdlog and gRPC say go to standard error in this form. JSON: one
// object a line with `time`, `level`, `message` and the line's fields. Call it
// once, before any other thread starts.
void StartLog(const LogOptions& options);

// Says one line in this form whatever the level is: that the server is there.
void Announce(LogFormat format, absl::string_view line);

// Facts that go with a line; those with an empty value are left out.
using LogFields = std::vector<std::pair<absl::string_view, std::string>>;

// No personal data, keys or identifiers, in neither.
void Log(spdlog::level::level_enum level, absl::string_view message,
         const LogFields& fields);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_LOG_H_
