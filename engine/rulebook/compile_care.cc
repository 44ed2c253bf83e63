// How complaints are made good.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr int kMostFollowUpDays = 90;
constexpr int kUsualCloseDays = 30;
// Worth of points is counted in the rulebook's currency, up to this many.
constexpr int64_t kMostRemedyPoints = 1'000'000'000;

// The care of one rulebook on its way from the message.
class CareReader {
 public:
  CareReader(const v1::Rulebook& source, const Rulebook& rulebook,
             const CompileContext& context, const References& references)
      : source_(source.care()),
        notes_(source.notes()),
        codes_(source.codes()),
        rulebook_(rulebook),
        context_(context),
        references_(references) {}

  CarePolicy Read() {
    CarePolicy care;
    if (!IsBounded("care.remedies", source_.remedies_size(), kMaxRemedies) ||
        !IsBounded("care.roles", source_.roles_size(), kMaxCareRoles)) {
      return care;
    }
    ReadRoles(care);
    ReadRemedies(care);
    if (source_.has_cap()) care.cap = ReadCap();
    if (source_.has_complaints()) care.complaints = ReadComplaints(care);
    if (source_.has_follow_up()) care.follow_up = ReadFollowUp();
    return care;
  }

 private:
  using Notes = google::protobuf::RepeatedPtrField<v1::NoteTemplate>;
  using Codes = google::protobuf::RepeatedPtrField<v1::CodeTemplate>;

  void Report(const std::string& path, absl::string_view problem) {
    context_.reporter.Add(path, problem);
  }

  bool IsBounded(const std::string& list, int size, int most) {
    if (size <= most) return true;
    Report(list, absl::StrCat("has ", size, " entries; at most ", most,
                              " are allowed"));
    return false;
  }

  Money ReadWorth(const std::string& path, const std::string& text) {
    if (text.empty()) return Money();
    return ReadAmount({path, text}, context_.currency, context_.reporter)
        .value_or(Money());
  }

  // Of a window that must be stated.
  int ReadSpan(const std::string& path, const std::string& text, int most) {
    if (text.empty()) {
      Report(path, "is missing; add a number of days, such as 90d");
      return 1;
    }
    const int days = ReadDays({path, text}, context_.reporter).value_or(1);
    if (days > most) {
      Report(path, absl::StrCat("is ", Shown(text), "; at most ", most,
                                "d is allowed"));
    }
    return days;
  }

  void ReadRoles(CarePolicy& care) {
    IdIndex ids;
    for (const v1::CareRole& role : source_.roles()) {
      const std::string path = EntryPath("care.roles", care.roles.size());
      ids.Add({KeyPath(path, "id"), role.id()}, care.roles.size(),
              context_.reporter);
      care.roles.push_back(
          {.id = role.id(),
           .grant_up_to =
               ReadWorth(KeyPath(path, "grant_up_to"), role.grant_up_to()),
           .approve_up_to = ReadWorth(KeyPath(path, "approve_up_to"),
                                      role.approve_up_to())});
    }
  }

  void ReadRemedies(CarePolicy& care) {
    IdIndex ids;
    for (const v1::RemedyTemplate& remedy : source_.remedies()) {
      const std::string path = EntryPath("care.remedies", care.remedies.size());
      ids.Add({KeyPath(path, "id"), remedy.id()}, care.remedies.size(),
              context_.reporter);
      care.remedies.push_back(ReadRemedy(remedy, path));
      CheckSomebodyMay(care, path);
    }
  }

