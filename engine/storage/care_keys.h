// Keys of complaints; keys.h has their grammar.
#ifndef PISTIS_ENGINE_STORAGE_CARE_KEYS_H_
#define PISTIS_ENGINE_STORAGE_CARE_KEYS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"

namespace pistis {

[[nodiscard]] std::string CaseKey(const ProgramId& program, const CaseId& id);

// A case and a time of it: when it was opened, or falls due.
struct CaseAt {
  absl::Time time;
  CaseId id;
};
// The indexes of cases: all by when they were opened, a member's likewise, all
// by when they fall due. An empty id: where those of the time begin.
[[nodiscard]] std::string CaseTimeKey(const ProgramId& program,
                                      const CaseAt& of);
[[nodiscard]] std::string MemberCaseKey(const ProgramId& program,
                                        const MemberId& member,
                                        const CaseAt& of);
[[nodiscard]] std::string CaseDueKey(const ProgramId& program,
                                     const CaseAt& of);
// What comes in such a key after the program, and the member where it has one.
// Nothing where the bytes are none.
[[nodiscard]] std::optional<CaseAt> ParseCaseAt(absl::string_view rest);

[[nodiscard]] std::string CareStandingKey(const ProgramId& program,
                                          const MemberId& member);

// Cases of a week, by what they are about: `by` is a word, `value` may be
// empty; `week` is its Monday.
struct ComplaintWeek {
  std::string by;
  absl::CivilDay week;
  std::string value;
};
[[nodiscard]] std::string ComplaintWeekKey(const ProgramId& program,
                                           const ComplaintWeek& week);
// What comes in such a key after the program; nothing where the bytes are none.
[[nodiscard]] std::optional<ComplaintWeek> ParseComplaintWeek(
    absl::string_view rest);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_CARE_KEYS_H_
