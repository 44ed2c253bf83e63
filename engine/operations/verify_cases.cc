#include "engine/operations/verify_cases.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/care_records.pb.h"
#include "pistis/v1/care_service.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/case_records.h"
#include "engine/operations/complaint_weeks.h"
#include "engine/operations/load_order.h"
#include "engine/operations/verify_case_events.h"
#include "engine/storage/care_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

std::string OfMemberName(absl::string_view id, absl::string_view member) {
  return absl::StrCat(CaseName(id), " of member ", member);
}

std::string DueName(absl::string_view id) {
  return absl::StrCat(CaseName(id), ", due");
}

std::string WeekName(const ComplaintWeek& week) {
  return absl::StrCat("week of ", absl::FormatCivilTime(week.week), ", ",
                      week.by, " ", week.value);
}

std::string GivenName(absl::string_view member, int64_t at_us) {
  return absl::StrCat("member ", member, ", remedies at ", TimeName(at_us));
}

std::string ComplainedName(absl::string_view member, int64_t at_us) {
  return absl::StrCat("member ", member, ", cases at ", TimeName(at_us));
}

// One case, held against itself and told to the tally.
class CaseRecount {
 public:
  CaseRecount(const v1::Case& message, const store::v1::CaseRecord& record,
              Recount& recount)
      : message_(message),
        record_(record),
        id_(message.case_id()),
        name_(CaseName(id_)),
        recount_(recount) {}

  absl::Status Tell(absl::TimeZone zone) {
    recount_.CountTotal("cases", 1);
    CheckLife();
    TellTimes();
    TellOpening(zone);
    TellAnswers();
    PISTIS_ASSIGN_OR_RETURN(kept_since_us_, KeptSince());
    TellStanding(ComplainedName(message_.member_id(), OpenUs()), OpenUs(), 1);
    for (int i = 0; i < message_.remedies_size(); ++i) {
      PISTIS_RETURN_IF_ERROR(TellRemedy(message_.remedies(i), i + 1));
    }
    return absl::OkStatus();
  }

 private:
  void Find(std::string problem) {
    recount_.Find({"case", name_}, std::move(problem));
  }

  [[nodiscard]] int64_t OpenUs() const {
    return MicrosOf(message_.open_time());
  }

  [[nodiscard]] bool IsSilent() const {
    const auto& answers = message_.follow_ups();
    return message_.state() == v1::Case::CLOSED &&
           (answers.empty() || !answers.rbegin()->content());
  }

  // That it is in the state to which resolving and answering have brought it.
  void CheckLife() {
    const auto& answers = message_.follow_ups();
    const auto opened_again = std::count_if(
        answers.begin(), answers.end(),
        [](const v1::FollowUp& answer) { return !answer.content(); });
    const bool is_resolved = message_.state() == v1::Case::RESOLVED;
    const int64_t resolved =
        answers.size() + (IsSilent() ? 1 : 0) + (is_resolved ? 1 : 0);
    const Place place{"case", name_};
    recount_.Expect(place, "how often it was opened again", message_.reopened(),
                    opened_again);
    recount_.Expect(place, "how often it was resolved",
                    record_.resolved_us_size(), resolved);
    const bool content_ends = opened_again + 1 >= answers.size();
    const bool is_known = message_.state() >= v1::Case::OPEN &&
                          message_.state() <= v1::Case::CLOSED &&
                          (message_.state() == v1::Case::CLOSED ||
                           opened_again == answers.size());
    if (!content_ends || !is_known) {
      Find("its state is not that of its answers");
    }
    const int64_t last =
        record_.resolved_us().empty() ? 0 : *record_.resolved_us().rbegin();
    recount_.Expect(
        place, "when it was resolved",
        message_.has_resolved_time() ? MicrosOf(message_.resolved_time()) : 0,
        last);
    CheckFollowUp(is_resolved);
  }

  void CheckFollowUp(bool is_resolved) {
    const bool has_time = message_.has_follow_up_time();
    const int64_t at_us = has_time ? MicrosOf(message_.follow_up_time()) : 0;
    const bool asked = record_.follow_up_asked();
    bool fits = false;
    if (!is_resolved) {
      fits = record_.due_us() == 0 && asked == has_time;
    } else if (!has_time) {
      fits = record_.due_us() == 0 && !asked;
    } else {
      fits = asked ? record_.due_us() > at_us : record_.due_us() == at_us;
    }
    if (!fits) Find("what falls due is not what its state asks for");
  }

