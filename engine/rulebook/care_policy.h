// What a rulebook says of complaints: how they are made good, and by whom.
#ifndef PISTIS_ENGINE_RULEBOOK_CARE_POLICY_H_
#define PISTIS_ENGINE_RULEBOOK_CARE_POLICY_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/base/amount.h"
#include "engine/base/rate.h"
#include "engine/expr/expression.h"

namespace pistis {

inline constexpr int kMaxRemedies = 50;
inline constexpr int kMaxCareRoles = 20;
// The longest window in which remedies and complaints are counted.
inline constexpr int kMaxCareWindowDays = 366;

// How bad a case is.
enum class Severity { kLow, kMedium, kHigh, kCritical };
inline constexpr size_t kSeverities =
    static_cast<size_t>(Severity::kCritical) + 1;
// "low".
[[nodiscard]] absl::string_view NameOf(Severity severity);

// An apology package. At least one of points, issue_code and note is there.
struct RemedyTemplate {
  std::string id;
  // By Severity.
  std::bitset<kSeverities> severities = std::bitset<kSeverities>().set();
  // Over the member, the case as `event`, and now; null: any.
  std::shared_ptr<const expr::Expression> when;
  Points points;
  // Index into Rulebook::codes and Rulebook::notes.
  std::optional<size_t> issue_code;
  std::optional<size_t> note;
  // As all limits count it.
  Money worth;
};

// Who may give how much: worth up to this alone, and of what others ask for.
struct CareRole {
  std::string id;
  Money grant_up_to;
  Money approve_up_to;
};

// The most a member is given in a window.
struct RemedyCap {
  Money worth;
  int days = 0;
};

// When a member's cases are too many.
struct ComplaintLimit {
  // More than this need approval; more than this get nothing. At least one of
  // the two is set.
  std::optional<int64_t> approve_above;
  std::optional<int64_t> refuse_above;
  int days = 0;
  // They count only where they are more than this part of the member's orders.
  std::optional<Rate> share_of_orders;
};

struct FollowUpPolicy {
  // Index into Rulebook::notes.
  size_t note = 0;
  // After the case was resolved, and after the follow-up.
  int after_days = 0;
  int close_after_days = 0;
};

struct CarePolicy {
  // As the rulebook lists them.
  std::vector<RemedyTemplate> remedies;
  std::vector<CareRole> roles;
  std::optional<RemedyCap> cap;
  std::optional<ComplaintLimit> complaints;
  std::optional<FollowUpPolicy> follow_up;

  // Null where there is none.
  [[nodiscard]] const RemedyTemplate* FindRemedy(absl::string_view id) const;
  [[nodiscard]] const CareRole* FindRole(absl::string_view id) const;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_CARE_POLICY_H_
