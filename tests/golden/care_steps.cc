#include "tests/golden/care_steps.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

#include "clients/cli/case_text.h"
#include "engine/base/status_macros.h"
#include "engine/operations/cases.h"
#include "engine/operations/complaint_weeks.h"
#include "engine/operations/remedies.h"

namespace pistis::golden {
namespace {

// A word of the command, by its place.
std::string WordAt(const CareStep& step, size_t at) {
  return at < step.command.words.size() ? step.command.words[at] : "";
}

// "1 voucher worth 5.00, granted by kim: 100 points, a code, a note".
std::string Say(const v1::Remedy& remedy, const Place& place) {
  const bool waits = remedy.state() == v1::Remedy::WAITING;
  const std::string& who =
      remedy.approver().empty() ? remedy.actor() : remedy.approver();
  std::vector<std::string> gifts;
  if (remedy.points() > 0) {
    gifts.push_back(absl::StrCat(remedy.points(), " points"));
  }
  if (!remedy.code_last_symbols().empty()) gifts.emplace_back("a code");
  if (!remedy.note_id().empty()) gifts.emplace_back("a note");
  return absl::StrCat(
      remedy.number(), " ", remedy.template_id(), " worth ",
      Amount(remedy.worth_minor(), place), ", ",
      absl::AsciiStrToLower(v1::Remedy::State_Name(remedy.state())),
      waits ? ", asked for by " : " by ", who, gifts.empty() ? "" : ": ",
      absl::StrJoin(gifts, ", "));
}

// "c1 of ann open: delivery/late, high", then remedies and answers.
Wording Say(const v1::Case& shown, const Place& place) {
  std::string head = absl::StrCat(
      shown.case_id(), " of ", shown.member_id(), " ", StateText(shown.state()),
      ": ", shown.category(), ", ", SeverityText(shown.severity()));
  if (!shown.order_id().empty()) {
    absl::StrAppend(&head, ", order ", shown.order_id());
  }
  if (!shown.store_id().empty()) {
    absl::StrAppend(&head, ", store ", shown.store_id());
  }
  if (shown.has_follow_up_time()) {
    absl::StrAppend(&head, ", follow-up ",
                    TimeText(shown.follow_up_time(), place));
  }
  if (shown.reopened() > 0) {
    absl::StrAppend(&head, ", opened again ", shown.reopened());
  }
  Wording wording = {std::move(head)};
  for (const v1::Remedy& remedy : shown.remedies())
    wording.push_back(absl::StrCat("remedy ", Say(remedy, place)));
  for (const v1::FollowUp& answer : shown.follow_ups()) {
    wording.push_back(
        absl::StrCat("answered ", TimeText(answer.time(), place), ": ",
                     answer.content() ? "content" : "not content"));
  }
  return wording;
}

template <typename Request>
Request For(const CareStep& step) {
  Request request;
  request.set_program_id(std::string(kProgram));
  if constexpr (requires { request.set_case_id(""); }) {
    request.set_case_id(WordAt(step, 0));
  }
  if constexpr (requires { request.set_actor(""); }) {
    request.set_actor(step.command.Option("by"));
  }
  if constexpr (requires { request.set_role(""); }) {
    request.set_role(step.command.Option("role"));
  }
  if constexpr (requires { request.set_request_id(""); }) {
    const std::string request_id = step.command.Option("request");
    request.set_request_id(
        request_id.empty()
            ? absl::StrCat(
                  step.command.name, "-", absl::ToUnixSeconds(step.shop.Now()),
                  "-", absl::StrJoin(step.command.words, "-"), "-",
                  step.command.Option("by"), "-", step.command.Option("role"))
            : request_id);
  }
  return request;
}

// Sends it, and says what came of it.
template <typename Request, typename SayReply>
Wording Run(const CareStep& step, const Request& request, SayReply say) {
  const Contents before = step.shop.AllButRequests();
  const auto reply = step.shop.Post(request);
  if (!reply.ok()) {
    EXPECT_EQ(step.shop.AllButRequests(), before);
    return {Refusal(reply.status())};
  }
  Wording wording = say(*reply);
  if (!step.shop.last_one_wrote()) {
    wording.front() = absl::StrCat("the first reply again: ", wording.front());
  }
  return wording;
}

Wording RunCase(const CareStep& step, const auto& request) {
  return Run(step, request,
             [&](const v1::Case& reply) { return Say(reply, step.place); });
}

Wording RunGrant(const CareStep& step, const auto& request) {
  return Run(step, request, [&](const v1::GrantRemedyResponse& reply) {
    std::string text = Say(reply.remedy(), step.place);
    if (!reply.code().code().empty()) {
      step.codes[absl::StrCat(reply.case_().case_id(), "/",
                              reply.remedy().template_id())] =
          reply.code().code();
    }
    if (reply.has_account()) {
      absl::StrAppend(&text, ", available ", reply.account().available());
    }
    return Wording{std::move(text)};
  });
}

absl::StatusOr<Wording> Complain(const CareStep& step) {
  auto request = For<v1::OpenCaseRequest>(step);
  v1::Case& opened = *request.mutable_case_();
  opened.set_case_id(WordAt(step, 0));
  opened.set_member_id(WordAt(step, 1));
  opened.set_category(WordAt(step, 2));
  const auto severity = ParseSeverity(WordAt(step, 3));
  if (!severity) return absl::InvalidArgumentError("how bad is it?");
  opened.set_severity(*severity);
  opened.set_order_id(step.command.Option("order"));
  opened.set_store_id(step.command.Option("store"));
  opened.set_words(step.command.Option("words"));
  for (const auto& [key, value] : step.command.options) {
    if (key == "sku") opened.add_skus(value);
  }
  return RunCase(step, request);
}

absl::StatusOr<Wording> ShowCase(const CareStep& step) {
  const auto shown = step.shop.Ask(GetCase, For<v1::GetCaseRequest>(step));
  if (!shown.ok()) return Wording{Refusal(shown.status())};
  return Say(*shown, step.place);
}

// In pages of two.
absl::StatusOr<Wording> ListAll(const CareStep& step) {
  auto request = For<v1::ListCasesRequest>(step);
  request.set_member_id(WordAt(step, 0));
  request.set_state(ParseCaseState(step.command.Option("state"))
                        .value_or(v1::Case::STATE_UNSPECIFIED));
  request.set_page_size(2);
  Wording wording;
  do {
    const auto page = step.shop.Ask(ListCases, request);
    if (!page.ok()) return Wording{Refusal(page.status())};
    for (const v1::Case& shown : page->cases())
      wording.push_back(Say(shown, step.place).front());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (wording.empty()) wording.emplace_back("none");
  return wording;
}

absl::StatusOr<Wording> OfferAll(const CareStep& step) {
  auto request = For<v1::ListRemediesRequest>(step);
  request.set_role(WordAt(step, 1));
  const auto reply = step.shop.Ask(ListRemedies, request);
  if (!reply.ok()) return Wording{Refusal(reply.status())};
  Wording wording;
  for (const v1::RemedyOffer& offer : reply->remedies()) {
    const char* may = offer.needs_approval() ? "once approved" : "yes";
    wording.push_back(absl::StrCat(
        offer.template_id(), " worth ", Amount(offer.worth_minor(), step.place),
        ": ", offer.allowed() ? may : "no", offer.why().empty() ? "" : ", it ",
        offer.why()));
  }
  if (reply->cap_minor() > 0) {
    wording.push_back(
        absl::StrCat("given ", Amount(reply->given_minor(), step.place), " of ",
                     Amount(reply->cap_minor(), step.place)));
  }
  return wording;
}

absl::StatusOr<Wording> Grant(const CareStep& step) {
  auto request = For<v1::GrantRemedyRequest>(step);
  request.set_template_id(WordAt(step, 1));
  return RunGrant(step, request);
}

absl::StatusOr<Wording> Decide(const CareStep& step) {
  auto request = For<v1::ApproveRemedyRequest>(step);
  int64_t number = 0;
  if (!absl::SimpleAtoi(WordAt(step, 1), &number)) {
    return absl::InvalidArgumentError("which remedy?");
  }
  request.set_number(number);
  request.set_decline(step.command.name == "decline");
  return RunGrant(step, request);
}

absl::StatusOr<Wording> Resolve(const CareStep& step) {
  return RunCase(step, For<v1::ResolveCaseRequest>(step));
}

absl::StatusOr<Wording> Answered(const CareStep& step) {
  auto request = For<v1::RecordFollowUpRequest>(step);
  request.mutable_follow_up()->set_content(WordAt(step, 1) == "content");
  request.mutable_follow_up()->set_words(step.command.Option("words"));
  return RunCase(step, request);
}

absl::StatusOr<Wording> Patterns(const CareStep& step) {
  auto request = For<v1::ListPatternsRequest>(step);
  int weeks = 0;
  if (absl::SimpleAtoi(step.command.Option("weeks"), &weeks)) {
    request.set_weeks(weeks);
  }
  if (absl::SimpleAtoi(step.command.Option("before"), &weeks)) {
    request.set_baseline_weeks(weeks);
  }
  const auto reply = step.shop.Ask(ListPatterns, request);
  if (!reply.ok()) return Wording{Refusal(reply.status())};
  Wording wording = {
      absl::StrCat(reply->cases(), " cases, ", reply->orders(), " orders")};
  for (const v1::Pattern& pattern : reply->patterns()) {
    wording.push_back(absl::StrCat(
        pattern.by(), " ", pattern.value(), ": ", pattern.cases(), " cases on ",
        pattern.orders(), " orders, expected ", pattern.expected(), " after ",
        pattern.baseline_cases(), " on ", pattern.baseline_orders(),
        ", by chance ", pattern.p_value(), ": ",
        absl::StrJoin(pattern.case_ids(), " ")));
  }
  return wording;
}

using Handler = absl::StatusOr<Wording> (*)(const CareStep&);

constexpr std::pair<absl::string_view, Handler> kHandlers[] = {
    {"complain", Complain}, {"case", ShowCase},   {"cases", ListAll},
    {"remedies", OfferAll}, {"grant", Grant},     {"approve", Decide},
    {"decline", Decide},    {"resolve", Resolve}, {"answer", Answered},
    {"patterns", Patterns},
};

}  // namespace

bool IsCareStep(const Command& command) {
  return std::any_of(
      std::begin(kHandlers), std::end(kHandlers),
      [&](const auto& handler) { return handler.first == command.name; });
}

absl::StatusOr<Wording> RunCareStep(const CareStep& step) {
  for (const auto& [name, handler] : kHandlers) {
    if (step.command.name == name) return handler(step);
  }
  return absl::InvalidArgumentError("no step of care");
}

std::string SayCareEvent(const v1::Event& event, const Place& place) {
  if (event.has_case_opened()) {
    const v1::CaseOpened& opened = event.case_opened();
    return absl::StrCat("case ", opened.case_id(),
                        " opened: ", opened.category(), ", ",
                        opened.severity());
  }
  if (event.has_remedy_asked()) {
    const v1::RemedyAsked& asked = event.remedy_asked();
    return absl::StrCat("remedy ", asked.number(), " of case ", asked.case_id(),
                        " asked for: ", asked.template_id(), ", worth ",
                        Amount(asked.worth_minor(), place));
  }
  if (event.has_remedy_granted()) {
    const v1::RemedyGranted& granted = event.remedy_granted();
    return absl::StrCat("remedy ", granted.number(), " of case ",
                        granted.case_id(), " granted: ", granted.template_id(),
                        ", worth ", Amount(granted.worth_minor(), place));
  }
  if (event.has_remedy_declined()) {
    const v1::RemedyDeclined& declined = event.remedy_declined();
    return absl::StrCat("remedy ", declined.number(), " of case ",
                        declined.case_id(),
                        " declined: ", declined.template_id());
  }
  if (event.has_case_resolved()) {
    return absl::StrCat("case ", event.case_resolved().case_id(), " resolved");
  }
  const v1::CaseFollowedUp& told = event.case_followed_up();
  if (!event.has_case_followed_up()) return "";
  return absl::StrCat("case ", told.case_id(),
                      told.reopened() ? " open again" : " closed",
                      told.silent() ? ", nobody answered" : "");
}

}  // namespace pistis::golden