  void TellTimes() {
    Tally& tally = recount_.tally();
    tally.Count(Book::kCaseTimes, InOrderName(id_), OpenUs());
    tally.Count(Book::kCaseTimes, OfMemberName(id_, message_.member_id()),
                OpenUs());
    if (record_.due_us() != 0) {
      tally.Count(Book::kCaseTimes, DueName(id_), record_.due_us());
    }
  }

  void TellOpening(absl::TimeZone zone) {
    Tally& tally = recount_.tally();
    const absl::string_view severity = NameOf(FactsOf(message_).severity);
    tally.Claim(Book::kCaseEvents, InOrderName(id_),
                DigestOfOpening({.member = message_.member_id(),
                                 .order = message_.order_id(),
                                 .category = message_.category(),
                                 .severity = severity,
                                 .at_us = OpenUs()}));
    const absl::Time opened = absl::FromUnixMicros(OpenUs());
    for (const ComplaintWeek& week : WeeksOf(message_, opened, zone))
      tally.Count(Book::kCaseWeeks, WeekName(week), 1);
  }

  void TellAnswers() {
    Tally& tally = recount_.tally();
    for (const int64_t at_us : record_.resolved_us())
      tally.Claim(Book::kCaseEvents, ResolvedName(id_, at_us), 1);
    for (const v1::FollowUp& answer : message_.follow_ups()) {
      tally.Claim(
          Book::kCaseEvents, AnsweredName(id_, MicrosOf(answer.time())),
          AmountOf(answer.content() ? Answer::kContent : Answer::kNotContent));
    }
    if (IsSilent()) {
      tally.Claim(Book::kCaseEvents, SilentName(id_),
                  AmountOf(Answer::kContent));
    }
  }

  // What the member's standing keeps is younger than this.
  absl::StatusOr<int64_t> KeptSince() {
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<std::string> bytes,
        recount_.reader().Get(CareStandingKey(recount_.program(),
                                              MemberId(message_.member_id()))));
    store::v1::CareStandingRecord record;
    if (!bytes || !record.ParseFromString(*bytes)) {
      return std::numeric_limits<int64_t>::min();
    }
    int64_t last_us = 0;
    for (const int64_t opened_us : record.opened_us())
      last_us = std::max(last_us, opened_us);
    for (const store::v1::GrantedRemedyRecord& granted : record.granted())
      last_us = std::max(last_us, granted.granted_us());
    return absl::ToUnixMicros(
        WindowBefore(absl::FromUnixMicros(last_us), kMaxCareWindowDays));
  }

  void TellStanding(const std::string& name, int64_t at_us, int64_t amount) {
    if (at_us <= kept_since_us_) return;
    recount_.tally().Count(Book::kCareStandings, name, amount);
  }

  absl::Status TellRemedy(const v1::Remedy& remedy, int64_t number) {
    recount_.Expect({"case", name_}, "a remedy's number", remedy.number(),
                    number);
    const bool waits = remedy.state() == v1::Remedy::WAITING;
    const bool granted = remedy.state() == v1::Remedy::GRANTED;
    const bool declined = remedy.state() == v1::Remedy::DECLINED;
    const bool is_alone = remedy.approver().empty();
    const int64_t asked_us = MicrosOf(remedy.asked_time());
    const int64_t decided_us =
        remedy.has_decided_time() ? MicrosOf(remedy.decided_time()) : 0;
    const bool fits =
        waits ? is_alone && decided_us == 0
              : (granted && is_alone ? decided_us == asked_us
                                     : !is_alone && decided_us >= asked_us);
    const bool gives = remedy.points() != 0 || remedy.entry_number() != 0 ||
                       !remedy.code_last_symbols().empty() ||
                       !remedy.note_id().empty();
    if (!fits || !(waits || granted || declined) || gives != granted) {
      Find(absl::StrCat("remedy ", number, " was not decided as it says"));
    }
    Tally& tally = recount_.tally();
    if (waits || !is_alone) {
      tally.Claim(Book::kCaseEvents, DecidedName(id_, number, "asked"),
                  DigestOfRemedy(Told(remedy, 0, asked_us)));
    }
    if (declined) {
      tally.Claim(Book::kCaseEvents, DecidedName(id_, number, "declined"),
                  DigestOfRemedy({.template_id = remedy.template_id(),
                                  .rulebook_version = remedy.rulebook_version(),
                                  .at_us = decided_us}));
    }
    return granted ? TellGranted(remedy, decided_us) : absl::OkStatus();
  }

  static ToldRemedy Told(const v1::Remedy& remedy, int64_t points,
                         int64_t at_us) {
    return {.template_id = remedy.template_id(),
            .worth_minor = remedy.worth_minor(),
            .points = points,
            .rulebook_version = remedy.rulebook_version(),
            .at_us = at_us};
  }

  absl::Status TellGranted(const v1::Remedy& remedy, int64_t at_us) {
    recount_.CountTotal("remedies_granted", 1);
    recount_.CountTotal("remedies_minor", remedy.worth_minor());
    Tally& tally = recount_.tally();
    tally.Claim(Book::kCaseEvents, DecidedName(id_, remedy.number(), "granted"),
                DigestOfRemedy(Told(remedy, remedy.points(), at_us)));
    if (!remedy.code_last_symbols().empty()) {
      tally.Claim(Book::kCaseEvents,
                  CaseCodeName(id_, remedy.code_last_symbols()), 1);
    }
    if (!remedy.note_id().empty()) {
      tally.Claim(Book::kCaseEvents, CaseNoteName(id_, remedy.note_id()), 1);
    }
    // So that one that is worth nothing is told, too.
    TellStanding(GivenName(message_.member_id(), at_us), at_us,
                 remedy.worth_minor() + 1);
    return CheckEntry(remedy);
  }

  // That the entry it names gave its points.
  absl::Status CheckEntry(const v1::Remedy& remedy) {
    if ((remedy.points() == 0) != (remedy.entry_number() == 0)) {
      Find(absl::StrCat("remedy ", remedy.number(),
                        " names an entry that goes with no points"));
    }
    if (remedy.entry_number() == 0) return absl::OkStatus();
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<std::string> bytes,
        recount_.reader().Get(EntryKey(recount_.program(),
                                       MemberId(message_.member_id()),
                                       remedy.entry_number())));
    store::v1::EntryRecord entry;
    const bool is_read = bytes && entry.ParseFromString(*bytes);
    const bool gives =
        std::any_of(entry.postings().begin(), entry.postings().end(),
                    [&](const store::v1::PostingRecord& posting) {
                      return posting.points() == remedy.points();
                    });
    if (!is_read || !gives ||
        entry.reason() != RemedyName(id_, remedy.number())) {
      Find(absl::StrCat("remedy ", remedy.number(),
                        " names an entry that is not its own"));
    }
    return absl::OkStatus();
  }

  const v1::Case& message_;
  const store::v1::CaseRecord& record_;
  const std::string id_;
  const std::string name_;
  Recount& recount_;
  int64_t kept_since_us_ = 0;
};

