#include "tests/golden/activity_steps.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

#include "engine/base/status_macros.h"
#include "engine/operations/queries.h"
#include "engine/order/order.h"

namespace pistis::golden {

void FillInReferral(v1::CreateMemberRequest& request, const TestShop& shop) {
  if (request.referral_code().empty()) return;
  v1::GetMemberRequest asked;
  asked.set_program_id(std::string(kProgram));
  asked.set_member_id(request.referral_code());
  asked.set_with_referral_code(true);
  const auto member = shop.Ask(GetMember, asked);
  if (member.ok()) request.set_referral_code(member->referral_code());
}

bool IsActivityStep(const Command& command) {
  return command.name == "activity";
}

absl::StatusOr<Wording> RunActivityStep(const Command& command,
                                        const Place& place, TestShop& shop) {
  if (command.words.size() != 2) {
    return absl::InvalidArgumentError("activity WHO NAME");
  }
  v1::RecordActivityRequest request;
  request.set_program_id(std::string(kProgram));
  if (absl::StrContains(command.words[0], ':')) {
    PISTIS_ASSIGN_OR_RETURN(*request.mutable_identifier(),
                            ParseIdentifier(command.words[0]));
  } else {
    request.set_member_id(command.words[0]);
  }
  request.set_name(command.words[1]);
  request.set_request_id(absl::StrCat(command.words[0], "-", command.words[1],
                                      "-", absl::ToUnixMicros(shop.Now())));
  for (const auto& [key, value] : command.options) {
    absl::string_view attribute = key;
    if (key == "request") {
      request.set_request_id(value);
    } else if (key == "placed") {
      PISTIS_ASSIGN_OR_RETURN(const absl::Time time,
                              ParseTraceTime(value, place));
      *request.mutable_time() = ToTimestamp(time);
    } else if (absl::ConsumePrefix(&attribute, "attr.")) {
      (*request.mutable_attributes())[std::string(attribute)] = value;
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("no option of activity: ", key));
    }
  }
  const Contents before = shop.AllButRequests();
  const auto reply = shop.Act(request);
  if (!reply.ok()) {
    EXPECT_EQ(shop.AllButRequests(), before);
    return Wording{Refusal(reply.status())};
  }
  Wording wording = Say(*reply, place);
  if (!shop.last_one_wrote()) {
    wording = {absl::StrCat("the first reply again: ", wording.front())};
  }
  return wording;
}

}  // namespace pistis::golden
