#include "engine/insight/member_changes.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace pistis {
namespace {

bool ComesFirst(const MemberChange& a, const MemberChange& b) {
  const int64_t a_size = std::abs(a.difference().value());
  const int64_t b_size = std::abs(b.difference().value());
  return std::tie(b_size, a.member) < std::tie(a_size, b.member);
}

}  // namespace

void MemberChanges::Add(const MemberChange& change) {
  const Money difference = change.difference();
  if (difference.is_zero()) return;
  if (difference.is_positive()) {
    ++gaining_;
    Keep(change, winners_);
  } else {
    ++losing_;
    Keep(change, losers_);
  }
}

void MemberChanges::Keep(const MemberChange& change,
                         std::vector<MemberChange>& best) const {
  best.insert(std::upper_bound(best.begin(), best.end(), change, ComesFirst),
              change);
  if (best.size() > kept_) best.pop_back();
}

}  // namespace pistis