absl::Status VerifyCase(absl::string_view rest, absl::string_view value,
                        absl::TimeZone zone, Recount& recount) {
  const std::optional<NamedRest> key = SplitName(rest);
  if (!key || !key->after.empty()) {
    FindMalformedKey('k', rest, recount);
    return absl::OkStatus();
  }
  const std::string where = CaseName(key->name);
  const auto record = recount.Parse<store::v1::CaseRecord>(value, where);
  if (!record) return absl::OkStatus();
  const auto message = recount.Parse<v1::Case>(record->case_(), where);
  if (!message) return absl::OkStatus();
  const bool is_case = absl::string_view(message->case_id()) == key->name &&
                       message->severity() >= v1::Case::LOW &&
                       message->severity() <= v1::Case::CRITICAL;
  if (!is_case) {
    recount.Find({"case", where}, "is another one, or has no severity");
    return absl::OkStatus();
  }
  return CaseRecount(*message, *record, recount).Tell(zone);
}

// An entry of the index of a member's cases.
void VerifyMemberCase(absl::string_view rest, Recount& recount) {
  const std::optional<NamedRest> key = SplitName(rest);
  const auto at = key ? ParseCaseAt(key->after) : std::nullopt;
  if (!at) {
    FindMalformedKey('i', rest, recount);
    return;
  }
  recount.tally().Claim(Book::kCaseTimes,
                        OfMemberName(at->id.text(), key->name),
                        absl::ToUnixMicros(at->time));
}

// An entry of one of the other two.
void VerifyTime(char letter, absl::string_view rest, Recount& recount) {
  const auto at = ParseCaseAt(rest);
  if (!at) {
    FindMalformedKey(letter, rest, recount);
    return;
  }
  recount.tally().Claim(
      Book::kCaseTimes,
      letter == 'f' ? DueName(at->id.text()) : InOrderName(at->id.text()),
      absl::ToUnixMicros(at->time));
}

