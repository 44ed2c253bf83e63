#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

// Each may be asked about for each order.
constexpr int kMaxBudgets = 50;

// One budget on its way from the message.
class BudgetReader {
 public:
  BudgetReader(const v1::Budget& source, std::string path,
               const CompileContext& context)
      : source_(source), path_(std::move(path)), context_(context) {}

  Budget Read() {
    Budget budget;
    budget.id = source_.id();
    budget.scope = ReadScope();
    const WindowSpan span =
        ReadWindow({In("window"), source_.window()}, context_.reporter);
    budget.window = span.window;
    budget.windows = span.windows;
    ReadMaxDiscount(budget);
    if (States(source_.max_points(), "max_points")) {
      budget.max_points =
          Points(ReadAmount("max_points", source_.max_points()));
    }
    if (States(source_.max_times(), "max_times")) {
      budget.max_times = ReadAmount("max_times", source_.max_times());
    }
    if (source_.max_discount().empty() && !budget.max_points &&
        !budget.max_times) {
      context_.reporter.Add(path_,
                            "limits nothing; add max_discount: \"1000.00\", "
                            "max_points or max_times");
    }
    return budget;
  }

 private:
  [[nodiscard]] std::string In(absl::string_view key) const {
    return KeyPath(path_, key);
  }
  [[nodiscard]] bool States(int64_t value, absl::string_view key) const {
    return value != 0 || context_.reporter.Stated(In(key));
  }

  int64_t ReadAmount(absl::string_view key, int64_t amount) {
    CheckCount({.path = In(key), .value = amount}, context_.reporter);
    return amount;
  }

  BudgetScope ReadScope() {
    if (source_.per().empty()) {
      context_.reporter.Add(path_,
                            "does not say what has a sum of its own; add per: "
                            "program, campaign, rule, member, store or "
                            "terminal");
    }
    return ReadChoice<BudgetScope>({In("per"), source_.per()},
                                   {{"program", BudgetScope::kProgram},
                                    {"campaign", BudgetScope::kCampaign},
                                    {"rule", BudgetScope::kRule},
                                    {"member", BudgetScope::kMember},
                                    {"store", BudgetScope::kStore},
                                    {"terminal", BudgetScope::kTerminal}},
                                   context_.reporter)
        .value_or(BudgetScope::kProgram);
  }

  void ReadMaxDiscount(Budget& budget) {
    const TextField field{In("max_discount"), source_.max_discount()};
    if (!absl::EndsWith(field.text, "%")) {
      if (field.text.empty()) return;
      budget.max_discount =
          ReadMoney(field, context_.currency, context_.reporter);
      return;
    }
    budget.max_share =
        ReadRate(field, RateMeaning::kDiscount, context_.reporter);
    if (budget.windows > 1) {
      context_.reporter.Add(
          field.path,
          "is a part of sales, which would leave a window of days before the "
          "discounts they paid for; write window: month, or an amount");
    }
    if (budget.scope == BudgetScope::kRule ||
        budget.scope == BudgetScope::kCampaign) {
      context_.reporter.Add(
          field.path, absl::StrCat("is a part of sales, and a ", source_.per(),
                                   " has none of its own; write per: "
                                   "program, or an amount"));
    }
  }

  const v1::Budget& source_;
  const std::string path_;
  const CompileContext& context_;
};

}  // namespace

std::vector<Budget> CompileBudgets(const v1::Rulebook& rulebook,
                                   const CompileContext& context,
                                   References& references) {
  if (rulebook.budgets_size() > kMaxBudgets) {
    context.reporter.Add(
        "budgets",
        absl::StrCat("has ", rulebook.budgets_size(), " entries; at most ",
                     kMaxBudgets, " are allowed"));
    return {};
  }
  std::vector<Budget> budgets;
  for (const v1::Budget& source : rulebook.budgets()) {
    const std::string path = EntryPath("budgets", budgets.size());
    references.budgets.Add({KeyPath(path, "id"), source.id()}, budgets.size(),
                           context.reporter);
    budgets.push_back(BudgetReader(source, path, context).Read());
    const BudgetScope scope = budgets.back().scope;
    references.budget_is_of_place.push_back(scope == BudgetScope::kStore ||
                                            scope == BudgetScope::kTerminal);
  }
  return budgets;
}

std::optional<size_t> FindBudget(const TextField& field, const Rule& rule,
                                 const References& references,
                                 Reporter& reporter) {
  const auto budget = references.budgets.Find(field, "budget", reporter);
  if (budget && !rule.discount && !rule.earn) {
    reporter.Add(field.path,
                 "counts discounts and points, and the rule gives neither; "
                 "remove it");
  }
  if (budget && rule.trigger != Trigger::kOrderCommitted &&
      references.budget_is_of_place[*budget]) {
    reporter.Add(field.path,
                 absl::StrCat("is by store or terminal, and ", rule.event,
                              " has none; name a budget per program, "
                              "campaign, rule or member"));
  }
  return budget;
}

void NoteWhatBudgetsCount(Rulebook& rulebook) {
  const auto note = [&](const Rule& rule) {
    if (rule.budget) rulebook.budgets[*rule.budget].counts_all = false;
  };
  std::for_each(rulebook.rules.begin(), rulebook.rules.end(), note);
  std::for_each(rulebook.event_rules.begin(), rulebook.event_rules.end(), note);
  std::for_each(rulebook.codes.begin(), rulebook.codes.end(), note);
}

}  // namespace pistis
