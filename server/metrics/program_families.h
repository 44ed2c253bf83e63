// The metrics of programs and of those who are told of their events.
#ifndef PISTIS_SERVER_METRICS_PROGRAM_FAMILIES_H_
#define PISTIS_SERVER_METRICS_PROGRAM_FAMILIES_H_

#include <cstddef>

#include "engine/operations/queries.h"
#include "server/metrics/families.h"

namespace pistis::server {

// So many programs, in the order of their ids, have metrics of their own; of
// each so many subscriptions, caps and budgets. Members never have.
inline constexpr size_t kMostMeteredPrograms = 50;
inline constexpr size_t kMostMeteredRows = 50;
// A subscription is looked at this far ahead: more events behind count as so
// many.
inline constexpr size_t kMostEventsBehind = 256;

// Adds the families, and what one snapshot tells of them. What cannot be read
// is left out, and counted. Waits for storage.
void AddPrograms(const QueryContext& context, Families& families);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_PROGRAM_FAMILIES_H_
