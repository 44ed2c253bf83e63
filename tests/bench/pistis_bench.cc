// pistis_bench: loads a server on this machine and prints one line of tabs for
// each work and number in flight: work, in flight, calls/s, p50, p99 and max in
// microseconds, failed calls, processor microseconds of the server and of this
// program for each call.
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

#include "CLI/CLI.hpp"
#include "tests/bench/calls.h"
#include "tests/bench/closed_loop.h"
#include "tests/bench/cpu_time.h"
#include <unistd.h>

namespace pistis::bench {
namespace {

struct Options {
  std::string target;
  std::vector<std::string> works;
  std::vector<int> in_flight = {128, 512};
  std::string rulebook;
  pid_t server_pid = 0;
  int channels = 4;
  int members = 10'000;
  double warm_up_s = 2;
  double measured_s = 5;
};

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--target", options.target, "The server, on loopback")
      ->required();
  app.add_option("--work", options.works, "empty, commit or quote")
      ->required()
      ->delimiter(',')
      ->check(CLI::IsMember({"empty", "commit", "quote"}));
  app.add_option("--in_flight", options.in_flight, "Calls in flight")
      ->delimiter(',')
      ->check(CLI::Range(1, 16384))
      ->capture_default_str();
  app.add_option("--rulebook", options.rulebook,
                 "The rulebook to publish; needed for commit and quote");
  app.add_option("--server_pid", options.server_pid,
                 "The server's process, for its processor time");
  app.add_option("--channels", options.channels, "Connections")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--members", options.members, "Members to enrol before")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--warm_up_s", options.warm_up_s, "Seconds not counted")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  app.add_option("--seconds", options.measured_s, "Seconds counted")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
}

Slots SlotsOf(const std::string& work, const Load& load) {
  if (work == "commit") return Commits(load);
  if (work == "quote") return Quotes(load);
  return EmptyCalls(load);
}

// What a process uses from here on.
class CpuMeter {
 public:
  explicit CpuMeter(pid_t pid) : pid_(pid), before_(CpuTimeOf(pid)) {}

  [[nodiscard]] double MicrosPer(int64_t calls) const {
    return absl::ToDoubleMicroseconds(CpuTimeOf(pid_) - before_) /
           static_cast<double>(std::max<int64_t>(calls, 1));
  }

 private:
  pid_t pid_;
  absl::Duration before_;
};

// False where a call failed.
bool Measure(const std::string& work, const Load& load,
             const Options& options) {
  const LoopPlan plan{.warm_up = absl::Seconds(options.warm_up_s),
                      .measured = absl::Seconds(options.measured_s)};
  const Slots slots = SlotsOf(work, load);
  const CpuMeter server(options.server_pid);
  const CpuMeter here(getpid());
  const auto result = RunClosedLoop(slots, plan);
  const Histogram& latency = result->latency;
  std::cout << absl::StrFormat(
                   "%s\t%d\t%.0f\t%d\t%d\t%d\t%d\t%.1f\t%.1f", work,
                   load.in_flight, result->Rate(),
                   absl::ToInt64Microseconds(latency.Quantile(0.5)),
                   absl::ToInt64Microseconds(latency.Quantile(0.99)),
                   absl::ToInt64Microseconds(latency.Max()), result->failed,
                   server.MicrosPer(result->succeeded),
                   here.MicrosPer(result->succeeded))
            << std::endl;
  if (result->first_error.empty()) return true;
  std::cerr << work << ": " << result->first_error << "\n";
  return false;
}

int Run(const Options& options) {
  if (!absl::StartsWith(options.target, "127.0.0.1:")) {
    std::cerr << "only loads 127.0.0.1\n";
    return EXIT_FAILURE;
  }
  Load load{.channels = Connect(options.target, options.channels)};
  load.members = options.members;
  if (!options.rulebook.empty()) {
    std::ifstream file(options.rulebook);
    std::ostringstream yaml;
    yaml << file.rdbuf();
    const absl::Status status = SetUp(load, yaml.str());
    if (!status.ok()) {
      std::cerr << status << "\n";
      return EXIT_FAILURE;
    }
  }
  bool all_ok = true;
  for (const std::string& work : options.works) {
    for (const int in_flight : options.in_flight) {
      load.in_flight = in_flight;
      load.prefix = absl::StrFormat("%s-%d-%d", work, in_flight,
                                    absl::ToUnixMicros(absl::Now()));
      all_ok = Measure(work, load, options) && all_ok;
    }
  }
  if (!options.rulebook.empty()) std::cerr << DescribeProgram(load) << "\n";
  return all_ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace pistis::bench

int main(int argc, char** argv) try {
  CLI::App app("Loads a Pistis server on this machine and times it.");
  pistis::bench::Options options;
  pistis::bench::AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  return pistis::bench::Run(options);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return EXIT_FAILURE;
}