  RemedyTemplate ReadRemedy(const v1::RemedyTemplate& source,
                            const std::string& path) {
    RemedyTemplate remedy;
    remedy.id = source.id();
    ReadSeverities(source, path, remedy);
    remedy.when = ReadCondition(
        {KeyPath(path, "when"), source.when()},
        context_.vocabulary.events[static_cast<size_t>(Trigger::kCaseResolved)],
        context_.reporter);
    const std::string points = KeyPath(path, "points");
    if (source.points() != 0 || context_.reporter.Stated(points)) {
      CheckCount(
          {.path = points, .value = source.points(), .most = kMostRemedyPoints},
          context_.reporter);
      remedy.points = Points(source.points());
    }
    remedy.issue_code = FindCode(source, path);
    remedy.note = FindNote({KeyPath(path, "note"), source.note()}, "apology");
    CheckShownCode(source, path, remedy);
    if (source.points() == 0 && source.issue_code().empty() &&
        source.note().empty()) {
      Report(path, "gives nothing; add points, issue_code or note");
    }
    remedy.worth = WorthOf(source, path);
    return remedy;
  }

  void ReadSeverities(const v1::RemedyTemplate& source, const std::string& path,
                      RemedyTemplate& remedy) {
    if (source.severities().empty()) return;
    ChoiceNames<Severity> choices;
    for (size_t i = 0; i < kSeverities; ++i) {
      const auto severity = static_cast<Severity>(i);
      choices.emplace_back(std::string(NameOf(severity)), severity);
    }
    remedy.severities.reset();
    for (int i = 0; i < source.severities_size(); ++i) {
      const TextField field{
          EntryPath(KeyPath(path, "severities"), static_cast<size_t>(i)),
          source.severities(i)};
      if (field.text.empty()) ReportChoice(field, {"low"}, context_.reporter);
      const auto severity = ReadChoice(field, choices, context_.reporter);
      if (severity) remedy.severities.set(static_cast<size_t>(*severity));
    }
  }

  std::optional<size_t> FindCode(const v1::RemedyTemplate& source,
                                 const std::string& path) {
    const TextField field{KeyPath(path, "issue_code"), source.issue_code()};
    const auto index = references_.codes.Find(field, "code", context_.reporter);
    if (index && !codes_.Get(static_cast<int>(*index)).word().empty()) {
      Report(field.path, absl::StrCat("code ", Shown(field.text),
                                      " is a word that everybody knows; name "
                                      "one that is issued"));
    }
    return index;
  }

  // The note that the field names, which must be of this kind.
  std::optional<size_t> FindNote(const TextField& field,
                                 absl::string_view kind) {
    const auto index = references_.notes.Find(field, "note", context_.reporter);
    if (!index) return index;
    const std::string& is = notes_.Get(static_cast<int>(*index)).kind();
    if (absl::string_view(is) != kind) {
      Report(field.path, absl::StrCat("note ", Shown(field.text), " is of ",
                                      is.empty() ? "no kind" : "the kind ", is,
                                      "; give it kind: ", kind));
    }
    return index;
  }

  void CheckShownCode(const v1::RemedyTemplate& source, const std::string& path,
                      const RemedyTemplate& remedy) {
    if (!remedy.note || !references_.note_shows_code[*remedy.note] ||
        !source.issue_code().empty()) {
      return;
    }
    Report(KeyPath(path, "note"),
           absl::StrCat("the text of note ", Shown(source.note()),
                        " holds {{code}}, but the remedy issues no code; add "
                        "issue_code or take {{code}} out of the text"));
  }

  Money WorthOf(const v1::RemedyTemplate& source, const std::string& path) {
    const std::string worth = KeyPath(path, "worth");
    if (!source.worth().empty()) return ReadWorth(worth, source.worth());
    const std::optional<Rate>& value = rulebook_.points.value;
    if (!source.issue_code().empty()) {
      Report(worth,
             "is missing; what a code is worth to the member is for you to "
             "say: add worth: \"5.00\"");
    } else if (source.points() > 0 && !value) {
      Report(worth,
             "is missing, and points have no value; add worth: \"5.00\" or "
             "points.value");
    } else if (source.points() > 0) {
      return value->WorthOf(Points(source.points()),
                            context_.currency.minor_per_major());
    }
    return Money();
  }

