// Requests of CareService, for tests.
#ifndef PISTIS_ENGINE_OPERATIONS_CARE_SHOP_TEST_H_
#define PISTIS_ENGINE_OPERATIONS_CARE_SHOP_TEST_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "pistis/v1/care_service.pb.h"

#include "engine/operations/testing.h"

namespace pistis {

// A request of the shop with an id of its own.
template <typename Request>
Request CareRequest(absl::string_view request_id, absl::string_view case_id) {
  Request request;
  request.set_program_id(std::string(kShop));
  request.set_request_id(std::string(request_id));
  if constexpr (requires { request.set_case_id(""); }) {
    request.set_case_id(std::string(case_id));
  }
  return request;
}

inline v1::OpenCaseRequest OpenRequest(absl::string_view case_id,
                                       absl::string_view member_id) {
  auto request =
      CareRequest<v1::OpenCaseRequest>(absl::StrCat("open-", case_id), case_id);
  v1::Case& opened = *request.mutable_case_();
  opened.set_case_id(std::string(case_id));
  opened.set_member_id(std::string(member_id));
  opened.set_category("delivery/late");
  opened.set_severity(v1::Case::HIGH);
  return request;
}

// Who acts, and in which role.
struct Clerk {
  absl::string_view actor;
  absl::string_view role;
};

template <typename Request>
Request By(const Clerk& clerk, Request request) {
  request.set_actor(std::string(clerk.actor));
  request.set_role(std::string(clerk.role));
  return request;
}

inline v1::GrantRemedyRequest GrantRequest(absl::string_view request_id,
                                           absl::string_view case_id,
                                           absl::string_view remedy,
                                           const Clerk& clerk) {
  auto request =
      By(clerk, CareRequest<v1::GrantRemedyRequest>(request_id, case_id));
  request.set_template_id(std::string(remedy));
  return request;
}

enum class Decision { kApprove, kDecline };

inline v1::ApproveRemedyRequest DecideRequest(absl::string_view request_id,
                                              absl::string_view case_id,
                                              Decision decision,
                                              const Clerk& clerk) {
  auto request =
      By(clerk, CareRequest<v1::ApproveRemedyRequest>(request_id, case_id));
  request.set_number(1);
  request.set_decline(decision == Decision::kDecline);
  return request;
}

inline v1::ResolveCaseRequest ResolveRequest(absl::string_view request_id,
                                             absl::string_view case_id) {
  auto request = CareRequest<v1::ResolveCaseRequest>(request_id, case_id);
  request.set_actor("kim");
  return request;
}

inline v1::RecordFollowUpRequest AnswerRequest(absl::string_view request_id,
                                               absl::string_view case_id,
                                               v1::FollowUp answer) {
  auto request = CareRequest<v1::RecordFollowUpRequest>(request_id, case_id);
  *request.mutable_follow_up() = std::move(answer);
  return request;
}

inline v1::FollowUp Content() {
  v1::FollowUp answer;
  answer.set_content(true);
  return answer;
}

inline v1::FollowUp NotContent() {
  v1::FollowUp answer;
  answer.set_words("Something is left.");
  return answer;
}

inline constexpr absl::string_view kCareRulebook = R"(
points:
  value: "0.01"
codes:
  - {id: gift, discount: {amount: "1.00"}, expires: 60d}
notes:
  - {id: sorry, kind: apology, channel: print, text: {en: "Sorry. {{code}}"}}
  - {id: ask, kind: follow-up, channel: print, text: {en: "How is it now?"}}
rules:
  - {id: base, earn: {points: 10, per: "1.00"}}
  - {id: heard, on: case.resolved, earn: {points: 3}}
care:
  roles:
    - {id: till, grant_up_to: "5.00"}
    - {id: manager, approve_up_to: "90.00"}
  remedies:
    - {id: parcel, points: 40, issue_code: gift, note: sorry, worth: "1.40"}
    - {id: large, points: 900}
  follow_up: {note: ask, after: 1d, close_after: 1d}
)";

// Cases in all states, with remedies in all states.
inline void Complain(TestShop& shop, FakeClock& clock) {
  EXPECT_TRUE(
      shop.Publish(RulebookRequest("publish-care", kCareRulebook)).ok());
  const Clerk till{.actor = "kim", .role = "till"};
  const Clerk manager{.actor = "mia", .role = "manager"};
  const auto done = [&](const auto& request) {
    const auto reply = shop.Post(request);
    EXPECT_TRUE(reply.ok()) << reply.status();
  };
  const auto open = [&](const char* id, const char* member) {
    auto request = OpenRequest(id, member);
    request.mutable_case_()->set_words("It was late.");
    request.mutable_case_()->set_store_id("north");
    request.mutable_case_()->add_skus("tea");
    done(request);
  };
  const auto resolve = [&](const char* id) {
    done(ResolveRequest(absl::StrCat("resolve-", id), id));
  };
  const auto a_day = [&] {
    clock.Advance(absl::Hours(24));
    EXPECT_TRUE(shop.ExpireAll(ProgramId(kShop)).ok());
  };
  open("silent", "cleo");
  resolve("silent");
  a_day();
  open("to-be-asked", "cleo");
  resolve("to-be-asked");
  a_day();
  for (const char* id : {"granted", "waits", "approved", "declined"}) {
    open(id, "cleo");
    done(GrantRequest(absl::StrCat("large-", id), id, "large", till));
  }
  done(GrantRequest("parcel", "granted", "parcel", till));
  done(DecideRequest("yes", "granted", Decision::kApprove, manager));
  done(DecideRequest("also", "approved", Decision::kApprove, manager));
  done(DecideRequest("no", "declined", Decision::kDecline, manager));
  for (const char* id : {"granted", "approved", "declined"})
    resolve(id);
  done(AnswerRequest("content", "approved", Content()));
  done(AnswerRequest("not-content", "granted", NotContent()));
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CARE_SHOP_TEST_H_
