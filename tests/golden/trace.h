// A trace: what a merchant does, step by step, and what comes of it.
//
//   trace     := line*
//   line      := comment | blank | rulebook | step
//   comment   := '#' text
//   rulebook  := "rulebook" [option*] line* "end"    YAML without its first
//                                                  three keys
//   step      := ["at" date [hh:mm[:ss]]] [command] ["->" outcome] outcome*
//   outcome   := "->" text                    on lines of their own
//
// README.md lists the commands.
#ifndef PISTIS_TESTS_GOLDEN_TRACE_H_
#define PISTIS_TESTS_GOLDEN_TRACE_H_

#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pistis::golden {

// A comment or a blank line.
struct Remark {
  std::string text;
};

// The lines between "rulebook" and "end".
struct RulebookText {
  // "start=2026-02-01".
  std::string options;
  std::vector<std::string> lines;
};

struct Step {
  int line = 0;
  // "2026-01-10 10:05"; empty where the clock stays.
  std::string time;
  std::string command;
  std::vector<std::string> outcome;
};

using Part = std::variant<Remark, RulebookText, Step>;

struct Trace {
  std::vector<Part> parts;
};

// InvalidArgument names the line that is not of a trace.
absl::StatusOr<Trace> ParseTrace(absl::string_view text);

// The trace as it is laid out in its file: times and arrows in columns.
[[nodiscard]] std::string ToText(const Trace& trace);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_TRACE_H_
