#include "engine/care/standing.h"

#include <algorithm>

#include "engine/base/rate.h"

namespace pistis {

absl::Time WindowBefore(absl::Time now, int days) {
  return now - absl::Hours(24) * days;
}

Money GivenIn(const CareStanding& standing, absl::Time now, int days) {
  const absl::Time before = WindowBefore(now, days);
  int64_t sum = 0;
  for (const GivenRemedy& given : standing.given) {
    if (given.at > before) sum = SaturatingAdd(sum, given.worth.value());
  }
  return Money(sum);
}

int64_t OpenedIn(const CareStanding& standing, absl::Time now, int days) {
  const absl::Time before = WindowBefore(now, days);
  return std::count_if(standing.opened.begin(), standing.opened.end(),
                       [&](absl::Time at) { return at > before; });
}

CareStanding Pruned(CareStanding standing, absl::Time now) {
  const absl::Time before = WindowBefore(now, kMaxCareWindowDays);
  std::erase_if(standing.given,
                [&](const GivenRemedy& given) { return given.at <= before; });
  std::erase_if(standing.opened, [&](absl::Time at) { return at <= before; });
  return standing;
}

bool DoCasesCount(const ComplaintLimit& limit, int64_t cases, int64_t orders) {
  if (!limit.share_of_orders) return true;
  const Rate& share = *limit.share_of_orders;
  return Int128{cases} * share.denominator() >
         Int128{orders} * share.numerator();
}

}  // namespace pistis
