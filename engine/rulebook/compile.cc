#include "engine/rulebook/compile.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "engine/base/status_macros.h"
#include "engine/rulebook/compile_parts.h"
#include "engine/rulebook/examples.h"

namespace pistis {
namespace {

constexpr size_t kMaxProgramIdBytes = 64;

bool IsProgramCharacter(unsigned char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' ||
         c == '_';
}

bool IsZoneCharacter(unsigned char c) {
  return absl::ascii_isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
}

void CheckProgram(const std::string& program, Reporter& reporter) {
  if (program.empty()) {
    reporter.Add("program", "is missing; add program: and the program's id");
    return;
  }
  const bool well_formed =
      program.size() <= kMaxProgramIdBytes &&
      std::all_of(program.begin(), program.end(), IsProgramCharacter);
  if (well_formed) return;
  reporter.Add(
      "program",
      absl::StrCat(Shown(program), " is not a program's id; write 1 to ",
                   kMaxProgramIdBytes, " of a-z, 0-9, - and _"));
}

// Where the currency is not known, one with the most decimals stands in for it,
// so that the amounts can still be looked at.
Currency CompileCurrency(const std::string& code, Reporter& reporter) {
  Currency stand_in{.code = code, .decimals = 3};
  if (code.empty()) {
    reporter.Add("currency", "is missing; add the ISO 4217 code, such as EUR");
    return stand_in;
  }
  const std::optional<Currency> currency = FindCurrency(code);
  if (currency.has_value()) return *currency;
  const std::string upper = absl::AsciiStrToUpper(code);
  reporter.Add("currency",
               FindCurrency(upper).has_value()
                   ? absl::StrCat(Shown(code), " is not known; did you mean ",
                                  Shown(upper), "?")
                   : absl::StrCat(Shown(code),
                                  " is not a currency; write its ISO 4217 "
                                  "code, such as EUR"));
  return stand_in;
}

absl::TimeZone CompileTimeZone(const std::string& name, Reporter& reporter) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (name.empty()) {
    reporter.Add("time_zone",
                 "is missing; add the IANA name, such as Europe/Athens");
  } else if (!IsZoneName(name) || !absl::LoadTimeZone(name, &zone)) {
    reporter.Add("time_zone", absl::StrCat(Shown(name),
                                           " is not a time zone; write its "
                                           "IANA name, such as "
                                           "Europe/Athens"));
  }
  return zone;
}

struct EarningBase {
  bool on_tax = true;
  bool after_discounts = true;
};

EarningBase CompileEarningBasis(const v1::EarningBasis& basis,
                                Reporter& reporter) {
  EarningBase base;
  base.on_tax =
      ReadChoice<bool>({"earning_basis.tax", basis.tax()},
                       {{"included", true}, {"excluded", false}}, reporter)
          .value_or(true);
  if (basis.has_after_discounts()) {
    base.after_discounts = basis.after_discounts();
  }
  return base;
}

struct Rounding {
  PointsRounding points = PointsRounding::kDown;
  MoneyRounding money = MoneyRounding::kHalfUp;
};

Rounding CompileRounding(const v1::Rounding& rounding, Reporter& reporter) {
  Rounding compiled;
  compiled.points =
      ReadChoice<PointsRounding>({"rounding.points", rounding.points()},
                                 {{"down", PointsRounding::kDown},
                                  {"half_up", PointsRounding::kHalfUp},
                                  {"up", PointsRounding::kUp}},
                                 reporter)
          .value_or(compiled.points);
  compiled.money =
      ReadChoice<MoneyRounding>({"rounding.money", rounding.money()},
                                {{"half_up", MoneyRounding::kHalfUp},
                                 {"half_even", MoneyRounding::kHalfEven}},
                                reporter)
          .value_or(compiled.money);
  return compiled;
}

// False, with a problem reported, where the list is too long to be looked at.
bool IsBounded(const std::string& list, int size, int most,
               Reporter& reporter) {
  if (size <= most) return true;
  reporter.Add(list, absl::StrCat("has ", size, " entries; at most ", most,
                                  " are allowed"));
  return false;
}

// All conditions together take memory in proportion to their text, some dozen
// times over.
constexpr size_t kMaxConditionBytes = size_t{1} << 20U;

size_t ConditionBytes(const v1::Discount& discount) {
  return discount.buy().lines().size();
}

template <typename Entries>
size_t ConditionBytesIn(const Entries& entries) {
  size_t bytes = 0;
  for (const auto& entry : entries) {
    bytes += entry.when().size() + entry.lines().size() +
             ConditionBytes(entry.discount());
  }
  return bytes;
}

size_t RemedyConditionBytes(const v1::CarePolicy& care) {
  size_t bytes = 0;
  for (const v1::RemedyTemplate& remedy : care.remedies())
    bytes += remedy.when().size();
  return bytes;
}

bool AreConditionsBounded(const v1::Rulebook& message, Reporter& reporter) {
  const size_t bytes = ConditionBytesIn(message.rules()) +
                       ConditionBytesIn(message.codes()) +
                       RemedyConditionBytes(message.care());
  if (bytes <= kMaxConditionBytes) return true;
  reporter.Add("rules", absl::StrCat("have conditions of ", bytes,
                                     " bytes in all, with those of codes; at "
                                     "most ",
                                     kMaxConditionBytes,
                                     " are allowed. Name long lists of "
                                     "articles under lists"));
  return false;
}

// The rulebook with its lists; without them where one is too long.
Rulebook CompileLists(const v1::Rulebook& message,
                      const CompileContext& context, Rulebook rulebook) {
  Reporter& reporter = context.reporter;
  const bool codes =
      IsBounded("codes", message.codes_size(), kMaxCodeTemplates, reporter);
  const bool notes =
      IsBounded("notes", message.notes_size(), kMaxNoteTemplates, reporter);
  const bool rules =
      IsBounded("rules", message.rules_size(), kMaxRules, reporter);
  const bool tiers =
      IsBounded("tiers", message.tiers_size(), kMaxTiers, reporter);
  const bool segments =
      IsBounded("segments", message.segments_size(), kMaxSegments, reporter);
  const bool bounded = codes && notes && rules && tiers && segments &&
                       AreConditionsBounded(message, reporter);
  if (!bounded) return rulebook;
  References references;
  StackGroups stacks = CompileStacks(message, reporter);
  rulebook.groups = std::move(stacks.groups);
  rulebook.budgets = CompileBudgets(message, context, references);
  rulebook.codes = CompileCodes(message, context, references, stacks.of_code);
  rulebook.notes = CompileNotes(message, context, references);
  if (message.has_contact()) {
    rulebook.contact = CompileContact(message.contact(), reporter);
  }
  rulebook.tiers = CompileTiers(message, context);
  rulebook.segments = CompileSegments(message, context, references);
  rulebook.rules = CompileRules(message, context, references, stacks.of_rule);
  PutEventRulesApart(rulebook, reporter);
  NoteWhatBudgetsCount(rulebook);
  if (message.has_referral()) {
    rulebook.referral = CompileReferral(message.referral(), context);
  }
  if (message.has_care()) {
    rulebook.care = CompileCare(message, rulebook, context, references);
  }
  NoteWhatIsAsked(rulebook);
  for (const Stage stage :
       {Stage::kSelectedLines, Stage::kWholeOrder, Stage::kEarning}) {
    for (size_t i = 0; i < rulebook.rules.size(); ++i) {
      const Rule& rule = rulebook.rules[i];
      if (!rule.group || StageOf(rule) != stage) continue;
      rulebook.groups[*rule.group].rules.push_back(i);
    }
  }
  return rulebook;
}

Checked<Rulebook> CheckWith(const v1::Rulebook& message, Reporter reporter) {
  Rulebook rulebook;
  rulebook.program = message.program();
  CheckProgram(message.program(), reporter);
  const Currency currency = CompileCurrency(message.currency(), reporter);
  rulebook.currency = currency;
  rulebook.time_zone = CompileTimeZone(message.time_zone(), reporter);
  rulebook.lists = CompileItemLists(message, reporter);
  const Vocabulary vocabulary = MakeVocabulary(currency, rulebook.lists);
  const CompileContext context{
      .currency = currency, .vocabulary = vocabulary, .reporter = reporter};
  rulebook.points = CompilePoints(message.points(), context);
  const EarningBase base =
      CompileEarningBasis(message.earning_basis(), reporter);
  rulebook.earn_on_tax = base.on_tax;
  rulebook.earn_after_discounts = base.after_discounts;
  if (message.tax().has_prices_include_tax()) {
    rulebook.prices_include_tax = message.tax().prices_include_tax();
  }
  const Rounding rounding = CompileRounding(message.rounding(), reporter);
  rulebook.points_rounding = rounding.points;
  rulebook.money_rounding = rounding.money;
  if (message.has_margin()) {
    rulebook.margin = CompileMargin(message.margin(), context);
    if (rulebook.margin->counts_earned_points && !rulebook.points.value) {
      reporter.Add("margin.counts.earned_points",
                   "needs to know what a point is worth; state points.value");
    }
  }
  rulebook = CompileLists(message, context, std::move(rulebook));
  static_cast<void>(CompileExamples(message, rulebook, reporter));
  if (!reporter.ok()) return {.findings = reporter.Take()};
  rulebook.index.emplace(rulebook.rules, rulebook.lists);
  return {.made = std::move(rulebook)};
}

absl::StatusOr<Rulebook> Numbered(Checked<Rulebook> checked, int64_t version) {
  if (checked.made) checked.made->version = version;
  return MadeOrInvalid(std::move(checked));
}

}  // namespace

bool IsZoneName(absl::string_view name) {
  return !name.empty() && name.size() <= 64 && name != "localtime" &&
         !absl::StartsWith(name, "/") &&
         std::all_of(name.begin(), name.end(), IsZoneCharacter);
}

absl::StatusOr<Rulebook> Compile(const LoadedRulebook& loaded,
                                 int64_t version) {
  return Numbered(CheckMeaning(loaded), version);
}

absl::StatusOr<Rulebook> CompileMessage(const v1::Rulebook& message,
                                        int64_t version) {
  return Numbered(CheckMeaning(message), version);
}

Checked<Rulebook> CheckMeaning(const LoadedRulebook& loaded) {
  return CheckWith(loaded.rulebook, Reporter(&loaded.positions));
}

Checked<Rulebook> CheckMeaning(const v1::Rulebook& message) {
  return CheckWith(message, Reporter(nullptr));
}

absl::StatusOr<Rulebook> CompileYaml(absl::string_view yaml, int64_t version) {
  PISTIS_ASSIGN_OR_RETURN(const LoadedRulebook loaded, LoadYaml(yaml));
  return Compile(loaded, version);
}

}  // namespace pistis
