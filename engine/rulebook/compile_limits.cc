#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr int kMaxLimits = 10;
constexpr int kMaxWindowDays = 366;

// One limit on its way from the message.
class LimitReader {
 public:
  LimitReader(const v1::Limit& source, const Rule& rule, std::string path,
              const CompileContext& context)
      : source_(source),
        rule_(rule),
        path_(std::move(path)),
        context_(context) {}

  Limit Read() {
    Limit limit = ReadScope();
    if (source_.times() != 0 || context_.reporter.Stated(In("times"))) {
      limit.times = ReadAmount("times", source_.times());
    }
    if (source_.points() != 0 || context_.reporter.Stated(In("points"))) {
      limit.points = Points(ReadAmount("points", source_.points()));
    }
    if (!source_.discount().empty()) {
      limit.discount = ReadMoney({In("discount"), source_.discount()},
                                 context_.currency, context_.reporter);
    } else if (!limit.times && !limit.points) {
      context_.reporter.Add(
          path_, "limits nothing; add times: 1, discount: \"60.00\" or points");
    }
    CheckGiven(limit);
    return limit;
  }

 private:
  [[nodiscard]] std::string In(absl::string_view key) const {
    return KeyPath(path_, key);
  }

  int64_t ReadAmount(absl::string_view key, int64_t amount) {
    CheckCount({.path = In(key), .value = amount}, context_.reporter);
    return amount;
  }

  Limit ReadScope() {
    Limit limit;
    if (source_.per().empty()) {
      context_.reporter.Add(path_,
                            "does not say over what it counts; add per: "
                            "member, campaign, day or order");
      return limit;
    }
    enum class Per { kMember, kCampaign, kDay, kOrder };
    const auto per = ReadChoice<Per>({In("per"), source_.per()},
                                     {{"member", Per::kMember},
                                      {"campaign", Per::kCampaign},
                                      {"day", Per::kDay},
                                      {"order", Per::kOrder}},
                                     context_.reporter);
    if (!per) return limit;
    if (*per == Per::kMember || *per == Per::kCampaign) {
      const WindowSpan span =
          ReadWindow({In("window"), source_.window()}, context_.reporter);
      return {.scope = *per == Per::kMember ? LimitScope::kMember
                                            : LimitScope::kCampaign,
              .window = span.window,
              .windows = span.windows};
    }
    if (!source_.window().empty()) {
      context_.reporter.Add(In("window"),
                            absl::StrCat("goes with per: member and per: "
                                         "campaign; remove it"));
    }
    if (*per == Per::kDay) {
      return {.scope = LimitScope::kCampaign, .window = LimitWindow::kDay};
    }
    return {.scope = LimitScope::kOrder};
  }

  // That the rule gives what is limited.
  void CheckGiven(const Limit& limit) {
    if (limit.discount && !rule_.discount) {
      context_.reporter.Add(In("discount"),
                            "limits a discount that the rule does not give; "
                            "remove it");
    }
    const bool multiplies =
        rule_.earn && std::holds_alternative<EarnMultiply>(*rule_.earn);
    if (limit.points && (!rule_.earn || multiplies)) {
      context_.reporter.Add(In("points"),
                            "limits points that the rule does not give by "
                            "itself; remove it");
    }
    const bool has_sets = rule_.discount && rule_.discount->is<BuyAndGet>();
    if (limit.scope == LimitScope::kOrder && limit.times && !has_sets) {
      context_.reporter.Add(In("times"),
                            "counts the sets of buy with get; a rule applies "
                            "to an order once. Remove it");
    }
  }

  const v1::Limit& source_;
  const Rule& rule_;
  const std::string path_;
  const CompileContext& context_;
};

}  // namespace

WindowSpan ReadWindow(const TextField& field, Reporter& reporter) {
  if (absl::EndsWith(field.text, "d")) {
    const std::optional<int> days = ReadDays(field, reporter);
    if (days && *days > kMaxWindowDays) {
      reporter.Add(field.path, absl::StrCat("is longer than ", kMaxWindowDays,
                                            "d; write fewer days, or year"));
    }
    return {.window = LimitWindow::kDay, .windows = days.value_or(1)};
  }
  const auto window = ReadChoice<LimitWindow>(field,
                                              {{"day", LimitWindow::kDay},
                                               {"week", LimitWindow::kWeek},
                                               {"month", LimitWindow::kMonth},
                                               {"year", LimitWindow::kYear}},
                                              reporter);
  return {.window = window.value_or(LimitWindow::kEver)};
}

std::vector<Limit> CompileLimits(const LimitMessages& source, const Rule& rule,
                                 const std::string& path,
                                 const CompileContext& context) {
  if (source.size() > kMaxLimits) {
    context.reporter.Add(
        path, absl::StrCat("has ", source.size(), " limits; at most ",
                           kMaxLimits, " are allowed"));
    return {};
  }
  std::vector<Limit> limits;
  for (const v1::Limit& limit : source) {
    limits.push_back(
        LimitReader(limit, rule, EntryPath(path, limits.size()), context)
            .Read());
  }
  return limits;
}

void LimitSets(Rule& rule) {
  auto* buy =
      rule.discount ? std::get_if<BuyAndGet>(&rule.discount->shape) : nullptr;
  if (buy == nullptr) return;
  for (const Limit& limit : rule.limits) {
    if (limit.scope != LimitScope::kOrder || !limit.times) continue;
    buy->most_sets =
        std::min(*limit.times, buy->most_sets.value_or(*limit.times));
  }
}

}  // namespace pistis
