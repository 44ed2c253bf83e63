#include "engine/insight/margin_sums.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

#include "engine/base/rate.h"

namespace pistis {
namespace {

constexpr char kNamed = '=';
constexpr char kNobody = '-';
constexpr char kOthers = '*';

int64_t SaturatingSubtract(int64_t a, int64_t b) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  return b == kLeast ? SaturatingAdd(SaturatingAdd(a, -(b + 1)), 1)
                     : SaturatingAdd(a, -b);
}

}  // namespace

void MarginSums::Add(Measure measure, int64_t amount) {
  Set(measure, SaturatingAdd((*this)[measure], amount));
}

MarginSums& MarginSums::operator+=(const MarginSums& other) {
  // Most rows have something of a few measures alone.
  for (size_t i = 0; i < kMeasures; ++i) {
    if (other.values_[i] == 0) continue;
    values_[i] = SaturatingAdd(values_[i], other.values_[i]);
  }
  return *this;
}

MarginSums& MarginSums::operator-=(const MarginSums& other) {
  std::transform(values_.begin(), values_.end(), other.values_.begin(),
                 values_.begin(), SaturatingSubtract);
  return *this;
}

bool MarginSums::has_cost() const {
  const int64_t unknown = (*this)[Measure::kUnknownCostSales];
  return unknown == 0 || unknown != (*this)[Measure::kSales] ||
         (*this)[Measure::kCost] != 0;
}

int64_t MarginSums::margin_before() const {
  const int64_t known = SaturatingSubtract((*this)[Measure::kSales],
                                           (*this)[Measure::kUnknownCostSales]);
  return SaturatingSubtract(known, (*this)[Measure::kCost]);
}

int64_t MarginSums::margin_after() const {
  return SaturatingSubtract(margin_before(), (*this)[Measure::kGiven]);
}

absl::string_view NameOf(Measure measure) {
  static constexpr std::array<absl::string_view, kMeasures> kNames = {
      "orders",
      "refunds",
      "sales",
      "what came back",
      "excluded sales",
      "sales of unknown cost",
      "cost",
      "what was given",
      "discounts on lines",
      "discounts on orders",
      "discounts by codes",
      "discounts on shipping",
      "paid with points",
      "points",
      "worth of points",
      "what caps cut off"};
  return kNames[static_cast<size_t>(measure)];
}

absl::string_view NameOf(MarginRows rows) {
  switch (rows) {
    case MarginRows::kDay:
      return "day";
    case MarginRows::kCategory:
      return "category";
    case MarginRows::kStore:
      return "store";
    case MarginRows::kRule:
      return "rule";
    case MarginRows::kCode:
      return "code";
    case MarginRows::kTier:
      return "tier";
    case MarginRows::kCap:
      return "cap";
  }
  return "";
}

std::string RowText(const MarginRow& row) {
  switch (row.of) {
    case MarginRow::Of::kNamed:
      return absl::StrCat(absl::string_view(&kNamed, 1), row.id);
    case MarginRow::Of::kNobody:
      return std::string(1, kNobody);
    case MarginRow::Of::kOthers:
      break;
  }
  return std::string(1, kOthers);
}

MarginRow ParseRowText(MarginRows rows, absl::string_view text) {
  if (!text.empty() && text[0] == kNamed) {
    return {.rows = rows,
            .of = MarginRow::Of::kNamed,
            .id = std::string(text.substr(1))};
  }
  const bool is_nobody = text == absl::string_view(&kNobody, 1);
  return {.rows = rows,
          .of = is_nobody ? MarginRow::Of::kNobody : MarginRow::Of::kOthers,
          .id = ""};
}

RankedRows Rank(const RowSums& rows, Measure by, size_t most) {
  RankedRows ranked;
  std::pair<MarginRow, MarginSums> others;
  others.first.of = MarginRow::Of::kOthers;
  bool has_others = false;
  const auto add_to_others = [&](const auto& row) {
    others.first.rows = row.first.rows;
    others.second += row.second;
    has_others = true;
  };
  for (const auto& row : rows) {
    if (row.first.of == MarginRow::Of::kOthers) {
      add_to_others(row);
    } else {
      ranked.emplace_back(row);
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [by](const auto& a, const auto& b) {
                     return a.second[by] > b.second[by];
                   });
  for (size_t i = most; i < ranked.size(); ++i)
    add_to_others(ranked[i]);
  if (ranked.size() > most) ranked.resize(most);
  if (has_others) ranked.push_back(std::move(others));
  return ranked;
}

}  // namespace pistis
