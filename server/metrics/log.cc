#include "server/metrics/log.h"

#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpc/support/log.h"

#include "engine/base/clock.h"
#include "server/metrics/line_bound.h"
#include "spdlog/sinks/base_sink.h"

namespace pistis::server {
namespace {

// Between a message and its fields on their way through spdlog.
constexpr char kFieldMark = '\x1e';
constexpr char kValueMark = '\x1f';

std::string Unmarked(absl::string_view text) {
  std::string plain(text);
  for (char& each : plain) {
    if (each == kFieldMark || each == kValueMark) each = ' ';
  }
  return plain;
}

struct Line {
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;
};

Line ToLine(absl::string_view payload) {
  const std::vector<std::string> parts = absl::StrSplit(payload, kFieldMark);
  Line line{.message = parts.front()};
  for (size_t i = 1; i < parts.size(); ++i) {
    line.fields.push_back(
        absl::StrSplit(parts[i], absl::MaxSplits(kValueMark, 1)));
  }
  return line;
}

// Bytes that are no printable ASCII are escaped or replaced, so that any of
// them make one line of JSON.
std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, each));
    } else if (byte < 0x20 || byte >= 0x7f) {
      absl::StrAppendFormat(&quoted, "\\u%04x", byte);
    } else {
      quoted.push_back(each);
    }
  }
  return quoted + "\"";
}

std::string ToText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

std::string ToJson(absl::string_view time, absl::string_view level,
                   const Line& line) {
  std::string json =
      absl::StrCat("{\"time\":", Quoted(time), ",\"level\":", Quoted(level),
                   ",\"message\":", Quoted(line.message));
  for (const auto& [name, value] : line.fields)
    absl::StrAppend(&json, ",", Quoted(name), ":", Quoted(value));
  return json + "}\n";
}

std::string ToText(absl::string_view time, absl::string_view level,
                   const Line& line) {
  std::string text = absl::StrCat(time, " ", level, " ", line.message);
  for (const auto& [name, value] : line.fields)
    absl::StrAppend(&text, " ", name, "=", value);
  for (char& each : text) {
    if (each == '\n' || each == '\r') each = ' ';
  }
  return text + "\n";
}

class BoundedStderr final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit BoundedStderr(const LogOptions& options)
      : format_(options.format), bound_(options.most_per_second) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::optional<int64_t> left_out = bound_.Allows(steady_.Elapsed());
    if (!left_out && message.level != spdlog::level::critical) return;
    Line line = ToLine({message.payload.data(), message.payload.size()});
    if (left_out && *left_out > 0) {
      line.fields.emplace_back("lines_left_out", absl::StrCat(*left_out));
    }
    const std::string time = ToText(absl::FromChrono(message.time));
    const auto name = spdlog::level::to_string_view(message.level);
    const absl::string_view level(name.data(), name.size());
    const std::string written = format_ == LogFormat::kJson
                                    ? ToJson(time, level, line)
                                    : ToText(time, level, line);
    std::fwrite(written.data(), 1, written.size(), stderr);
  }
  void flush_() override { std::fflush(stderr); }

 private:
  const LogFormat format_;
  const BootClock steady_;
  LineBound bound_;
};

// What gRPC's core says beside its callers: its errors alone. They name
// addresses and system calls, no requests. Who compresses is told so, and needs
// no line for each call.
void FromGrpc(gpr_log_func_args* args) {
  if (args->severity != GPR_LOG_SEVERITY_ERROR) return;
  if (absl::StartsWith(args->message, "Compression algorithm")) return;
  spdlog::error("grpc: {}", args->message);
}

}  // namespace

void StartLog(const LogOptions& options) {
  auto logger = std::make_shared<spdlog::logger>(
      "pistisd", std::make_shared<BoundedStderr>(options));
  logger->set_level(options.level);
  spdlog::set_default_logger(std::move(logger));
  gpr_set_log_function(FromGrpc);
}

void Announce(LogFormat format, absl::string_view line) {
  const std::string written =
      format == LogFormat::kJson
          ? ToJson(ToText(absl::Now()), "info", {std::string(line)})
          : absl::StrCat(line, "\n");
  std::fwrite(written.data(), 1, written.size(), stderr);
}

void Log(spdlog::level::level_enum level, absl::string_view message,
         const LogFields& fields) {
  std::string payload = Unmarked(message);
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    absl::StrAppend(&payload, std::string(1, kFieldMark), name,
                    std::string(1, kValueMark), Unmarked(value));
  }
  spdlog::log(level, "{}", payload);
}

}  // namespace pistis::server
