// Where members stand, recounted: sums from orders, tier and segments from
// events. What counts on which day, and since when a tier is held, is in the
// standing alone and is looked at for its form.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_STANDING_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_STANDING_H_

#include <string>

#include "absl/strings/string_view.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// What a member's account says; `where` names the member.
void TellStanding(const std::string& where,
                  const store::v1::StandingRecord& standing, Recount& recount);

// Counts tier points that came from no order.
void CountTierPoints(const std::string& where, int64_t points,
                     Recount& recount);

// What an order, less its refunds, adds to it.
void CountProgress(const store::v1::OrderRecord& order, Recount& recount);

// What an event says of it; other events say nothing.
void CountStandingEvent(const v1::Event& event, Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_STANDING_H_