// That a case which a week names is one of it.
absl::StatusOr<bool> IsOfWeek(const ComplaintWeek& week,
                              const std::string& case_id, absl::TimeZone zone,
                              const Recount& recount) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<std::string> bytes,
      recount.reader().Get(CaseKey(recount.program(), CaseId(case_id))));
  store::v1::CaseRecord record;
  v1::Case message;
  if (!bytes || !record.ParseFromString(*bytes) ||
      !message.ParseFromString(record.case_())) {
    return false;
  }
  const absl::Time opened = absl::FromUnixMicros(MicrosOf(message.open_time()));
  const auto weeks = WeeksOf(message, opened, zone);
  return std::any_of(weeks.begin(), weeks.end(), [&](const ComplaintWeek& of) {
    return of.by == week.by && of.week == week.week && of.value == week.value;
  });
}

absl::Status VerifyWeek(absl::string_view rest, absl::string_view value,
                        absl::TimeZone zone, Recount& recount) {
  const auto week = ParseComplaintWeek(rest);
  if (!week) {
    FindMalformedKey('w', rest, recount);
    return absl::OkStatus();
  }
  const std::string where = WeekName(*week);
  const auto record =
      recount.Parse<store::v1::ComplaintWeekRecord>(value, where);
  if (!record) return absl::OkStatus();
  recount.tally().Claim(Book::kCaseWeeks, where, record->cases());
  std::set<std::string> named;
  for (const std::string& case_id : record->case_ids()) {
    PISTIS_ASSIGN_OR_RETURN(const bool is_of_week,
                            IsOfWeek(*week, case_id, zone, recount));
    if (is_of_week) named.insert(case_id);
  }
  const int64_t most = kMostNamedCases;
  recount.Expect({"case", where}, "cases that it names",
                 static_cast<int64_t>(named.size()),
                 std::min(most, record->cases()));
  recount.Expect({"case", where}, "names of cases", record->case_ids_size(),
                 static_cast<int64_t>(named.size()));
  return absl::OkStatus();
}

void VerifyStanding(absl::string_view rest, absl::string_view value,
                    Recount& recount) {
  const std::optional<NamedRest> key = SplitName(rest);
  if (!key || !key->after.empty()) {
    FindMalformedKey('h', rest, recount);
    return;
  }
  const std::string where = absl::StrCat("member ", key->name, ", care");
  const auto record =
      recount.Parse<store::v1::CareStandingRecord>(value, where);
  if (!record) return;
  const auto& granted = record->granted();
  const auto is_earlier = [](const store::v1::GrantedRemedyRecord& a,
                             const store::v1::GrantedRemedyRecord& b) {
    return a.granted_us() < b.granted_us();
  };
  if (!std::is_sorted(granted.begin(), granted.end(), is_earlier) ||
      !std::is_sorted(record->opened_us().begin(), record->opened_us().end())) {
    recount.Find({"case", where}, "is not in order of time");
  }
  for (const store::v1::GrantedRemedyRecord& one : granted) {
    recount.tally().Claim(Book::kCareStandings,
                          GivenName(key->name, one.granted_us()),
                          one.worth_minor() + 1);
  }
  for (const int64_t opened_us : record->opened_us()) {
    recount.tally().Claim(Book::kCareStandings,
                          ComplainedName(key->name, opened_us), 1);
  }
}

}  // namespace

absl::Status VerifyCases(Recount& recount,
                         const store::v1::TotalsRecord& totals) {
  // A program's record that cannot be read is a finding of another stage.
  const absl::TimeZone zone = LoadZone(recount.reader(), recount.program())
                                  .value_or(absl::UTCTimeZone());
  PISTIS_RETURN_IF_ERROR(
      recount.Scan({.letter = 'k', .stage = "cases", .of = totals.cases()},
                   [&](absl::string_view rest, absl::string_view value) {
                     return VerifyCase(rest, value, zone, recount);
                   }));
  for (const char letter : {'f', 'i', 'j'}) {
    PISTIS_RETURN_IF_ERROR(recount.Scan(
        {.letter = letter, .stage = "cases by time", .of = totals.cases()},
        [&](absl::string_view rest, absl::string_view value) {
          if (!value.empty()) {
            FindMalformedKey(letter, rest, recount);
          } else if (letter == 'i') {
            VerifyMemberCase(rest, recount);
          } else {
            VerifyTime(letter, rest, recount);
          }
          return absl::OkStatus();
        }));
  }
  PISTIS_RETURN_IF_ERROR(
      recount.Scan({.letter = 'h', .stage = "remedies by member"},
                   [&](absl::string_view rest, absl::string_view value) {
                     VerifyStanding(rest, value, recount);
                     return absl::OkStatus();
                   }));
  return recount.Scan({.letter = 'w', .stage = "cases by week"},
                      [&](absl::string_view rest, absl::string_view value) {
                        return VerifyWeek(rest, value, zone, recount);
                      });
}

}  // namespace pistis