  // That some role may grant or approve the last remedy.
  void CheckSomebodyMay(const CarePolicy& care, const std::string& path) {
    const Money worth = care.remedies.back().worth;
    const bool may = std::any_of(
        care.roles.begin(), care.roles.end(), [&](const CareRole& role) {
          return std::max(role.grant_up_to, role.approve_up_to) >= worth;
        });
    if (may) return;
    Report(path, care.roles.empty()
                     ? "can be granted by nobody; add care.roles: [{id: "
                       "manager, grant_up_to: \"50.00\"}]"
                     : "is worth more than any role may grant or approve");
  }

  RemedyCap ReadCap() {
    RemedyCap cap;
    const std::string path = "care.cap.worth";
    if (source_.cap().worth().empty()) {
      Report(path, "is missing; add the most a member is given: \"50.00\"");
    }
    cap.worth = ReadWorth(path, source_.cap().worth());
    cap.days =
        ReadSpan("care.cap.window", source_.cap().window(), kMaxCareWindowDays);
    return cap;
  }

  // How many cases; nothing where it is not stated.
  std::optional<int64_t> ReadMost(const std::string& path, int64_t value) {
    if (value == 0 && !context_.reporter.Stated(path)) return std::nullopt;
    CheckCount({.path = path, .value = value}, context_.reporter);
    return value;
  }

  ComplaintLimit ReadComplaints(const CarePolicy& care) {
    const v1::ComplaintLimit& source = source_.complaints();
    const std::string path = "care.complaints";
    ComplaintLimit limit;
    limit.approve_above =
        ReadMost(KeyPath(path, "approve_above"), source.approve_above());
    limit.refuse_above =
        ReadMost(KeyPath(path, "refuse_above"), source.refuse_above());
    if (!limit.approve_above && !limit.refuse_above) {
      Report(path, "limits nothing; add approve_above or refuse_above");
    }
    if (limit.approve_above && limit.refuse_above &&
        *limit.refuse_above <= *limit.approve_above) {
      Report(KeyPath(path, "refuse_above"),
             "is no more than approve_above, so nothing would ever need "
             "approval; write a larger number");
    }
    const bool can_approve = std::any_of(
        care.roles.begin(), care.roles.end(),
        [](const CareRole& role) { return role.approve_up_to.is_positive(); });
    if (limit.approve_above && !can_approve) {
      Report(KeyPath(path, "approve_above"),
             "asks for approval, and no role may approve; add approve_up_to "
             "to one of care.roles");
    }
    limit.days =
        ReadSpan(KeyPath(path, "window"), source.window(), kMaxCareWindowDays);
    if (!source.share_of_orders().empty()) {
      limit.share_of_orders =
          ReadRate({KeyPath(path, "share_of_orders"), source.share_of_orders()},
                   RateMeaning::kCap, context_.reporter);
    }
    return limit;
  }

  FollowUpPolicy ReadFollowUp() {
    const v1::FollowUpPolicy& source = source_.follow_up();
    const std::string path = "care.follow_up";
    const TextField note{KeyPath(path, "note"), source.note()};
    if (note.text.empty()) {
      Report(note.path, "is missing; name a note of the kind follow-up");
    }
    FollowUpPolicy policy;
    policy.note = FindNote(note, "follow-up").value_or(0);
    if (!source.note().empty() &&
        policy.note < references_.note_shows_code.size() &&
        references_.note_shows_code[policy.note]) {
      Report(note.path, "holds {{code}}, and a follow-up issues none");
    }
    policy.after_days =
        ReadSpan(KeyPath(path, "after"), source.after(), kMostFollowUpDays);
    policy.close_after_days =
        source.close_after().empty()
            ? kUsualCloseDays
            : ReadSpan(KeyPath(path, "close_after"), source.close_after(),
                       kMaxCareWindowDays);
    return policy;
  }

  const v1::CarePolicy& source_;
  const Notes& notes_;
  const Codes& codes_;
  const Rulebook& rulebook_;
  const CompileContext& context_;
  const References& references_;
};

}  // namespace

CarePolicy CompileCare(const v1::Rulebook& source, const Rulebook& rulebook,
                       const CompileContext& context,
                       const References& references) {
  return CareReader(source, rulebook, context, references).Read();
}

}  // namespace pistis
