#include "engine/operations/verify_case_events.h"

#include "absl/strings/str_cat.h"

#include "engine/operations/case_records.h"

namespace pistis {

std::string CaseName(absl::string_view id) {
  return absl::StrCat("case ", id);
}

std::string InOrderName(absl::string_view id) {
  return absl::StrCat(CaseName(id), ", opened");
}

std::string ResolvedName(absl::string_view id, int64_t at_us) {
  return absl::StrCat(CaseName(id), ", resolved at ", TimeName(at_us));
}

std::string AnsweredName(absl::string_view id, int64_t at_us) {
  return absl::StrCat(CaseName(id), ", answered at ", TimeName(at_us));
}

std::string SilentName(absl::string_view id) {
  return absl::StrCat(CaseName(id), ", not answered");
}

std::string CaseCodeName(absl::string_view id, absl::string_view last_symbols) {
  return absl::StrCat(CaseName(id), ", code that ends with ", last_symbols);
}

std::string CaseNoteName(absl::string_view id, absl::string_view note_id) {
  return absl::StrCat(CaseName(id), ", note ", note_id);
}

std::string DecidedName(absl::string_view id, int64_t number,
                        absl::string_view how) {
  return absl::StrCat(RemedyName(id, number), ", ", how);
}

int64_t AmountOf(Answer answer) {
  return answer == Answer::kContent ? 1 : 2;
}

int64_t DigestOfOpening(const ToldOpening& told) {
  return DigestOf(absl::StrCat(told.member, " ", told.order, " ", told.category,
                               " ", told.severity, " ", told.at_us));
}

int64_t DigestOfRemedy(const ToldRemedy& told) {
  return DigestOf(absl::StrCat(told.template_id, " ", told.worth_minor, " ",
                               told.points, " ", told.rulebook_version, " ",
                               told.at_us));
}

void CountCaseEvent(const v1::Event& event, Recount& recount) {
  const int64_t at_us = MicrosOf(event.effective_time());
  const auto count = [&](const std::string& name, int64_t amount) {
    recount.tally().Count(Book::kCaseEvents, name, amount);
  };
  if (event.has_case_opened()) {
    const v1::CaseOpened& opened = event.case_opened();
    count(InOrderName(opened.case_id()),
          DigestOfOpening({.member = event.member_id(),
                           .order = opened.order_id(),
                           .category = opened.category(),
                           .severity = opened.severity(),
                           .at_us = at_us}));
  } else if (event.has_remedy_asked()) {
    const v1::RemedyAsked& asked = event.remedy_asked();
    count(DecidedName(asked.case_id(), asked.number(), "asked"),
          DigestOfRemedy({.template_id = asked.template_id(),
                          .worth_minor = asked.worth_minor(),
                          .rulebook_version = event.rulebook_version(),
                          .at_us = at_us}));
  } else if (event.has_remedy_granted()) {
    const v1::RemedyGranted& granted = event.remedy_granted();
    count(DecidedName(granted.case_id(), granted.number(), "granted"),
          DigestOfRemedy({.template_id = granted.template_id(),
                          .worth_minor = granted.worth_minor(),
                          .points = granted.points(),
                          .rulebook_version = event.rulebook_version(),
                          .at_us = at_us}));
  } else if (event.has_remedy_declined()) {
    const v1::RemedyDeclined& declined = event.remedy_declined();
    count(DecidedName(declined.case_id(), declined.number(), "declined"),
          DigestOfRemedy({.template_id = declined.template_id(),
                          .rulebook_version = event.rulebook_version(),
                          .at_us = at_us}));
  } else if (event.has_case_resolved()) {
    count(ResolvedName(event.case_resolved().case_id(), at_us), 1);
  } else if (event.has_case_followed_up()) {
    const v1::CaseFollowedUp& told = event.case_followed_up();
    const Answer answer =
        told.reopened() ? Answer::kNotContent : Answer::kContent;
    count(told.silent() ? SilentName(told.case_id())
                        : AnsweredName(told.case_id(), at_us),
          AmountOf(answer));
  } else if (event.has_code_issued() &&
             !event.code_issued().case_id().empty()) {
    count(CaseCodeName(event.code_issued().case_id(),
                       event.code_issued().last_symbols()),
          1);
  }
}

}  // namespace pistis
