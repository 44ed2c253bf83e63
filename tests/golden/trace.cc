#include "tests/golden/trace.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace pistis::golden {
namespace {

constexpr absl::string_view kArrow = "->";
constexpr size_t kTimeColumn = 24;
constexpr size_t kWidestCommand = 56;

bool IsRemark(absl::string_view line) {
  const absl::string_view text = absl::StripLeadingAsciiWhitespace(line);
  return text.empty() || text[0] == '#';
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && absl::ascii_isdigit(text[0]);
}

// "at 2026-01-10 10:05 commit ..." without its time, which goes to `step`.
Step ParseStep(absl::string_view text, int line) {
  Step step{.line = line};
  const size_t arrow = text.find(absl::StrCat(" ", kArrow, " "));
  if (arrow != absl::string_view::npos) {
    step.outcome.emplace_back(
        absl::StripAsciiWhitespace(text.substr(arrow + 4)));
    text = text.substr(0, arrow);
  }
  text = absl::StripAsciiWhitespace(text);
  if (absl::ConsumePrefix(&text, "at ")) {
    text = absl::StripLeadingAsciiWhitespace(text);
    const size_t date_end = std::min(text.find(' '), text.size());
    step.time = std::string(text.substr(0, date_end));
    text = absl::StripLeadingAsciiWhitespace(text.substr(date_end));
    const size_t word_end = std::min(text.find(' '), text.size());
    const absl::string_view word = text.substr(0, word_end);
    if (IsDigits(word) && absl::StrContains(word, ':')) {
      absl::StrAppend(&step.time, " ", word);
      text = absl::StripLeadingAsciiWhitespace(text.substr(word_end));
    }
  }
  step.command = std::string(text);
  return step;
}

absl::Status Wrong(int line, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": ", problem));
}

// How many characters of UTF-8.
size_t Length(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
      }));
}

std::string Padded(std::string text, size_t width) {
  text.append(width - std::min(width, Length(text)), ' ');
  return text;
}

void AppendStep(const Step& step, size_t command_width, std::string& text) {
  const std::string time =
      step.time.empty() ? std::string() : absl::StrCat("at ", step.time);
  std::string line = absl::StrCat(
      Padded(time, time.empty() && step.command.empty() ? 0 : kTimeColumn),
      step.command);
  if (step.outcome.size() == 1) {
    line = absl::StrCat(Padded(line, kTimeColumn + command_width), "  ", kArrow,
                        " ", step.outcome[0]);
  }
  absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  if (step.outcome.size() < 2) return;
  for (const std::string& outcome : step.outcome) {
    absl::StrAppend(&text, std::string(kTimeColumn, ' '), kArrow, " ", outcome,
                    "\n");
  }
}

// The widest command with one outcome among the steps from `first` on that
// stand together.
size_t WidthFrom(const std::vector<Part>& parts, size_t first) {
  size_t width = 0;
  for (size_t i = first; i < parts.size(); ++i) {
    const Step* step = std::get_if<Step>(&parts[i]);
    if (step == nullptr) break;
    if (step->outcome.size() != 1) continue;
    width = std::max(width, std::min(Length(step->command), kWidestCommand));
  }
  return width;
}

}  // namespace

absl::StatusOr<Trace> ParseTrace(absl::string_view text) {
  Trace trace;
  absl::ConsumeSuffix(&text, "\n");
  bool in_rulebook = false;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view bare = absl::StripAsciiWhitespace(line);
    if (in_rulebook) {
      in_rulebook = bare != "end";
      if (in_rulebook) {
        std::get<RulebookText>(trace.parts.back()).lines.emplace_back(line);
      }
    } else if (absl::StartsWith(absl::StrCat(bare, " "), "rulebook ")) {
      absl::string_view options = bare;
      absl::ConsumePrefix(&options, "rulebook");
      trace.parts.emplace_back(RulebookText{
          .options = std::string(absl::StripAsciiWhitespace(options))});
      in_rulebook = true;
    } else if (IsRemark(line)) {
      trace.parts.emplace_back(Remark{std::string(line)});
    } else if (absl::StartsWith(bare, kArrow)) {
      Step* step = trace.parts.empty() ? nullptr
                                       : std::get_if<Step>(&trace.parts.back());
      if (step == nullptr) return Wrong(number, "an outcome of no step");
      step->outcome.emplace_back(
          absl::StripAsciiWhitespace(bare.substr(kArrow.size())));
    } else {
      trace.parts.emplace_back(ParseStep(line, number));
    }
  }
  if (in_rulebook) return Wrong(number, "the rulebook has no \"end\"");
  return trace;
}

std::string ToText(const Trace& trace) {
  std::string text;
  size_t width = 0;
  bool among_steps = false;
  for (size_t i = 0; i < trace.parts.size(); ++i) {
    const Part& part = trace.parts[i];
    if (const auto* step = std::get_if<Step>(&part)) {
      if (!among_steps) width = WidthFrom(trace.parts, i);
      AppendStep(*step, width, text);
    } else if (const auto* rulebook = std::get_if<RulebookText>(&part)) {
      absl::StrAppend(&text, "rulebook", rulebook->options.empty() ? "" : " ",
                      rulebook->options, "\n");
      for (const std::string& line : rulebook->lines) {
        absl::StrAppend(&text, line, "\n");
      }
      absl::StrAppend(&text, "end\n");
    } else {
      absl::StrAppend(&text, std::get<Remark>(part).text, "\n");
    }
    among_steps = std::holds_alternative<Step>(part);
  }
  return text;
}

}  // namespace pistis::golden
