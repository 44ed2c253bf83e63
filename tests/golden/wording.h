// What came of a step, as a merchant reads it.
#ifndef PISTIS_TESTS_GOLDEN_WORDING_H_
#define PISTIS_TESTS_GOLDEN_WORDING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/event_service.pb.h"
#include "pistis/v1/insight_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/member_service.pb.h"
#include "pistis/v1/note_service.pb.h"

#include "tests/golden/command.h"

namespace pistis::golden {

// Lines of an outcome.
using Wording = std::vector<std::string>;

// Money and a time, as the shop writes them.
[[nodiscard]] std::string Amount(int64_t minor, const Place& place);
[[nodiscard]] std::string TimeText(const google::protobuf::Timestamp& timestamp,
                                   const Place& place);

// "INSUFFICIENT_POINTS available=0 requested=10".
[[nodiscard]] std::string Refusal(const absl::Status& status);

// What is to be paid, each discount, points, then each cap that bound, then
// codes and notes. `codes_to_issue` of a quote, the real codes of a commit.
[[nodiscard]] Wording Say(const v1::Quote& quote, const Place& place);
[[nodiscard]] Wording Say(const v1::CommitOrderResponse& reply,
                          const Place& place);
[[nodiscard]] Wording Say(const v1::RefundOrderResponse& reply,
                          const Place& place);
[[nodiscard]] Wording Say(const v1::CommittedOrder& order, const Place& place);
[[nodiscard]] Wording Say(const v1::Account& account, const Place& place);
[[nodiscard]] Wording Say(const v1::Member& member, const Place& place);
[[nodiscard]] Wording Say(const v1::LedgerEntry& entry, const Place& place);
[[nodiscard]] Wording Say(const v1::Hold& hold, const Place& place);
[[nodiscard]] Wording Say(const v1::ListLotsResponse& lots, const Place& place);
[[nodiscard]] Wording Say(const v1::ProgramStats& stats, const Place& place);
[[nodiscard]] Wording Say(const v1::Event& event, const Place& place);
// "silver to gold until 2026-12-31 00:00".
[[nodiscard]] std::string SayTierChange(const v1::TierChanged& change,
                                        const Place& place);
// "member.birthday: birthday +100, joins vip".
[[nodiscard]] std::string SayOccasion(const v1::MemberOccasion& occasion);
[[nodiscard]] Wording Say(const v1::RecordActivityResponse& reply,
                          const Place& place);
// "thanks asked for 2026-01-10 10:00, waits until 2026-01-11 09:00,
// quiet_hours".
[[nodiscard]] std::string SayNote(const v1::Note& note, const Place& place);
// Only the text of a note, and how it is sent.
[[nodiscard]] std::string SayNote(const v1::Event& event);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_WORDING_H_
