// The stage of a recount that goes over what happened to members beside sales,
// and over the codes by which they bring friends.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_OCCASIONS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_OCCASIONS_H_

#include <string>

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Every occasion against its event, its member, and what it gave; every
// referral code against its member.
absl::Status VerifyOccasions(Recount& recount, const std::string& secret);

// Tells the tally what an account claims of them; `where` names it ("member
// ann").
void TellOccasions(const std::string& where,
                   const store::v1::StandingRecord& standing, Recount& recount);

// Tells the tally what an entry of a member that came from no order claims, and
// what an event counts.
void TellOccasionEntry(const std::string& where,
                       const store::v1::EntryRecord& entry, Recount& recount);
void CountOccasionEvent(const v1::Event& event, Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_OCCASIONS_H_
