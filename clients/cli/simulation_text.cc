#include "clients/cli/simulation_text.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/csv.h"
#include "clients/cli/stats_table.h"
#include "clients/cli/table.h"

namespace pistis {
namespace {

using v1::SimulatedSums;
using v1::SimulationReport;

enum class Unit { kCount, kMoney, kShare };

// One figure of both sides.
struct Figure {
  std::string section;
  std::string id;
  std::string what;
  Unit unit = Unit::kCount;
  int64_t current = 0;
  int64_t candidate = 0;
  // Of shares: what the figures are a part of.
  int64_t current_whole = 0;
  int64_t candidate_whole = 0;
};

// Collects the figures of a report, section by section.
class Figures {
 public:
  void Begin(std::string section) { section_ = std::move(section); }
  void Of(std::string id) { id_ = std::move(id); }
  void Add(std::string what, Unit unit, int64_t current, int64_t candidate) {
    figures_.push_back({.section = section_,
                        .id = id_,
                        .what = std::move(what),
                        .unit = unit,
                        .current = current,
                        .candidate = candidate});
  }
  // The share of the figure before, itself perhaps told as a share.
  void AddShare(std::string what, int64_t current_whole,
                int64_t candidate_whole) {
    Figure share = figures_.back();
    share.what = std::move(what);
    share.unit = Unit::kShare;
    share.current_whole = current_whole;
    share.candidate_whole = candidate_whole;
    figures_.push_back(std::move(share));
  }

  [[nodiscard]] std::vector<Figure> Take() && { return std::move(figures_); }

