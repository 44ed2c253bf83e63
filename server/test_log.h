// What tests read of the log.
#ifndef PISTIS_SERVER_TEST_LOG_H_
#define PISTIS_SERVER_TEST_LOG_H_

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"

#include "spdlog/sinks/ostream_sink.h"
#include "spdlog/spdlog.h"

namespace pistis::server {

// Catches what is logged while it lives.
class LogCatcher {
 public:
  LogCatcher() : before_(spdlog::default_logger()) {
    const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out_);
    const auto logger = std::make_shared<spdlog::logger>("caught", sink);
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(logger);
  }
  LogCatcher(const LogCatcher&) = delete;
  LogCatcher& operator=(const LogCatcher&) = delete;
  ~LogCatcher() { spdlog::set_default_logger(before_); }

  // The lines since the last call.
  std::vector<std::string> Take() {
    const std::string text = std::exchange(out_, std::ostringstream()).str();
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }

 private:
  const std::shared_ptr<spdlog::logger> before_;
  std::ostringstream out_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_TEST_LOG_H_
