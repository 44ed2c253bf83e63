#include "clients/cli/trace_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace pistis {
namespace {

using v1::TraceStep;

std::string NameOf(const TraceStep& step) {
  if (step.has_redemption()) return "points to pay with";
  return step.has_code() ? absl::StrCat("code ", step.code()) : step.rule_id();
}

std::string WithheldText(v1::WithheldRule::Reason reason) {
  return absl::StrReplaceAll(
      absl::AsciiStrToLower(v1::WithheldRule::Reason_Name(reason)),
      {{"_", " "}});
}

std::string LinesText(const TraceStep& step) {
  if (step.line_ids().empty()) return "";
  std::string text = absl::StrCat(" on ", absl::StrJoin(step.line_ids(), ", "));
  if (step.unlisted_lines() > 0) {
    absl::StrAppend(&text, " and ", step.unlisted_lines(), " more");
  }
  return text;
}

// "5.00 of 10.00 off", "+12 points", "code thanks", "note hello".
std::string Gifts(const TraceStep& step, const ProgramFacts& facts) {
  std::vector<std::string> gifts;
  const std::string granted = facts.MoneyText(step.granted_minor());
  if (step.requested_minor() != 0) {
    gifts.push_back(step.granted_minor() == step.requested_minor()
                        ? absl::StrCat(granted, " off")
                        : absl::StrCat(granted, " of ",
                                       facts.MoneyText(step.requested_minor()),
                                       " off"));
  }
  if (step.has_redemption()) {
    gifts.push_back(absl::StrCat(step.points(), " points spent"));
  } else if (step.points() != 0) {
    gifts.push_back(
        absl::StrCat(step.points() > 0 ? "+" : "", step.points(), " points"));
  }
  if (!step.issues_code().empty()) {
    gifts.push_back(absl::StrCat("issues code ", step.issues_code()));
  }
  if (!step.sends_note().empty()) {
    gifts.push_back(absl::StrCat("asks for note ", step.sends_note()));
  }
  if (step.has_other_effect()) gifts.emplace_back("counts for tier or segment");
  return absl::StrCat(absl::StrJoin(gifts, ", "), LinesText(step));
}

std::string OutcomeText(const TraceStep& step, const ProgramFacts& facts) {
  switch (step.outcome()) {
    case TraceStep::APPLIED:
      return Gifts(step, facts);
    case TraceStep::OUT_OF_TIME:
      return "no, not at this time";
    case TraceStep::CONDITION_FALSE:
      return "no";
    case TraceStep::CONDITION_FAILED:
      return "no, its condition failed";
    case TraceStep::NO_LINES:
      return "no, it selects no line";
    case TraceStep::WITHHELD:
      return absl::StrCat("no, ", WithheldText(step.withheld()));
    case TraceStep::NOTHING_TO_GIVE:
      return absl::StrCat("nothing to give", LinesText(step));
    case TraceStep::NO_MEMBER:
      return "no, the sale has no member";
    default:
      return "";
  }
}

std::string PartText(const v1::DecidingPart& part) {
  std::string text = part.text();
  if (!part.line_id().empty()) {
    text = absl::StrCat(part.line_id(), ": ", text);
  }
  if (!part.error().empty()) return absl::StrCat(text, " (", part.error(), ")");
  absl::StrAppend(&text, part.holds() ? " is true" : " is false");
  std::vector<std::string> compared;
  for (const v1::ComparedValue& value : part.compared())
    compared.push_back(absl::StrCat(value.text(), " is ", value.value()));
  if (compared.empty()) return text;
  return absl::StrCat(text, " (", absl::StrJoin(compared, ", "), ")");
}

std::string CutText(const v1::CapCut& cut, const ProgramFacts& facts) {
  return absl::StrCat(cut.cap_id(), cut.line_id().empty() ? "" : " of ",
                      cut.line_id(), " left ",
                      facts.MoneyText(cut.left_minor()), " of ",
                      facts.MoneyText(cut.requested_minor()));
}

std::string LimitText(const v1::LimitStanding& limit,
                      const ProgramFacts& facts) {
  std::vector<std::string> parts;
  if (limit.has_times()) {
    parts.push_back(
        absl::StrCat(limit.times_used(), " of ", limit.times(), " times"));
  }
  if (limit.has_points()) {
    parts.push_back(
        absl::StrCat(limit.points_used(), " of ", limit.points(), " points"));
  }
  if (limit.has_discount_minor()) {
    parts.push_back(absl::StrCat(facts.MoneyText(limit.discount_used_minor()),
                                 " of ",
                                 facts.MoneyText(limit.discount_minor())));
  }
  return absl::StrCat("limit per ", limit.per(), ", ", limit.window(), ": ",
                      absl::StrJoin(parts, ", "), " used");
}

}  // namespace

std::vector<std::string> TraceLines(const v1::Trace& trace,
                                    const ProgramFacts& facts) {
  std::vector<std::string> lines;
  for (const TraceStep& step : trace.steps()) {
    std::string line =
        absl::StrCat(NameOf(step), ": ", OutcomeText(step, facts));
    const bool is_partly_withheld =
        step.outcome() == TraceStep::APPLIED &&
        step.withheld() != v1::WithheldRule::REASON_UNSPECIFIED;
    if (is_partly_withheld) {
      absl::StrAppend(&line, "; a part withheld, ",
                      WithheldText(step.withheld()));
    }
    for (const v1::CapCut& cut : step.cuts())
      absl::StrAppend(&line, "; ", CutText(cut, facts));
    for (const v1::LimitStanding& limit : step.limits())
      absl::StrAppend(&line, "; ", LimitText(limit, facts));
    for (const v1::DecidingPart& part : step.decided_by())
      absl::StrAppend(&line, "; ", PartText(part));
    lines.push_back(std::move(line));
  }
  if (trace.unlisted_steps() > 0) {
    lines.push_back(absl::StrCat("and ", trace.unlisted_steps(), " more"));
  }
  return lines;
}

std::string TraceText(const v1::Trace& trace, const ProgramFacts& facts) {
  const std::vector<std::string> lines = TraceLines(trace, facts);
  return lines.empty() ? "" : absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
}

}  // namespace pistis
