#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr absl::string_view kPath = "margin";
constexpr size_t kMaxCategoryBytes = 256;
constexpr int kMaxCategories = 10'000;

// Where nothing is said and nothing asked: a line of unknown cost has no
// margin.
constexpr Rate kWholeCost{1, 1};

bool IsCategoryPath(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxCategoryBytes &&
         !absl::StartsWith(text, "/") && !absl::EndsWith(text, "/") &&
         !absl::StrContains(text, "//");
}

UnknownCostPolicy CompileUnknownCost(const v1::MarginPolicy& margin,
                                     const CompileContext& context) {
  if (!margin.has_unknown_cost()) return kWholeCost;
  const std::string path = KeyPath(kPath, "unknown_cost");
  const v1::UnknownCost& unknown = margin.unknown_cost();
  if (unknown.assume().empty() != unknown.refuse_discounts()) {
    context.reporter.Add(path,
                         "takes exactly one of assume: \"70%\" and "
                         "refuse_discounts: true");
    return kWholeCost;
  }
  if (unknown.refuse_discounts()) return RefuseDiscounts{};
  return ReadRate({KeyPath(path, "assume"), unknown.assume()},
                  RateMeaning::kCost, context.reporter)
      .value_or(kWholeCost);
}

std::map<std::string, Rate> CompileCategories(const v1::MarginPolicy& margin,
                                              const CompileContext& context) {
  const std::string path = KeyPath(kPath, "category_cost");
  if (margin.category_cost_size() > kMaxCategories) {
    context.reporter.Add(path, absl::StrCat("has more than ", kMaxCategories,
                                            " categories; name parents "
                                            "instead"));
    return {};
  }
  std::map<std::string, Rate> costs;
  for (const auto& [category, cost] : margin.category_cost()) {
    const std::string inner = MapKeyPath(path, category);
    if (!IsCategoryPath(category)) {
      context.reporter.Add(inner, absl::StrCat(Shown(category),
                                               " is not a category path; write "
                                               "it as drinks/coffee"));
    }
    const std::optional<Rate> rate =
        ReadRate({inner, cost}, RateMeaning::kCost, context.reporter);
    if (rate.has_value()) costs.emplace(category, *rate);
  }
  return costs;
}

std::optional<Rate> CompileCap(const TextField& field,
                               const CompileContext& context) {
  if (field.text.empty()) return std::nullopt;
  return ReadRate(field, RateMeaning::kCap, context.reporter);
}

void RequireUnknownCost(const v1::MarginPolicy& margin,
                        const CompileContext& context) {
  if (margin.has_unknown_cost()) return;
  absl::string_view cap;
  if (!margin.order().max_share_of_margin().empty()) {
    cap = "order.max_share_of_margin";
  } else if (margin.line().never_below_cost()) {
    cap = "line.never_below_cost";
  } else {
    return;
  }
  context.reporter.Add(
      KeyPath(kPath, cap),
      "needs to know what to do where a cost is not known; add margin."
      "unknown_cost: {assume: \"70%\"} or {refuse_discounts: true}");
}

}  // namespace

MarginPolicy CompileMargin(const v1::MarginPolicy& margin,
                           const CompileContext& context) {
  MarginPolicy policy;
  const std::string order = KeyPath(kPath, "order");
  policy.unknown_cost = CompileUnknownCost(margin, context);
  policy.category_cost = CompileCategories(margin, context);
  policy.max_discount = CompileCap(
      {KeyPath(order, "max_discount"), margin.order().max_discount()}, context);
  policy.max_share_of_margin =
      CompileCap({KeyPath(order, "max_share_of_margin"),
                  margin.order().max_share_of_margin()},
                 context);
  policy.never_below_cost = margin.line().never_below_cost();
  if (margin.counts().has_redeemed_points()) {
    policy.counts_redeemed_points = margin.counts().redeemed_points();
  }
  policy.on_exceed =
      ReadChoice<OnExceed>(
          {KeyPath(kPath, "on_exceed"), margin.on_exceed()},
          {{"trim", OnExceed::kTrim}, {"refuse", OnExceed::kRefuse}},
          context.reporter)
          .value_or(OnExceed::kTrim);
  RequireUnknownCost(margin, context);
  return policy;
}

}  // namespace pistis