 private:
  std::string section_;
  std::string id_;
  std::vector<Figure> figures_;
};

void AddSums(const SimulationReport& report, Figures& figures) {
  const SimulatedSums& now = report.current();
  const SimulatedSums& then = report.candidate();
  const auto add = [&](const char* what, Unit unit,
                       int64_t (SimulatedSums::*get)() const) {
    figures.Add(what, unit, (now.*get)(), (then.*get)());
  };
  using S = SimulatedSums;
  figures.Begin("sums");
  add("members", Unit::kCount, &S::members);
  add("orders", Unit::kCount, &S::orders);
  add("refunds", Unit::kCount, &S::refunds);
  add("gross sales", Unit::kMoney, &S::sales_minor);
  add("net sales", Unit::kMoney, &S::net_sales_minor);
  add("discounts", Unit::kMoney, &S::discount_minor);
  figures.AddShare("  of net sales, %", now.net_sales_minor(),
                   then.net_sales_minor());
  const bool has_margin =
      now.margin_before_minor() != 0 || then.margin_before_minor() != 0;
  if (has_margin) {
    figures.AddShare("  of the margin, %", now.margin_before_minor(),
                     then.margin_before_minor());
    add("margin before discounts", Unit::kMoney, &S::margin_before_minor);
    add("margin after discounts", Unit::kMoney, &S::margin_minor);
  }
  add("paid with points", Unit::kMoney, &S::redeemed_minor);
  add("points issued", Unit::kCount, &S::points_issued);
  add("  worth", Unit::kMoney, &S::issued_worth_minor);
  add("points redeemed", Unit::kCount, &S::points_redeemed);
  add("points expired", Unit::kCount, &S::points_expired);
  add("points forgiven", Unit::kCount, &S::points_forgiven);
  add("points outstanding", Unit::kCount, &S::points_outstanding);
  add("  worth", Unit::kMoney, &S::outstanding_worth_minor);
  add("points brought along", Unit::kCount, &S::points_brought);
  add("codes issued", Unit::kCount, &S::codes_issued);
  add("codes used", Unit::kCount, &S::codes_used);
  add("codes left out", Unit::kCount, &S::codes_left_out);
  add("notes asked for", Unit::kCount, &S::notes_requested);
  add("redemptions cut, orders", Unit::kCount, &S::redemptions_cut);
  add("redemptions cut, points", Unit::kCount, &S::redemption_points_cut);
}

void AddRules(const SimulationReport& report, Figures& figures) {
  figures.Begin("rules");
  for (const v1::SimulatedRule& rule : report.rules()) {
    figures.Of(rule.has_rule_id()
                   ? rule.rule_id()
                   : absl::StrCat("code ", rule.code_template()));
    figures.Add("orders", Unit::kCount, rule.current().orders(),
                rule.candidate().orders());
    figures.Add("discounts", Unit::kMoney, rule.current().discount_minor(),
                rule.candidate().discount_minor());
    figures.Add("points", Unit::kCount, rule.current().points(),
                rule.candidate().points());
  }
}

void AddGroups(
    const char* section,
    const google::protobuf::RepeatedPtrField<v1::SimulatedGroup>& groups,
    Figures& figures) {
  figures.Begin(section);
  for (const v1::SimulatedGroup& group : groups) {
    const v1::SimulatedShare& now = group.current();
    const v1::SimulatedShare& then = group.candidate();
    figures.Of(group.id().empty() ? "(none)" : group.id());
    figures.Add("members", Unit::kCount, now.members(), then.members());
    figures.Add("orders", Unit::kCount, now.orders(), then.orders());
    figures.Add("sales", Unit::kMoney, now.sales_minor(), then.sales_minor());
    figures.Add("discounts", Unit::kMoney, now.discount_minor(),
                then.discount_minor());
    figures.Add("points", Unit::kCount, now.points(), then.points());
  }
}

void AddBounds(
    const char* section,
    const google::protobuf::RepeatedPtrField<v1::SimulatedBound>& bounds,
    Figures& figures) {
  figures.Begin(section);
  for (const v1::SimulatedBound& bound : bounds) {
    figures.Of(bound.id());
    figures.Add("orders", Unit::kCount, bound.current().orders(),
                bound.candidate().orders());
    const bool is_of_points = absl::EndsWith(bound.id(), ".max_points");
    figures.Add("held back", is_of_points ? Unit::kCount : Unit::kMoney,
                bound.current().trimmed_minor(),
                bound.candidate().trimmed_minor());
  }
}

const char* KindText(v1::SimulatedRefusal::Kind kind) {
  if (kind == v1::SimulatedRefusal::ORDER) return "order";
  return kind == v1::SimulatedRefusal::REFUND ? "refund" : "code";
}

std::vector<Figure> FiguresOf(const SimulationReport& report) {
  Figures figures;
  AddSums(report, figures);
  AddRules(report, figures);
  AddGroups("tiers", report.tiers(), figures);
  AddGroups("segments", report.segments(), figures);
  AddBounds("caps", report.caps(), figures);
  AddBounds("limits", report.limits(), figures);
  figures.Begin("refusals");
  for (const v1::SimulatedRefusal& refusal : report.refusals()) {
    figures.Of(absl::StrCat(KindText(refusal.kind()), " ", refusal.reason()));
    figures.Add("times", Unit::kCount, refusal.current(), refusal.candidate());
  }
  figures.Begin("members");
  for (const auto* members : {&report.winners(), &report.losers()}) {
    for (const v1::SimulatedMember& member : *members) {
      figures.Of(member.member_id());
      figures.Add("got", Unit::kMoney, member.current_minor(),
                  member.candidate_minor());
    }
  }
  return std::move(figures).Take();
}

// A figure as both outputs write it.
struct Written {
  std::string current;
  std::string candidate;
  std::string difference;
};

Written Write(const Figure& figure,
              absl::FunctionRef<std::string(int64_t)> money) {
  switch (figure.unit) {
    case Unit::kCount:
      return {absl::StrCat(figure.current), absl::StrCat(figure.candidate),
              absl::StrCat(figure.candidate - figure.current)};
    case Unit::kMoney:
      return {money(figure.current), money(figure.candidate),
              money(figure.candidate - figure.current)};
    case Unit::kShare:
      return {PercentText(figure.current, figure.current_whole),
              PercentText(figure.candidate, figure.candidate_whole), ""};
  }
  return {};
}

std::string Title(const Figure& figure, const ProgramFacts& facts) {
  const std::string unit = figure.unit == Unit::kMoney
                               ? absl::StrCat(", ", facts.CurrencyText())
                               : "";
  return absl::StrCat(figure.id, figure.id.empty() ? "" : ", ", figure.what,
                      unit);
}

Table SideBySide() {
  return Table({{"", Table::Align::kLeft},
                {"current", Table::Align::kRight},
                {"candidate", Table::Align::kRight},
                {"difference", Table::Align::kRight}});
}

// Figures that are nothing on both sides tell nothing.
bool IsWorthALine(const Figure& figure) {
  return figure.current != 0 || figure.candidate != 0;
}

std::string Headline(const SimulationReport& report,
                     const ProgramFacts& facts) {
  const v1::SimulatedHistory& history = report.history();
  std::string text = absl::StrCat(
      history.orders(), " orders and ", history.refunds(), " refunds",
      report.has_from_time()
          ? absl::StrCat(" from ", facts.TimeText(report.from_time()))
          : "",
      " up to ", facts.TimeText(report.to_time()), "; ", history.joined(),
      " members joined, ", history.known_before(), " were there before\n");
  const auto left_out = [&](int64_t count, const char* what) {
    if (count > 0) absl::StrAppend(&text, "left out: ", count, " ", what, "\n");
  };
  left_out(history.refunds_of_earlier_orders(),
           "refunds of orders from before the period");
  left_out(history.refunds_untold(),
           "refunds of which is not known what came back");
  left_out(history.other_postings(),
           "movements of points by neither orders nor refunds");
  return text;
}

std::string Bound(const v1::SimulatedBinding& binding,
                  const ProgramFacts& facts) {
  return absl::StrCat(facts.TimeText(binding.first_time()), " to ",
                      facts.TimeText(binding.last_time()));
}

void AppendTimes(const SimulationReport& report, const ProgramFacts& facts,
                 std::string& text) {
  Table table({{"when it bound", Table::Align::kLeft},
               {"current", Table::Align::kLeft},
               {"candidate", Table::Align::kLeft}});
  for (const auto* bounds : {&report.caps(), &report.limits()}) {
    for (const v1::SimulatedBound& bound : *bounds) {
      table.AddRow(
          {bound.id(), bound.has_current() ? Bound(bound.current(), facts) : "",
           bound.has_candidate() ? Bound(bound.candidate(), facts) : ""});
    }
  }
  if (report.caps_size() + report.limits_size() > 0) {
    absl::StrAppend(&text, "\n", table.Text());
  }
}

std::string TimeInUtc(const google::protobuf::Timestamp& time) {
  return absl::FormatTime(absl::RFC3339_sec, TimeOf(time), absl::UTCTimeZone());
}

}  // namespace

std::string SimulationText(const SimulationReport& report,
                           const ProgramFacts& facts) {
  std::string text = Headline(report, facts);
  std::optional<Table> table;
  std::string section;
  const auto flush = [&] {
    if (table) absl::StrAppend(&text, "\n", table->Text());
  };
  for (const Figure& figure : FiguresOf(report)) {
    if (!IsWorthALine(figure)) continue;
    if (figure.section != section) {
      flush();
      table = SideBySide();
      section = figure.section;
    }
    const Written written =
        Write(figure, [&](int64_t minor) { return facts.MoneyText(minor); });
    table->AddRow({Title(figure, facts), written.current, written.candidate,
                   written.difference});
  }
  flush();
  AppendTimes(report, facts, text);
  absl::StrAppend(&text, "\n", report.members_who_gain(), " members gain, ",
                  report.members_who_lose(), " lose\n");
  return text;
}

std::string SimulationCsv(const SimulationReport& report) {
  std::string csv;
  AppendCsvLine({"section", "id", "what", "current", "candidate", "difference"},
                csv);
  for (const Figure& figure : FiguresOf(report)) {
    const Written written =
        Write(figure, [](int64_t minor) { return absl::StrCat(minor); });
    AppendCsvLine({figure.section, figure.id,
                   std::string(absl::StripAsciiWhitespace(figure.what)),
                   written.current, written.candidate, written.difference},
                  csv);
  }
  for (const auto* bounds : {&report.caps(), &report.limits()}) {
    for (const v1::SimulatedBound& bound : *bounds) {
      const auto time = [&](const v1::SimulatedBinding& binding,
                            const google::protobuf::Timestamp& told) {
        return binding.orders() > 0 ? TimeInUtc(told) : "";
      };
      const v1::SimulatedBinding& now = bound.current();
      const v1::SimulatedBinding& then = bound.candidate();
      AppendCsvLine({"bound", bound.id(), "first", time(now, now.first_time()),
                     time(then, then.first_time()), ""},
                    csv);
      AppendCsvLine({"bound", bound.id(), "last", time(now, now.last_time()),
                     time(then, then.last_time()), ""},
                    csv);
    }
  }
  return csv;
}

}  // namespace pistis
