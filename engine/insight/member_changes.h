// Who gains and who loses by a change.
#ifndef PISTIS_ENGINE_INSIGHT_MEMBER_CHANGES_H_
#define PISTIS_ENGINE_INSIGHT_MEMBER_CHANGES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/amount.h"
#include "engine/base/ids.h"

namespace pistis {

// What a member gets now, and what after the change.
struct MemberChange {
  MemberId member;
  Money current;
  Money candidate;

  [[nodiscard]] Money difference() const { return candidate - current; }
};

// Members come in any order; the same members give the same lists. One thread.
class MemberChanges {
 public:
  // Keeps at most `kept` members on each side.
  explicit MemberChanges(size_t kept) : kept_(kept) {}

  void Add(const MemberChange& change);

  // Who gain most, the most first; equal ones by id. Likewise who lose most.
  [[nodiscard]] const std::vector<MemberChange>& winners() const {
    return winners_;
  }
  [[nodiscard]] const std::vector<MemberChange>& losers() const {
    return losers_;
  }
  // How many there are of each.
  [[nodiscard]] int64_t gaining() const { return gaining_; }
  [[nodiscard]] int64_t losing() const { return losing_; }

 private:
  void Keep(const MemberChange& change, std::vector<MemberChange>& best) const;

  const size_t kept_;
  std::vector<MemberChange> winners_;
  std::vector<MemberChange> losers_;
  int64_t gaining_ = 0;
  int64_t losing_ = 0;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_INSIGHT_MEMBER_CHANGES_H_
