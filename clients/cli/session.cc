#include "clients/cli/session.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"

#include "clients/cli/time_text.h"
#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr absl::string_view kUsageUrl = "pistis/usage";
constexpr absl::string_view kToldUrl = "pistis/told";
constexpr absl::string_view kBadRequestUrl =
    "type.googleapis.com/google.rpc.BadRequest";

enum ExitCode { kDone = 0, kRefused = 1, kUsage = 2, kFailed = 3 };

void Complain(absl::string_view text) {
  std::fputs(absl::StrCat(text, "\n").c_str(), stderr);
}

void ComplainAboutFields(const absl::Status& status) {
  const auto payload = status.GetPayload(kBadRequestUrl);
  google::rpc::BadRequest fields;
  if (!payload || !fields.ParseFromString(std::string(*payload))) return;
  for (const auto& violation : fields.field_violations()) {
    const absl::string_view colon = violation.field().empty() ? "" : ": ";
    Complain(
        absl::StrCat("  ", violation.field(), colon, violation.description()));
  }
}

// A key that was typed goes before one in a file.
std::string KeyOf(const GlobalOptions& options) {
  std::string key = options.key;
  if (key.empty() && !options.key_file.empty()) {
    std::ifstream file(options.key_file);
    std::getline(file, key);
  }
  return key;
}

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsageUrl, absl::Cord());
  return status;
}

absl::Status RefusalTold() {
  absl::Status status = absl::FailedPreconditionError("told already");
  status.SetPayload(kToldUrl, absl::Cord());
  return status;
}

absl::StatusOr<google::protobuf::Timestamp> TypedTime(
    absl::string_view option, const std::string& text,
    const ProgramFacts& facts) {
  const auto time = ParseTimeText(text, facts.zone, absl::Now());
  if (!time) {
    return UsageError(absl::StrCat(option, ": \"", text, "\" is no time; give ",
                                   absl::string_view(kTimeForms)));
  }
  return TimestampOf(*time);
}

absl::StatusOr<google::protobuf::Timestamp> RepeatableTime(
    absl::string_view option, const std::string& text, const RetryId& retry,
    const ProgramFacts& facts) {
  const bool is_from_now = text.find_first_of("+-") == 0;
  if (!is_from_now || retry.id.empty()) return TypedTime(option, text, facts);
  return UsageError(
      absl::StrCat(option,
                   " counts from now and is another time whenever this "
                   "is run; beside ",
                   retry.option, " give a fixed time, as 2026-01-31"));
}

int Conclude(const absl::Status& status) {
  if (status.ok()) return kDone;
  if (status.GetPayload(kToldUrl)) return kRefused;
  if (status.GetPayload(kUsageUrl)) {
    Complain(absl::StrCat("pistis: ", status.message()));
    return kUsage;
  }
  const auto reason = ReasonOf(status);
  const bool try_later =
      absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  if (!reason) {
    Complain(try_later
                 ? absl::StrCat("the server could not be reached: ",
                                status.message(), " (pistis doctor says more)")
                 : absl::StrCat("the server failed: ", status.message()));
    return kFailed;
  }
  Complain(
      absl::StrCat("refused: ", ReasonName(*reason), ": ", status.message()));
  ComplainAboutFields(status);
  return try_later ? kFailed : kRefused;
}

Client& Session::client() {
  if (client_ == nullptr) {
    ClientOptions options;
    options.address = options_.server;
    options.key = KeyOf(options_);
    options.ca_file = options_.ca_file;
    options.certificate_file = options_.certificate_file;
    options.certificate_key_file = options_.certificate_key_file;
    client_ = std::make_unique<Client>(options);
  }
  return *client_;
}

absl::StatusOr<std::string> Session::Program() const {
  if (!options_.program.empty()) return options_.program;
  if (!options_.default_program.empty()) return options_.default_program;
  return UsageError("name the program: --program ID, or PISTIS_PROGRAM");
}

absl::StatusOr<ProgramFacts> Session::Facts(const std::string& program_id) {
  v1::GetRulebookRequest request;
  request.set_program_id(program_id);
  const auto published = client().GetRulebook(request);
  ProgramFacts facts;
  if (published.ok()) {
    facts = FactsOf(published->rulebook());
  } else if (const auto reason = ReasonOf(published.status());
             // A till may not read rulebooks.
             reason != Reason::kNotFound &&
             reason != Reason::kPermissionDenied) {
    return published.status();
  }
  facts.program_id = program_id;
  return facts;
}

void Session::Print(absl::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Session::PrintJson(const google::protobuf::Message& message) const {
  google::protobuf::util::JsonPrintOptions style;
  style.preserve_proto_field_names = true;
  style.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, style)
           .ok()) {
    Complain("the reply cannot be written as JSON");
  }
  Print(absl::StrCat(json, "\n"));
}

std::string NewRequestId() {
  constexpr int kBytes = 10;
  constexpr int kSymbols = 16;
  return Base32Symbols(RandomBytes(kBytes), kSymbols);
}

}  // namespace pistis
