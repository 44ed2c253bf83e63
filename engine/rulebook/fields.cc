#include "engine/rulebook/fields.h"

#include <algorithm>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "engine/expr/error.h"
#include "engine/expr/expression.h"
#include "engine/expr/type.h"

namespace pistis {
namespace {

constexpr size_t kMaxRulebookIdBytes = 64;
constexpr int64_t kMaxCostRate = 10;

bool IsIdCharacter(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' ||
         c == '_';
}

bool IsRulebookId(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxRulebookIdBytes &&
         std::all_of(text.begin(), text.end(), IsIdCharacter);
}

bool IsDigits(absl::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// What is wrong with a rate of this meaning; empty where nothing is.
std::string RateProblem(absl::string_view text, const Rate& rate,
                        RateMeaning meaning) {
  const bool whole_or_more = rate.numerator() >= rate.denominator();
  if (!absl::EndsWith(text, "%") && whole_or_more) {
    return absl::StrCat(Shown(text), " lacks the percent sign; write \"", text,
                        "%\"");
  }
  switch (meaning) {
    case RateMeaning::kDiscount:
      if (rate.is_zero()) {
        return "must be above 0 %; give a larger part or remove it";
      }
      [[fallthrough]];
    case RateMeaning::kCap:
      return rate.is_at_most_one()
                 ? ""
                 : absl::StrCat(Shown(text),
                                " is more than the whole; at most \"100%\" is "
                                "allowed");
    case RateMeaning::kCost:
      return rate.numerator() <= kMaxCostRate * rate.denominator()
                 ? ""
                 : absl::StrCat(Shown(text),
                                " is too large; at most \"1000%\" is allowed");
  }
  return "";
}

std::string DaysProblem(absl::string_view text) {
  if (IsDigits(text) && text.size() <= 6) {
    return absl::StrCat(Shown(text), " lacks the unit; write ", text, "d");
  }
  return absl::StrCat(Shown(text),
                      " is not a number of days; write it as 365d, days only");
}

}  // namespace

std::optional<Money> ReadAmount(const TextField& field,
                                const Currency& currency, Reporter& reporter) {
  const absl::StatusOr<Money> money = ParseMoney(field.text, currency);
  if (!money.ok()) {
    reporter.Add(
        field.path,
        absl::StrCat(
            Shown(field.text), " is not an amount of money: ",
            money.status().message(), "; write it as \"",
            FormatMoney(Money(currency.minor_per_major() * 20), currency),
            "\""));
    return std::nullopt;
  }
  return *money;
}

std::optional<Money> ReadMoney(const TextField& field, const Currency& currency,
                               Reporter& reporter) {
  const std::optional<Money> money = ReadAmount(field, currency, reporter);
  if (!money || money->is_positive()) return money;
  reporter.Add(field.path,
               "must be above zero; give a larger amount or remove it");
  return std::nullopt;
}

std::optional<Rate> ReadRate(const TextField& field, RateMeaning meaning,
                             Reporter& reporter) {
  const absl::StatusOr<Rate> rate = Rate::Parse(field.text);
  if (!rate.ok()) {
    reporter.Add(field.path,
                 absl::StrCat(Shown(field.text),
                              " is not a percentage: ", rate.status().message(),
                              "; write it as \"12.5%\""));
    return std::nullopt;
  }
  const std::string problem = RateProblem(field.text, *rate, meaning);
  if (!problem.empty()) {
    reporter.Add(field.path, problem);
    return std::nullopt;
  }
  return *rate;
}

std::optional<int> ReadDays(const TextField& field, Reporter& reporter) {
  absl::string_view digits = field.text;
  const bool in_days = absl::ConsumeSuffix(&digits, "d");
  if (!in_days || !IsDigits(digits)) {
    reporter.Add(field.path, DaysProblem(field.text));
    return std::nullopt;
  }
  int days = 0;
  if (!absl::SimpleAtoi(digits, &days) || days < 1 || days > kMaxDays) {
    reporter.Add(field.path,
                 absl::StrCat(Shown(field.text),
                              " is out of range; write 1d to ", kMaxDays, "d"));
    return std::nullopt;
  }
  return days;
}

std::optional<absl::CivilDay> ReadDay(const TextField& field,
                                      Reporter& reporter) {
  if (field.text.empty()) return std::nullopt;
  absl::CivilDay day;
  const bool four_digits = field.text.find('-') == 4;
  if (four_digits && absl::ParseCivilTime(field.text, &day)) return day;
  reporter.Add(
      field.path,
      absl::StrCat(Shown(field.text), " is not a day; write it as 2026-12-31"));
  return std::nullopt;
}

Condition ReadCondition(const TextField& field,
                        const expr::Environment& environment,
                        Reporter& reporter) {
  // Once mistakes are only counted, those in conditions are not looked for:
  // finding the nearest of many names takes its time.
  if (field.text.empty() || reporter.full()) return nullptr;
  expr::CompileOptions options;
  options.result = expr::Type::Bool();
  absl::StatusOr<expr::Expression> expression =
      expr::Expression::Compile(field.text, environment, options);
  if (expression.ok()) {
    return std::make_shared<const expr::Expression>(*std::move(expression));
  }
  const auto error = expr::ExprErrorOf(expression.status());
  if (error.has_value()) {
    reporter.AddInside(field.path, field.text,
                       static_cast<size_t>(error->offset), error->message);
  } else {
    reporter.Add(field.path, expression.status().message());
  }
  return nullptr;
}

bool CheckCount(const CountField& field, Reporter& reporter) {
  if (field.value >= field.least && field.value <= field.most) return true;
  reporter.Add(field.path, absl::StrCat(field.value, " is out of range; write ",
                                        field.least, " to ", field.most));
  return false;
}

int64_t ReadCount(const CountField& field, int64_t otherwise,
                  Reporter& reporter) {
  if (field.value == 0 && !reporter.Stated(field.path)) return otherwise;
  return CheckCount(field, reporter) ? field.value : otherwise;
}

bool CheckIdForm(const TextField& field, Reporter& reporter) {
  if (IsRulebookId(field.text)) return true;
  reporter.Add(field.path,
               absl::StrCat(Shown(field.text), " is not an id; write 1 to ",
                            kMaxRulebookIdBytes, " of a-z, 0-9, - and _"));
  return false;
}

void ReportChoice(const TextField& field, const std::vector<std::string>& names,
                  Reporter& reporter) {
  std::string mend = reporter.Suggestion(field.text, names);
  if (mend.empty()) {
    mend = absl::StrCat("; write ", absl::StrJoin(names, " or "));
  }
  reporter.Add(field.path,
               absl::StrCat(Shown(field.text), " is not known", mend));
}

void IdIndex::Add(const TextField& field, size_t index, Reporter& reporter) {
  if (field.text.empty()) {
    reporter.Add(field.path, "is missing; give it an id, such as welcome-5");
    return;
  }
  if (!CheckIdForm(field, reporter)) return;
  const auto [entry, added] = indexes_.emplace(std::string(field.text), index);
  if (added) return;
  reporter.Add(
      field.path,
      absl::StrCat(Shown(field.text), " is taken by entry ", entry->second + 1,
                   " of the list; choose another id"));
}

std::optional<size_t> IdIndex::Find(const TextField& field,
                                    absl::string_view kind,
                                    Reporter& reporter) const {
  if (field.text.empty()) return std::nullopt;
  const auto found = indexes_.find(field.text);
  if (found != indexes_.end()) return found->second;
  std::string mend;
  if (!reporter.full()) {
    std::vector<std::string> ids;
    for (const auto& [id, index] : indexes_)
      ids.push_back(id);
    mend = reporter.Suggestion(field.text, ids);
  }
  if (mend.empty()) {
    mend = absl::StrCat("; add a ", kind, " of this id or correct it");
  }
  reporter.Add(field.path, absl::StrCat("there is no ", kind, " ",
                                        Shown(field.text), mend));
  return std::nullopt;
}

}  // namespace pistis
