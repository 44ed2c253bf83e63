#include "clients/cli/ledger_text.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace pistis {
namespace {

constexpr Table::Align kLeft = Table::Align::kLeft;
constexpr Table::Align kRight = Table::Align::kRight;

std::string SignedText(int64_t points) {
  return absl::StrCat(points > 0 ? "+" : "", points);
}

// How the entry changed one of the member's balances; empty where it did not.
std::string ChangeText(const v1::LedgerEntry& entry,
                       v1::Posting::LedgerAccount account) {
  int64_t points = 0;
  for (const v1::Posting& posting : entry.postings()) {
    if (posting.account() == account) points += posting.points();
  }
  return points == 0 ? "" : SignedText(points);
}

// What the entry is about, beside points: "order o1, refund r1".
std::string AboutText(const v1::LedgerEntry& entry) {
  std::vector<std::string> parts;
  const auto add = [&](absl::string_view what, const std::string& id) {
    if (!id.empty()) parts.push_back(absl::StrCat(what, " ", id));
  };
  add("order", entry.order_id());
  add("refund", entry.refund_id());
  add("hold", entry.hold().hold_id());
  add(entry.kind() == v1::LedgerEntry::TRANSFER_IN ? "from" : "to",
      entry.transfer().other_member_id());
  if (entry.has_reverse()) {
    add("undoes no", absl::StrCat(entry.reverse().entry_number()));
  }
  if (entry.hold().expired()) parts.emplace_back("its time was over");
  if (entry.claw_back().forgiven_points() != 0) {
    add("forgiven", absl::StrCat(entry.claw_back().forgiven_points()));
  }
  if (entry.deficit_change() != 0) {
    add("owed", SignedText(entry.deficit_change()));
  }
  return absl::StrJoin(parts, ", ");
}

std::string ExpiryText(const v1::LotBalance& lot, const ProgramFacts& facts) {
  if (!lot.has_expire_time()) return "never";
  return absl::StrCat(facts.TimeText(lot.expire_time()),
                      lot.idle() ? " without activity" : "");
}

}  // namespace

Table EntryTable() {
  return Table({{"no", kRight},
                {"time", kLeft},
                {"kind", kLeft},
                {"available", kRight},
                {"pending", kRight},
                {"held", kRight},
                {"after", kRight},
                {"about", kLeft},
                {"reason", kLeft}});
}

void AddEntry(const v1::LedgerEntry& entry, const ProgramFacts& facts,
              Table& table) {
  table.AddRow({absl::StrCat(entry.entry_number()),
                facts.TimeText(entry.effective_time()), KindText(entry.kind()),
                ChangeText(entry, v1::Posting::MEMBER_AVAILABLE),
                ChangeText(entry, v1::Posting::MEMBER_PENDING),
                ChangeText(entry, v1::Posting::MEMBER_HELD),
                absl::StrCat(entry.available_after()), AboutText(entry),
                entry.reason()});
}

std::string KindText(v1::LedgerEntry::Kind kind) {
  return absl::AsciiStrToLower(v1::LedgerEntry::Kind_Name(kind));
}

std::optional<v1::LedgerEntry::Kind> ParseKind(const std::string& text) {
  v1::LedgerEntry::Kind kind = v1::LedgerEntry::KIND_UNSPECIFIED;
  if (!v1::LedgerEntry::Kind_Parse(absl::AsciiStrToUpper(text), &kind) ||
      kind == v1::LedgerEntry::KIND_UNSPECIFIED) {
    return std::nullopt;
  }
  return kind;
}

std::string LotsText(const v1::ListLotsResponse& lots,
                     const ProgramFacts& facts) {
  Table points({{"points", kRight},
                {"where", kLeft},
                {"from", kLeft},
                {"until", kLeft}});
  for (const v1::LotBalance& lot : lots.lots()) {
    const bool pending = lot.has_release_time();
    points.AddRow({absl::StrCat(lot.points()),
                   pending ? "pending" : "available",
                   pending ? facts.TimeText(lot.release_time()) : "",
                   ExpiryText(lot, facts)});
  }
  for (const v1::Hold& hold : lots.holds()) {
    points.AddRow({absl::StrCat(hold.points()),
                   absl::StrCat("held by ", hold.hold_id()),
                   facts.TimeText(hold.create_time()),
                   facts.TimeText(hold.expire_time())});
  }
  if (lots.deficit() > 0) {
    points.AddRow({absl::StrCat(-lots.deficit()), "owed"});
  }
  return points.Text();
}

std::string HoldText(const v1::Hold& hold, const ProgramFacts& facts) {
  Table table({{"", kLeft}, {"", kLeft}});
  table.AddRow({"hold", hold.hold_id()});
  table.AddRow({"member", hold.member_id()});
  table.AddRow({"points", absl::StrCat(hold.points())});
  table.AddRow(
      {"state", absl::AsciiStrToLower(v1::Hold::State_Name(hold.state()))});
  if (hold.captured_points() > 0) {
    table.AddRow({"spent", absl::StrCat(hold.captured_points())});
  }
  table.AddRow({"made", facts.TimeText(hold.create_time())});
  table.AddRow({"until", facts.TimeText(hold.expire_time())});
  return table.Text();
}

}  // namespace pistis
