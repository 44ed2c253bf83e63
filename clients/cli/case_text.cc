#include "clients/cli/case_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace pistis {
namespace {

std::string WithCurrency(int64_t minor, const ProgramFacts& facts) {
  return absl::StrCat(facts.MoneyText(minor), " ", facts.CurrencyText());
}

// "granted by maria", "waits for approval", ...
std::string StandText(const v1::Remedy& remedy) {
  const std::string& who =
      remedy.approver().empty() ? remedy.actor() : remedy.approver();
  switch (remedy.state()) {
    case v1::Remedy::GRANTED:
      return absl::StrCat("granted by ", who);
    case v1::Remedy::WAITING:
      return absl::StrCat("asked for by ", who, ", waits for approval");
    case v1::Remedy::DECLINED:
      return absl::StrCat("declined by ", who);
    case v1::Remedy::STATE_UNSPECIFIED:
    case v1::Remedy_State_Remedy_State_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Remedy_State_Remedy_State_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return "";
}

// "100 points, a code that ends with 9QXA, a note"; "nothing yet".
std::string GiftText(const v1::Remedy& remedy) {
  std::vector<std::string> gifts;
  if (remedy.points() > 0) {
    gifts.push_back(absl::StrCat(remedy.points(), " points"));
  }
  if (!remedy.code_last_symbols().empty()) {
    gifts.push_back(
        absl::StrCat("a code that ends with ", remedy.code_last_symbols()));
  }
  if (!remedy.note_id().empty()) gifts.emplace_back("a note");
  return absl::StrJoin(gifts, ", ");
}

std::string RemedyText(const v1::Remedy& remedy, const ProgramFacts& facts) {
  const std::string gifts = GiftText(remedy);
  return absl::StrCat(remedy.number(), " ", remedy.template_id(), ", worth ",
                      WithCurrency(remedy.worth_minor(), facts), ", ",
                      StandText(remedy), gifts.empty() ? "" : ": ", gifts);
}

// What a case is about, and when what happened.
void AddFacts(const v1::Case& shown, const ProgramFacts& facts, Table& table) {
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) table.AddRow({what, text});
  };
  add("case", shown.case_id());
  add("member", shown.member_id());
  add("order", shown.order_id());
  add("store", shown.store_id());
  add("category", shown.category());
  add("severity", SeverityText(shown.severity()));
  add("articles", absl::StrJoin(shown.skus(), ", "));
  add("words", shown.words());
  add("state", StateText(shown.state()));
  add("opened", facts.TimeText(shown.open_time()));
  if (shown.has_resolved_time()) {
    add("resolved", absl::StrCat(facts.TimeText(shown.resolved_time()), " by ",
                                 shown.resolver()));
  }
  if (shown.has_follow_up_time()) {
    add("follow-up", facts.TimeText(shown.follow_up_time()));
  }
}

}  // namespace

std::string SeverityText(v1::Case::Severity severity) {
  return absl::AsciiStrToLower(v1::Case::Severity_Name(severity));
}

std::optional<v1::Case::Severity> ParseSeverity(const std::string& text) {
  v1::Case::Severity severity = v1::Case::SEVERITY_UNSPECIFIED;
  const bool known =
      v1::Case::Severity_Parse(absl::AsciiStrToUpper(text), &severity);
  if (!known || severity == v1::Case::SEVERITY_UNSPECIFIED) return std::nullopt;
  return severity;
}

std::string StateText(v1::Case::State state) {
  return absl::AsciiStrToLower(v1::Case::State_Name(state));
}

std::optional<v1::Case::State> ParseCaseState(const std::string& text) {
  v1::Case::State state = v1::Case::STATE_UNSPECIFIED;
  const bool known = v1::Case::State_Parse(absl::AsciiStrToUpper(text), &state);
  if (!known || state == v1::Case::STATE_UNSPECIFIED) return std::nullopt;
  return state;
}

std::string CaseText(const v1::Case& shown, const ProgramFacts& facts) {
  Table table({{}, {}});
  AddFacts(shown, facts, table);
  for (const v1::Remedy& remedy : shown.remedies())
    table.AddRow({"remedy", RemedyText(remedy, facts)});
  for (const v1::FollowUp& answer : shown.follow_ups()) {
    table.AddRow(
        {"answer",
         absl::StrCat(facts.TimeText(answer.time()), ", ",
                      answer.content() ? "content" : "not content",
                      answer.words().empty() ? "" : ": ", answer.words())});
  }
  return table.Text();
}

Table CaseTable() {
  return Table({{"opened"},
                {"case"},
                {"member"},
                {"category"},
                {"severity"},
                {"state"},
                {"remedies", Table::Align::kRight}});
}

void AddCase(const v1::Case& shown, const ProgramFacts& facts, Table& table) {
  table.AddRow({facts.TimeText(shown.open_time()), shown.case_id(),
                shown.member_id(), shown.category(),
                SeverityText(shown.severity()), StateText(shown.state()),
                absl::StrCat(shown.remedies_size())});
}

std::string RemediesText(const v1::ListRemediesResponse& remedies,
                         const ProgramFacts& facts) {
  if (remedies.remedies().empty()) return "The rulebook has no remedies.\n";
  Table table({{"remedy"},
               {"worth", Table::Align::kRight},
               {"points", Table::Align::kRight},
               {"code"},
               {"may be granted"},
               {"why"}});
  for (const v1::RemedyOffer& offer : remedies.remedies()) {
    table.AddRow({offer.template_id(), facts.MoneyText(offer.worth_minor()),
                  offer.points() == 0 ? "" : absl::StrCat(offer.points()),
                  offer.code_template_id(),
                  !offer.allowed()         ? "no"
                  : offer.needs_approval() ? "once approved"
                                           : "yes",
                  offer.why()});
  }
  std::string text = table.Text();
  if (remedies.cap_minor() > 0) {
    absl::StrAppend(&text, "given ",
                    WithCurrency(remedies.given_minor(), facts), " of ",
                    WithCurrency(remedies.cap_minor(), facts), "\n");
  }
  return text;
}

std::string GrantText(const v1::GrantRemedyResponse& reply,
                      const ProgramFacts& facts) {
  std::string text = absl::StrCat(RemedyText(reply.remedy(), facts), "\n");
  if (!reply.code().code().empty()) {
    absl::StrAppend(&text, "code ", reply.code().code(), "\n");
  }
  return text;
}

std::string PatternsText(const v1::ListPatternsResponse& reply) {
  std::string text =
      absl::StrCat(reply.cases(), " cases, ", reply.orders(), " orders\n");
  if (reply.patterns().empty()) {
    return absl::StrCat(text, "Nothing is complained about more than usual.\n");
  }
  Table table({{"by"},
               {"what"},
               {"cases", Table::Align::kRight},
               {"expected", Table::Align::kRight},
               {"orders", Table::Align::kRight},
               {"cases before", Table::Align::kRight},
               {"orders before", Table::Align::kRight},
               {"by chance", Table::Align::kRight},
               {"latest"}});
  for (const v1::Pattern& pattern : reply.patterns()) {
    table.AddRow({pattern.by(), pattern.value(), absl::StrCat(pattern.cases()),
                  pattern.expected(), absl::StrCat(pattern.orders()),
                  absl::StrCat(pattern.baseline_cases()),
                  absl::StrCat(pattern.baseline_orders()), pattern.p_value(),
                  absl::StrJoin(pattern.case_ids(), " ")});
  }
  return absl::StrCat(text, table.Text());
}

}  // namespace pistis
