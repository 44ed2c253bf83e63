#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr int64_t kMostMultiple = 1000;
// So that several multiply exactly.
constexpr int64_t kMostMultipleParts = 1000;
constexpr int kMaxSteps = 100;

std::optional<EarnPoints> CompilePointsPer(const CountField& points,
                                           const TextField& per,
                                           const CompileContext& context) {
  EarnPoints shape;
  const bool counted = CheckCount(points, context.reporter);
  if (!per.text.empty()) {
    shape.per = ReadMoney(per, context.currency, context.reporter);
    if (!shape.per) return std::nullopt;
  }
  if (!counted) return std::nullopt;
  shape.points = Points(points.value);
  return shape;
}

std::optional<EarnShape> CompileMultiply(const TextField& field,
                                         const CompileContext& context) {
  const absl::StatusOr<Rate> by = Rate::Parse(field.text);
  if (!by.ok() || absl::EndsWith(field.text, "%") ||
      by->denominator() > kMostMultipleParts ||
      by->numerator() > kMostMultiple * by->denominator()) {
    context.reporter.Add(
        field.path,
        absl::StrCat(Shown(field.text),
                     " is not a multiple; write \"2\" or \"1.5\", from \"0\" "
                     "to \"",
                     kMostMultiple, "\" with at most three decimals"));
    return std::nullopt;
  }
  return EarnMultiply{*by};
}

// Each step's end lies above the one before; the last alone may have none.
std::optional<EarnShape> CompileSteps(const v1::Earn& earn,
                                      const std::string& path,
                                      const CompileContext& context) {
  if (earn.steps_size() > kMaxSteps) {
    context.reporter.Add(
        path, absl::StrCat("has ", earn.steps_size(), " steps; at most ",
                           kMaxSteps, " are allowed"));
    return std::nullopt;
  }
  EarnSteps table;
  Money end;
  for (const v1::EarnStep& source : earn.steps()) {
    const std::string step = EntryPath(path, table.steps.size());
    EarnStep compiled;
    const std::optional<EarnPoints> points = CompilePointsPer(
        {.path = KeyPath(step, "points"), .value = source.points()},
        {KeyPath(step, "per"), source.per()}, context);
    if (!points) return std::nullopt;
    compiled.earn = *points;
    if (!source.up_to().empty()) {
      compiled.up_to = ReadMoney({KeyPath(step, "up_to"), source.up_to()},
                                 context.currency, context.reporter);
      if (!compiled.up_to) return std::nullopt;
      if (*compiled.up_to <= end) {
        context.reporter.Add(KeyPath(step, "up_to"),
                             "must lie above the step before; put the steps "
                             "in ascending order");
        return std::nullopt;
      }
      end = *compiled.up_to;
    }
    table.steps.push_back(compiled);
    const bool is_last =
        table.steps.size() == static_cast<size_t>(earn.steps_size());
    if (!compiled.up_to && !is_last) {
      context.reporter.Add(step, "has no end; add up_to: \"50.00\"");
      return std::nullopt;
    }
  }
  return table;
}

std::vector<std::string> NamedShapes(const v1::Earn& earn) {
  std::vector<std::string> named;
  if (earn.points() != 0 || !earn.per().empty() || earn.per_unit()) {
    named.emplace_back("points");
  }
  if (!earn.multiply().empty()) named.emplace_back("multiply");
  if (!earn.steps().empty()) named.emplace_back("steps");
  return named;
}

}  // namespace

std::optional<EarnShape> CompileEarn(const v1::Earn& earn,
                                     const std::string& path,
                                     const CompileContext& context) {
  const std::vector<std::string> named = NamedShapes(earn);
  if (named.size() > 1) {
    context.reporter.Add(
        path, absl::StrCat("has ", absl::StrJoin(named, " and "),
                           "; give exactly one of points, multiply and steps"));
    return std::nullopt;
  }
  if (!earn.multiply().empty()) {
    return CompileMultiply({KeyPath(path, "multiply"), earn.multiply()},
                           context);
  }
  if (!earn.steps().empty()) {
    return CompileSteps(earn, KeyPath(path, "steps"), context);
  }
  const std::optional<EarnPoints> points = CompilePointsPer(
      {.path = KeyPath(path, "points"), .value = earn.points()},
      {KeyPath(path, "per"), earn.per()}, context);
  if (!points) return std::nullopt;
  if (!earn.per_unit()) return *points;
  if (points->per) {
    context.reporter.Add(KeyPath(path, "per_unit"),
                         "counts units, per counts money; remove one of them");
    return std::nullopt;
  }
  return EarnPerUnit{points->points};
}

}  // namespace pistis
