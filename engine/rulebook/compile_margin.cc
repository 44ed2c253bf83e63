#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr absl::string_view kMarginPath = "margin";
constexpr size_t kMaxCategoryBytes = 256;
constexpr int kMaxCategories = 10'000;
// The guard looks at each for each order.
constexpr int kMaxCappedCategories = 50;

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
  const std::string path = KeyPath(kMarginPath, "unknown_cost");
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

// Reports what is no category path.
void CheckCategory(const std::string& path, const std::string& category,
                   const CompileContext& context) {
  if (IsCategoryPath(category)) return;
  context.reporter.Add(path, absl::StrCat(Shown(category),
                                          " is not a category path; write it "
                                          "as drinks/coffee"));
}

// Reports more than `most` categories; true where there are.
bool HasTooMany(const std::string& path, int count, int most,
                const CompileContext& context) {
  if (count <= most) return false;
  context.reporter.Add(path, absl::StrCat("has more than ", most,
                                          " categories; name parents instead"));
  return true;
}

std::map<std::string, Rate> CompileCategoryCosts(
    const v1::MarginPolicy& margin, const CompileContext& context) {
  const std::string path = KeyPath(kMarginPath, "category_cost");
  if (HasTooMany(path, static_cast<int>(margin.category_cost_size()),
                 kMaxCategories, context)) {
    return {};
  }
  std::map<std::string, Rate> costs;
  for (const auto& [category, cost] : margin.category_cost()) {
    const std::string inner = MapKeyPath(path, category);
    CheckCategory(inner, category, context);
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

// `Caps` is v1::MarginCaps or v1::LineCaps.
template <typename Caps>
MarginCaps CompileCaps(const Caps& caps, const std::string& path,
                       const CompileContext& context) {
  MarginCaps compiled{
      .max_discount = CompileCap(
          {KeyPath(path, "max_discount"), caps.max_discount()}, context),
      .max_share_of_margin = CompileCap(
          {KeyPath(path, "max_share_of_margin"), caps.max_share_of_margin()},
          context),
      .min_margin = CompileCap({KeyPath(path, "min_margin"), caps.min_margin()},
                               context)};
  if (!caps.max_discount_amount().empty()) {
    compiled.max_discount_amount = ReadAmount(
        {KeyPath(path, "max_discount_amount"), caps.max_discount_amount()},
        context.currency, context.reporter);
  }
  return compiled;
}

std::map<std::string, MarginCaps> CompileCategoryCaps(
    const v1::MarginPolicy& margin, const CompileContext& context) {
  const std::string path = KeyPath(kMarginPath, "category");
  if (HasTooMany(path, static_cast<int>(margin.category_size()),
                 kMaxCappedCategories, context)) {
    return {};
  }
  std::map<std::string, MarginCaps> categories;
  for (const auto& [category, caps] : margin.category()) {
    const std::string inner = MapKeyPath(path, category);
    CheckCategory(inner, category, context);
    categories.emplace(category, CompileCaps(caps, inner, context));
  }
  return categories;
}

std::vector<std::string> CompileExcluded(const v1::MarginPolicy& margin,
                                         const CompileContext& context) {
  const std::string path = KeyPath(kMarginPath, "excluded_categories");
  if (HasTooMany(path, margin.excluded_categories_size(), kMaxCappedCategories,
                 context)) {
    return {};
  }
  for (int i = 0; i < margin.excluded_categories_size(); ++i) {
    CheckCategory(EntryPath(path, static_cast<size_t>(i)),
                  margin.excluded_categories(i), context);
  }
  return {margin.excluded_categories().begin(),
          margin.excluded_categories().end()};
}

// The first cap among `caps` that asks for the cost; empty where none does.
std::string CapThatNeedsCost(const MarginCaps& caps, const std::string& path) {
  if (caps.max_share_of_margin) return KeyPath(path, "max_share_of_margin");
  if (caps.min_margin) return KeyPath(path, "min_margin");
  return "";
}

void RequireUnknownCost(const v1::MarginPolicy& margin,
                        const MarginPolicy& policy,
                        const CompileContext& context) {
  if (margin.has_unknown_cost()) return;
  const std::string line = KeyPath(kMarginPath, "line");
  std::string cap =
      CapThatNeedsCost(policy.order, KeyPath(kMarginPath, "order"));
  if (cap.empty()) cap = CapThatNeedsCost(policy.line, line);
  if (cap.empty() && policy.never_below_cost) {
    cap = KeyPath(line, "never_below_cost");
  }
  for (const auto& [category, caps] : policy.category) {
    if (!cap.empty()) break;
    cap = CapThatNeedsCost(
        caps, MapKeyPath(KeyPath(kMarginPath, "category"), category));
  }
  if (cap.empty()) return;
  context.reporter.Add(
      cap,
      "needs to know what to do where a cost is not known; add margin."
      "unknown_cost: {assume: \"70%\"} or {refuse_discounts: true}");
}

}  // namespace

MarginPolicy CompileMargin(const v1::MarginPolicy& margin,
                           const CompileContext& context) {
  MarginPolicy policy;
  policy.unknown_cost = CompileUnknownCost(margin, context);
  policy.category_cost = CompileCategoryCosts(margin, context);
  policy.order =
      CompileCaps(margin.order(), KeyPath(kMarginPath, "order"), context);
  policy.line =
      CompileCaps(margin.line(), KeyPath(kMarginPath, "line"), context);
  policy.never_below_cost = margin.line().never_below_cost();
  policy.category = CompileCategoryCaps(margin, context);
  policy.excluded_categories = CompileExcluded(margin, context);
  if (margin.counts().has_redeemed_points()) {
    policy.counts_redeemed_points = margin.counts().redeemed_points();
  }
  policy.counts_earned_points = margin.counts().earned_points();
  policy.on_exceed =
      ReadChoice<OnExceed>(
          {KeyPath(kMarginPath, "on_exceed"), margin.on_exceed()},
          {{"trim", OnExceed::kTrim}, {"refuse", OnExceed::kRefuse}},
          context.reporter)
          .value_or(OnExceed::kTrim);
  RequireUnknownCost(margin, policy, context);
  return policy;
}

}  // namespace pistis
