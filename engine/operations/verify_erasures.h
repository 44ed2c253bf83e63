// What a recount says of members that were erased.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_ERASURES_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_ERASURES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Tells the tally whether the account of `where` ("member ann") is an erased
// member's. One that is has no points, no language, and nothing that falls due.
void TellErased(const std::string& where,
                const store::v1::AccountRecord& account, Recount& recount);

// Tells the tally of a member_erased event; nothing of others.
void CountErasedEvent(int64_t commit_seq, const v1::Event& event,
                      Recount& recount);

// That an order from which personal data was taken is as that left it.
void CheckErasedOrder(absl::string_view where,
                      const store::v1::OrderRecord& order, Recount& recount);

// Every erasure: of an account that says so, told by an event of its commit,
// with an empty profile, and marked as unclean exactly as long as it is.
absl::Status VerifyErasures(Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_ERASURES_H_
