#include "engine/operations/check_rulebook.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/operations/run_examples.h"
#include "engine/rulebook/compile.h"
#include "engine/rulebook/positions.h"
#include "engine/rulebook/problem.h"
#include "engine/rulebook/reporter.h"
#include "engine/rulebook/warnings.h"

namespace pistis {
namespace {

using Finding = v1::RulebookFinding;

void AddErrors(const Findings& findings, v1::ValidateRulebookResponse& report) {
  for (const Problem& problem : findings.problems) {
    Finding& error = *report.add_errors();
    error.set_kind(Finding::ERROR);
    error.set_path(problem.path);
    error.set_line(problem.line);
    error.set_column(problem.column);
    error.set_message(problem.message);
  }
  report.set_unlisted_errors(findings.unlisted);
}

// Findings in the order of the text, as many as are listed.
struct Listed {
  std::vector<Finding> findings;
  int unlisted = 0;
};

Listed List(std::vector<Finding> findings, const CheckedRulebook& of) {
  if (of.from_text) {
    for (Finding& finding : findings) {
      const TextPosition position = of.loaded.positions.Of(finding.path());
      finding.set_line(position.line);
      finding.set_column(position.column);
    }
  }
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) {
                     return std::make_tuple(a.line(), a.column()) <
                            std::make_tuple(b.line(), b.column());
                   });
  Listed listed;
  if (findings.size() > Reporter::kMaxProblems) {
    listed.unlisted =
        static_cast<int>(findings.size() - Reporter::kMaxProblems);
    findings.resize(Reporter::kMaxProblems);
  }
  listed.findings = std::move(findings);
  return listed;
}

// What can be made of the source: the message, then the compiled rulebook.
CheckedRulebook Compiled(const RulebookSource& source) {
  CheckedRulebook checked;
  checked.from_text = source.yaml != nullptr;
  if (checked.from_text) {
    Checked<LoadedRulebook> form = CheckForm(*source.yaml);
    AddErrors(form.findings, checked.report);
    if (!form.made) return checked;
    checked.loaded = *std::move(form.made);
  } else {
    checked.loaded.rulebook = *source.message;
  }
  Checked<Rulebook> meaning = checked.from_text
                                  ? CheckMeaning(checked.loaded)
                                  : CheckMeaning(checked.loaded.rulebook);
  AddErrors(meaning.findings, checked.report);
  checked.compiled = std::move(meaning.made);
  return checked;
}

}  // namespace

CheckedRulebook CheckRulebook(const RulebookSource& source, absl::Time start) {
  CheckedRulebook checked = Compiled(source);
  if (!checked.compiled) return checked;
  const v1::Rulebook& message = checked.loaded.rulebook;
  Listed failed = List(RunExamples(message, *checked.compiled, start), checked);
  v1::ValidateRulebookResponse& report = checked.report;
  report.set_examples_run(message.examples_size());
  report.set_unlisted_errors(failed.unlisted);
  for (Finding& finding : failed.findings)
    *report.add_errors() = std::move(finding);
  report.set_valid(report.errors().empty());
  return checked;
}

void AddWarnings(absl::Time start, CheckedRulebook& checked) {
  Listed oversights =
      List(FindOversights(checked.loaded.rulebook, *checked.compiled, start),
           checked);
  checked.report.set_unlisted_warnings(oversights.unlisted);
  for (Finding& finding : oversights.findings)
    *checked.report.add_warnings() = std::move(finding);
}

absl::Status RefuseRulebook(const v1::ValidateRulebookResponse& report) {
  Findings findings;
  for (const Finding& error : report.errors()) {
    findings.problems.push_back({.line = error.line(),
                                 .column = error.column(),
                                 .path = error.path(),
                                 .message = error.message()});
  }
  findings.unlisted = report.unlisted_errors();
  return RulebookInvalid(findings);
}

std::string OtherThanTheProgram(absl::string_view of_rulebook,
                                absl::string_view of_program) {
  return absl::StrCat("is \"", of_rulebook, "\"; the program's is \"",
                      of_program, "\"");
}

}  // namespace pistis
