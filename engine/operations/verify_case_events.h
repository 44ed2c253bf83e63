// What a recount says of the events of complaints: what events and cases both
// tell, and under which names.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_CASE_EVENTS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_CASE_EVENTS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/care/case_life.h"
#include "engine/operations/verify_recount.h"

namespace pistis {

// The name of a case, and of what happened to it.
[[nodiscard]] std::string CaseName(absl::string_view id);
[[nodiscard]] std::string InOrderName(absl::string_view id);
[[nodiscard]] std::string ResolvedName(absl::string_view id, int64_t at_us);
[[nodiscard]] std::string AnsweredName(absl::string_view id, int64_t at_us);
[[nodiscard]] std::string SilentName(absl::string_view id);
[[nodiscard]] std::string CaseCodeName(absl::string_view id,
                                       absl::string_view last_symbols);
[[nodiscard]] std::string CaseNoteName(absl::string_view id,
                                       absl::string_view note_id);
[[nodiscard]] std::string DecidedName(absl::string_view id, int64_t number,
                                      absl::string_view how);

// 1 or 2, so that neither adds nothing.
[[nodiscard]] int64_t AmountOf(Answer answer);

// What an event and a case both say of its opening.
struct ToldOpening {
  absl::string_view member;
  absl::string_view order;
  absl::string_view category;
  absl::string_view severity;
  int64_t at_us = 0;
};
[[nodiscard]] int64_t DigestOfOpening(const ToldOpening& told);

// What an event and a remedy both say of it.
struct ToldRemedy {
  absl::string_view template_id;
  int64_t worth_minor = 0;
  int64_t points = 0;
  int64_t rulebook_version = 0;
  int64_t at_us = 0;
};

[[nodiscard]] int64_t DigestOfRemedy(const ToldRemedy& told);

// Tells the tally of an event of a case; nothing of others.
void CountCaseEvent(const v1::Event& event, Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_CASE_EVENTS_H_
