#include "engine/insight/sales_tally.h"

#include <algorithm>

#include "engine/base/rate.h"

namespace pistis {
namespace {

template <typename Tag>
void AddTo(Amount<Tag>& sum, Amount<Tag> amount) {
  sum = Amount<Tag>(SaturatingAdd(sum.value(), amount.value()));
}

void Count(const SaleFigures& sale, ShareSums& share) {
  ++share.orders;
  AddTo(share.sales, sale.subtotal);
  AddTo(share.discount, sale.discount);
  AddTo(share.points, sale.points);
}

void Bind(absl::Time time, Money trimmed, BindingSums& binding) {
  ++binding.orders;
  AddTo(binding.trimmed, trimmed);
  binding.first = std::min(binding.first, time);
  binding.last = std::max(binding.last, time);
}

}  // namespace

void SalesTally::Add(const SaleFigures& sale) {
  for (const auto& [source, gift] : sale.gifts) {
    GiftSums& sums = gifts_[source];
    ++sums.orders;
    AddTo(sums.discount, gift.discount);
    AddTo(sums.points, gift.points);
  }
  if (sale.tier) Count(sale, tiers_[*sale.tier]);
  for (const std::string& segment : sale.segments)
    Count(sale, segments_[segment]);
  for (const auto& [cap, trimmed] : sale.caps)
    Bind(sale.time, trimmed, caps_[cap]);
  for (const std::string& limited : sale.limits)
    Bind(sale.time, Money(), limits_[limited]);
}

void SalesTally::AddMember(const std::string& tier,
                           const std::vector<std::string>& segments) {
  ++tiers_[tier].members;
  for (const std::string& segment : segments)
    ++segments_[segment].members;
}

}  // namespace pistis
