#include "engine/operations/verify_program.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "pistis/v1/rulebook.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/rulebook_schedule.h"
#include "engine/rulebook/compile.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/key_parts.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

// The tables whose keys go on with a program, as engine/storage/keys.h says, in
// the order of their letters.
constexpr absl::string_view kProgramTables =
    "ABCDEFGHIJKLNOPQRSTUVWXYZacdefghijknsuw";
constexpr char kStoreTable = 'M';
constexpr char kAuditTable = 'a';

// Every rulebook of the program, in the order of their versions.
class RulebookRecount {
 public:
  RulebookRecount(Recount& recount, const store::v1::ProgramRecord& program)
      : recount_(recount), program_(program) {}

  void Visit(int64_t version, absl::string_view value) {
    const std::string where = absl::StrCat("rulebook ", version);
    const Place place{"record", where};
    recount_.Expect(place, "version", version, ++last_);
    last_ = version;
    const auto record = recount_.Parse<store::v1::RulebookRecord>(value, where);
    if (!record) return;
    recount_.Expect(place, "version in its record", record->version(), version);
    Tally& tally = recount_.tally();
    tally.Claim(Book::kRulebookEvents, where, record->publish_us());
    tally.Claim(Book::kRulebookEvents, absl::StrCat(where, ", its start"),
                absl::ToUnixMicros(StartOf(*record)));
    tally.Claim(Book::kRulebookEvents,
                absl::StrCat(where, ", what it restores"),
                record->restores_version());
    ScheduleVersion(*record, in_force_);
    const auto rulebook =
        recount_.Parse<v1::Rulebook>(record->rulebook(), where);
    if (!rulebook) return;
    if (rulebook->program() != program_.program_id() ||
        rulebook->currency() != program_.currency() ||
        rulebook->time_zone() != program_.time_zone()) {
      recount_.Find(place, "is of another program, currency or time zone");
    }
    const absl::Status compiled = CompileMessage(*rulebook, version).status();
    if (!compiled.ok()) {
      recount_.Find(place,
                    absl::StrCat("cannot be used: ", compiled.message()));
    }
  }

  [[nodiscard]] int64_t last() const { return last_; }
  // What the program's sums should say of what is in force when.
  [[nodiscard]] const store::v1::TotalsRecord& in_force() const {
    return in_force_;
  }

 private:
  Recount& recount_;
  const store::v1::ProgramRecord& program_;
  store::v1::TotalsRecord in_force_;
  int64_t last_ = 0;
};

// "version 3 from 1767225600000000", for each.
std::string ScheduleText(const store::v1::TotalsRecord& totals) {
  return absl::StrJoin(
      totals.scheduled_rulebooks(), ", ",
      [](std::string* text, const store::v1::ScheduledRulebook& scheduled) {
        absl::StrAppend(text, "version ", scheduled.version(), " from ",
                        scheduled.start_us());
      });
}

// A finding for each key of a table that has one record of each program, but
// that one.
absl::Status VerifyOneRecord(char table, Recount& recount) {
  return recount.Scan({.letter = table, .stage = "program"},
                      [&](absl::string_view rest, absl::string_view /*value*/) {
                        if (!rest.empty()) {
                          FindMalformedKey(table, rest, recount);
                        }
                        return absl::OkStatus();
                      });
}

// The program that a key of a table goes on with; nothing where it does not.
std::optional<std::string> ProgramOf(absl::string_view key) {
  const size_t zero = key.find('\0');
  if (zero == absl::string_view::npos) return std::nullopt;
  return std::string(key.substr(1, zero - 1));
}

// A finding for each key in [begin, end), where there should be none.
absl::Status FindStrayKeys(absl::string_view begin, absl::string_view end,
                           Recount& recount) {
  return recount.reader().Scan(
      begin, end, [&](absl::string_view key, absl::string_view /*value*/) {
        recount.Find({"record", absl::StrCat("key ", Printable(key))},
                     "lies in no table");
        return Visit::kContinue;
      });
}

// Goes from program to program, not from key to key.
absl::Status VerifyProgramsOf(char table, Recount& recount) {
  std::string begin(1, table);
  const std::string end(1, static_cast<char>(table + 1));
  while (true) {
    std::optional<std::string> key;
    PISTIS_RETURN_IF_ERROR(recount.reader().Scan(
        begin, end, [&](absl::string_view found, absl::string_view /*value*/) {
          key = std::string(found);
          return Visit::kStop;
        }));
    if (!key) return absl::OkStatus();
    const std::optional<std::string> program = ProgramOf(*key);
    bool known =
        program && program->empty() && (table == 'Q' || table == kAuditTable);
    if (program && !program->empty()) {
      PISTIS_ASSIGN_OR_RETURN(
          const std::optional<std::string> record,
          recount.reader().Get(ProgramKey(ProgramId(*program))));
      known = record.has_value();
    }
    if (!known) {
      recount.Find({"record", absl::StrCat("key ", Printable(*key))},
                   "is of a program that does not exist");
    }
    if (program) {
      begin = TablePrefix(table, ProgramId(*program));
      begin.back() = '\1';
    } else {
      begin = *key + '\0';
    }
  }
}

}  // namespace

