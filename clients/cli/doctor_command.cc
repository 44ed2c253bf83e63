// `pistis doctor`.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "google/rpc/error_details.pb.h"

#include "clients/cli/doctor_host.h"
#include "clients/cli/json_object.h"
#include "clients/cli/proof_commands.h"
#include "clients/cli/table.h"
#include "engine/base/refusal.h"

namespace pistis {
namespace {

constexpr absl::Duration kClockApart = absl::Seconds(5);
constexpr absl::string_view kErrorInfoUrl =
    "type.googleapis.com/google.rpc.ErrorInfo";

struct Folders {
  std::string data_dir;
  std::string backup_dir;
};

std::string Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kBad:
      return "bad";
  }
  return "";
}

// What the caller is: only an owner may list keys, and a refusal names the role
// of who may not. Empty where the server tells neither.
std::string FindRole(Session& session) {
  v1::ListApiKeysRequest request;
  request.set_page_size(1);
  const auto keys = session.client().ListApiKeys(request);
  if (keys.ok()) return "owner";
  const auto payload = keys.status().GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return "";
  const auto role = info.metadata().find("role");
  if (role == info.metadata().end()) return "";
  return absl::AsciiStrToLower(absl::StripPrefix(role->second, "ROLE_"));
}

Finding CheckRole(Session& session) {
  const std::string role = FindRole(session);
  if (role.empty()) {
    return {Verdict::kWarn, "role", "the server does not tell it"};
  }
  if (role == "owner") return {Verdict::kOk, "role", role};
  return {Verdict::kOk, "role",
          absl::StrCat(role, "; an owner's key sees more")};
}

Finding CountPrograms(const v1::ListProgramsResponse& programs) {
  const int count = programs.programs_size();
  return {
      Verdict::kOk, "key",
      absl::StrCat("it may call ", count, count == 1 ? " program" : " programs",
                   programs.next_page_token().empty() ? "" : " or more")};
}

// True where the server knows who asks; the findings say what is so.
bool CheckServer(Session& session, std::vector<Finding>& findings) {
  const std::string& address = session.options().server;
  const absl::Time begin = absl::Now();
  const auto programs = session.client().ListPrograms({});
  const int64_t took_ms = absl::ToInt64Milliseconds(absl::Now() - begin);
  const auto reason = ReasonOf(programs.status());
  if (!programs.ok() && !reason) {
    findings.push_back(
        {Verdict::kBad, "server",
         absl::StrCat(address,
                      " does not answer: ", programs.status().message(),
                      "; is it running (systemctl status pistisd), and is it "
                      "to be spoken to with --ca?")});
    return false;
  }
  findings.push_back(
      {Verdict::kOk, "server",
       absl::StrCat(address, " answered after ", took_ms, " ms")});
  if (programs.ok()) {
    findings.push_back(CountPrograms(*programs));
    findings.push_back(CheckRole(session));
    return true;
  }
  if (reason == Reason::kPermissionDenied) {
    findings.push_back({Verdict::kWarn, "key",
                        "valid, but it may not ask for what follows; an "
                        "owner's key sees more"});
    return true;
  }
  findings.push_back(
      {Verdict::kBad, "key",
       absl::StrCat(programs.status().message(),
                    "; show one with --key-file, or make one: pistis key "
                    "create")});
  return false;
}

Finding CheckClock(Session& session, const std::string& program) {
  v1::SignCheckpointRequest request;
  request.set_program_id(program);
  const absl::Time begin = absl::Now();
  const auto checkpoint = session.client().SignCheckpoint(request);
  const absl::Time end = absl::Now();
  if (!checkpoint.ok()) {
    return {Verdict::kWarn, "clock",
            std::string(checkpoint.status().message())};
  }
  const absl::Time server = absl::FromUnixMicros(
      google::protobuf::util::TimeUtil::TimestampToMicroseconds(
          checkpoint->sign_time()));
  const absl::Duration apart =
      std::max({begin - server, server - end, absl::ZeroDuration()});
  const std::string words =
      absl::StrCat("the server's and this one's are ",
                   absl::ToInt64Seconds(apart), " s apart");
  if (apart < kClockApart) return {Verdict::kOk, "clock", words};
  return {Verdict::kBad, "clock",
          absl::StrCat(words, "; set the wrong one (timedatectl)")};
}

Finding CheckSink(const v1::Subscription& sink) {
  const std::string words =
      absl::StrCat(sink.subscription_id(), ": ", sink.waiting(), " waiting, ",
                   sink.dead_letters(), " given up");
  if (!sink.trouble().empty()) {
    return {Verdict::kBad, "sink",
            absl::StrCat(words, "; ", sink.trouble(), "; mend the receiver")};
  }
  if (sink.dead_letters() > 0) {
    return {Verdict::kWarn, "sink",
            absl::StrCat(words, "; pistis subscription replay ",
                         sink.subscription_id())};
  }
  return {Verdict::kOk, "sink", words};
}

void CheckSinks(Session& session, const std::string& program,
                std::vector<Finding>& findings) {
  v1::ListSubscriptionsRequest request;
  request.set_program_id(program);
  const auto sinks = session.client().ListSubscriptions(request);
  if (!sinks.ok()) {
    findings.push_back(
        {Verdict::kWarn, "sink", std::string(sinks.status().message())});
    return;
  }
  for (const v1::Subscription& sink : sinks->subscriptions()) {
    findings.push_back(CheckSink(sink));
  }
}

std::vector<Finding> Examine(Session& session, const Folders& folders) {
  std::vector<Finding> findings;
  const bool is_known = CheckServer(session, findings);
  const GlobalOptions& options = session.options();
  if (!options.ca_file.empty()) {
    findings.push_back(
        CheckCertificate(options.server, options.ca_file, absl::Now()));
  }
  if (const auto program = session.Program(); is_known && program.ok()) {
    findings.push_back(CheckClock(session, *program));
    CheckSinks(session, *program, findings);
  }
  if (!folders.data_dir.empty()) {
    for (Finding& finding : CheckDisk(folders.data_dir))
      findings.push_back(std::move(finding));
    if (auto format = CheckFormat(folders.data_dir, folders.backup_dir))
      findings.push_back(*std::move(format));
  }
  if (!folders.backup_dir.empty()) {
    findings.push_back(CheckBackups(folders.backup_dir, absl::Now()));
  }
  return findings;
}

absl::Status Doctor(Session& session, const Folders& folders) {
  Table table({{""}, {""}, {""}});
  bool is_well = true;
  for (const Finding& finding : Examine(session, folders)) {
    is_well = is_well && finding.verdict != Verdict::kBad;
    if (session.json()) {
      session.Print(absl::StrCat(JsonObject()
                                     .Add("verdict", Word(finding.verdict))
                                     .Add("what", finding.what)
                                     .Add("words", finding.words)
                                     .Text(),
                                 "\n"));
    }
    table.AddRow({Word(finding.verdict), finding.what, finding.words});
  }
  if (!session.json()) session.Print(table.Text());
  return is_well ? absl::OkStatus() : RefusalTold();
}

}  // namespace

void AddDoctorCommand(CommandLine& line) {
  const auto folders = std::make_shared<Folders>();
  CLI::App* doctor = line.app.add_subcommand(
      "doctor", "Say what is well with a server and its machine, and what not");
  doctor->add_option("--data_dir", folders->data_dir,
                     "The server's, where it is on this machine");
  doctor->add_option("--backup_dir", folders->backup_dir, "The same");
  doctor->callback([&line, folders] {
    line.chosen = [folders](Session& session) {
      return Doctor(session, *folders);
    };
  });
}

}  // namespace pistis
