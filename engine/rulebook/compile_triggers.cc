// What sets rules off, and referrals.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr size_t kMaxPrefixBytes = 8;

Rule ReadTrigger(const TextField& field, Reporter& reporter, Rule rule) {
  rule.event = std::string(field.text);
  for (int i = 0; i < kTriggers; ++i) {
    const auto trigger = static_cast<Trigger>(i);
    if (trigger == Trigger::kActivity || TriggerName(trigger) != field.text) {
      continue;
    }
    rule.trigger = trigger;
    return rule;
  }
  rule.trigger = Trigger::kActivity;
  const std::string problem = ActivityNameProblem(field.text);
  if (!problem.empty()) {
    reporter.Add(field.path, absl::StrCat(Shown(field.text), " ", problem));
  }
  return rule;
}

// The variable of orders that is asked for at `offset`; empty: none is.
absl::string_view OrderVariableAt(absl::string_view text, size_t offset) {
  const absl::string_view rest = text.substr(std::min(offset, text.size()));
  for (const absl::string_view name : {"order", "line"}) {
    const bool ends =
        rest.size() == name.size() ||
        (rest.size() > name.size() &&
         !absl::ascii_isalnum(static_cast<unsigned char>(rest[name.size()])) &&
         rest[name.size()] != '_');
    if (absl::StartsWith(rest, name) && ends) return name;
  }
  return "";
}

Condition ReadEventCondition(const TextField& field, const Rule& rule,
                             const CompileContext& context) {
  const expr::Environment& environment =
      context.vocabulary.events[static_cast<size_t>(rule.trigger)];
  expr::CompileOptions options;
  options.result = expr::Type::Bool();
  const auto compiled =
      expr::Expression::Compile(field.text, environment, options);
  const auto error =
      compiled.ok() ? std::nullopt : expr::ExprErrorOf(compiled.status());
  const size_t offset = error ? static_cast<size_t>(error->offset) : 0;
  const absl::string_view asked =
      error ? OrderVariableAt(field.text, offset) : "";
  if (asked.empty()) {
    return ReadCondition(field, environment, context.reporter);
  }
  context.reporter.AddInside(
      field.path, field.text, offset,
      absl::StrCat("there is no ", asked, " on ", rule.event,
                   "; ask for member, event and now, or remove on:"));
  return nullptr;
}

void CheckPointsAlone(const v1::Earn& earn, const std::string& path,
                      const Rule& rule, Reporter& reporter) {
  const bool alone = earn.per().empty() && !earn.per_unit() &&
                     earn.multiply().empty() && earn.steps().empty();
  if (alone) return;
  reporter.Add(path, absl::StrCat("counts what an order holds, and there is "
                                  "none on ",
                                  rule.event, "; write {points: 100}"));
}

// What a rule without an order cannot have.
void CheckWithoutOrder(const v1::Rule& source, const std::string& path,
                       const Rule& rule, Reporter& reporter) {
  const auto refuse = [&](bool stated, absl::string_view key) {
    if (!stated) return;
    reporter.Add(KeyPath(path, key),
                 absl::StrCat("is for orders, and there is none on ",
                              rule.event, "; remove it"));
  };
  refuse(source.has_discount(), "discount");
  refuse(!source.lines().empty(), "lines");
  refuse(source.has_stack(), "stack");
  const bool is_told = rule.trigger == Trigger::kActivity ||
                       !source.note().empty() || source.issue_code().empty();
  if (!is_told) {
    reporter.Add(KeyPath(path, "issue_code"),
                 absl::StrCat("nobody would learn the code, as ", rule.event,
                              " has no reply that tells it; add note: with a "
                              "text that shows {{code}}"));
  }
  if (source.has_earn()) {
    CheckPointsAlone(source.earn(), KeyPath(path, "earn"), rule, reporter);
  }
  if (source.has_tier_points()) {
    CheckPointsAlone(source.tier_points(), KeyPath(path, "tier_points"), rule,
                     reporter);
  }
  for (int i = 0; i < source.limits_size(); ++i) {
    if (source.limits(i).per() != "order") continue;
    reporter.Add(
        KeyPath(EntryPath(KeyPath(path, "limits"), static_cast<size_t>(i)),
                "per"),
        absl::StrCat("\"order\": there is none on ", rule.event,
                     "; write member, campaign or day"));
  }
}

}  // namespace

Rule CompileTrigger(const v1::Rule& source, const std::string& path,
                    const CompileContext& context, Rule rule) {
  const TextField when{KeyPath(path, "when"), source.when()};
  if (!source.on().empty()) {
    rule = ReadTrigger({KeyPath(path, "on"), source.on()}, context.reporter,
                       std::move(rule));
  }
  if (rule.trigger == Trigger::kOrderCommitted) {
    rule.when = ReadCondition(when, context.vocabulary.when, context.reporter);
    return rule;
  }
  if (!when.text.empty()) rule.when = ReadEventCondition(when, rule, context);
  CheckWithoutOrder(source, path, rule, context.reporter);
  return rule;
}

void PutEventRulesApart(Rulebook& rulebook, Reporter& reporter) {
  const auto events = std::stable_partition(
      rulebook.rules.begin(), rulebook.rules.end(), [](const Rule& rule) {
        return rule.trigger == Trigger::kOrderCommitted;
      });
  rulebook.event_rules.assign(std::make_move_iterator(events),
                              std::make_move_iterator(rulebook.rules.end()));
  rulebook.rules.erase(events, rulebook.rules.end());
  const bool lacks_notice =
      rulebook.HasRuleOn(TriggerName(Trigger::kPointsExpiring)) &&
      !rulebook.points.expiring_notice_days;
  if (lacks_notice) {
    reporter.Add("points",
                 "does not say when points are about to expire, which a rule "
                 "is on; add expiring_notice: 14d");
  }
}

ReferralPolicy CompileReferral(const v1::Referral& referral,
                               const CompileContext& context) {
  ReferralPolicy policy;
  policy.prefix = referral.prefix();
  const bool is_prefix =
      policy.prefix.size() <= kMaxPrefixBytes &&
      std::all_of(policy.prefix.begin(), policy.prefix.end(),
                  [](unsigned char c) {
                    return absl::ascii_isupper(c) || absl::ascii_isdigit(c);
                  });
  if (!is_prefix) {
    context.reporter.Add(
        "referral.prefix",
        absl::StrCat(Shown(policy.prefix), " is not a prefix; write at most ",
                     kMaxPrefixBytes, " of A-Z and 0-9"));
  }
  policy.qualify = ReadCondition({"referral.qualify", referral.qualify()},
                                 context.vocabulary.when, context.reporter);
  if (referral.max_per_member() != 0 ||
      context.reporter.Stated("referral.max_per_member")) {
    CheckCount(
        {.path = "referral.max_per_member", .value = referral.max_per_member()},
        context.reporter);
    policy.max_per_member = referral.max_per_member();
  }
  if (!referral.window().empty()) {
    policy.window_days =
        ReadDays({"referral.window", referral.window()}, context.reporter);
  }
  return policy;
}

}  // namespace pistis