absl::Status VerifyProgram(Recount& recount,
                           const store::v1::TotalsRecord& totals) {
  const std::string where = absl::StrCat("program ", recount.program().text());
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          recount.reader().Get(ProgramKey(recount.program())));
  const store::v1::ProgramRecord program =
      recount.Parse<store::v1::ProgramRecord>(bytes.value_or(""), where)
          .value_or(store::v1::ProgramRecord());
  if (program.program_id() != recount.program().text()) {
    recount.Find({"record", where},
                 absl::StrCat("says it is program ", program.program_id()));
  }
  recount.tally().Claim(Book::kProgramEvents, where, program.create_us());
  for (const char table : {'P', 'T'}) {
    PISTIS_RETURN_IF_ERROR(VerifyOneRecord(table, recount));
  }
  RulebookRecount rulebooks(recount, program);
  PISTIS_RETURN_IF_ERROR(recount.Scan(
      {.letter = 'B', .stage = "rulebooks", .of = program.rulebook_version()},
      [&](absl::string_view rest, absl::string_view value) {
        if (rest.size() == kKeyNumberBytes) {
          rulebooks.Visit(TrailingNumber(rest), value);
        } else {
          FindMalformedKey('B', rest, recount);
        }
        return absl::OkStatus();
      }));
  const Place place{"record", where};
  recount.Expect(place, "the latest rulebook", program.rulebook_version(),
                 rulebooks.last());
  const store::v1::TotalsRecord& in_force = rulebooks.in_force();
  recount.Expect(place, "the rulebook in force", totals.rulebook_version(),
                 in_force.rulebook_version());
  if (ScheduleText(totals) != ScheduleText(in_force)) {
    recount.Find(
        place,
        absl::StrCat("scheduled rulebooks: ", ScheduleText(totals), " where ",
                     ScheduleText(in_force), " were published"));
  }
  return absl::OkStatus();
}

void ClaimTotals(Recount& recount, const store::v1::TotalsRecord& totals) {
  const std::pair<absl::string_view, int64_t> sums[] = {
      {"members", totals.members()},
      {"orders", totals.orders()},
      {"refunds", totals.refunds()},
      {"sales_minor", totals.sales_minor()},
      {"returned_minor", totals.returned_minor()},
      {"discount_minor", totals.discount_minor()},
      {"redeemed_minor", totals.redeemed_minor()},
      {"margin_before_minor", totals.margin_before_minor()},
      {"issued_points", totals.issued_points()},
      {"redeemed_points", totals.redeemed_points()},
      {"expired_points", totals.expired_points()},
      {"forgiven_points", totals.forgiven_points()},
      {"adjusted_points", totals.adjusted_points()},
      {"available_points", totals.available_points()},
      {"pending_points", totals.pending_points()},
      {"held_points", totals.held_points()},
      {"codes_issued", totals.codes_issued()},
      {"codes_used", totals.codes_used()},
      {"codes_voided", totals.codes_voided()},
      {"notes_requested", totals.notes_requested()},
      {"notes_deferred", totals.notes_deferred()},
      {"notes_held_back", totals.notes_held_back()},
      {"cases", totals.cases()},
      {"remedies_granted", totals.remedies_granted()},
      {"remedies_minor", totals.remedies_minor()},
      {"commits", totals.commits()}};
  Tally& tally = recount.tally();
  for (const auto& [sum, amount] : sums)
    tally.Claim(Book::kTotals, sum, amount);
  for (const store::v1::CapTotal& cap : totals.caps()) {
    tally.Claim(Book::kTotals, CapName(cap.cap_id(), "orders"), cap.orders());
    tally.Claim(Book::kTotals, CapName(cap.cap_id(), "trimmed"),
                cap.trimmed_minor());
  }
}

absl::Status VerifyKeys(Recount& recount) {
  std::string from;
  for (const char table : kProgramTables) {
    // The store's own table has records of fixed names alone.
    if (from <= std::string(1, kStoreTable) && table > kStoreTable) {
      PISTIS_RETURN_IF_ERROR(FindStrayKeys(from, FormatKey(), recount));
      PISTIS_RETURN_IF_ERROR(
          FindStrayKeys(FormatKey() + '\0', SequenceKey(), recount));
      from = SequenceKey() + '\0';
    }
    PISTIS_RETURN_IF_ERROR(FindStrayKeys(from, std::string(1, table), recount));
    PISTIS_RETURN_IF_ERROR(VerifyProgramsOf(table, recount));
    from = std::string(1, static_cast<char>(table + 1));
  }
  // API keys are verify_audit.cc's.
  PISTIS_RETURN_IF_ERROR(FindStrayKeys(from, ApiKeyKey(""), recount));
  return FindStrayKeys(ApiKeysEnd(), "", recount);
}

}  // namespace pistis
