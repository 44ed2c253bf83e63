#include "engine/operations/verify_margins.h"

#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/margin_records.pb.h"
#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/insight/margin_sums.h"
#include "engine/operations/fold_margins.h"
#include "engine/operations/load_order.h"
#include "engine/operations/margin_facts.h"
#include "engine/operations/margin_rows.h"
#include "engine/operations/refund_order.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/storage/keys.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

using store::v1::MarginReturnsRecord;
using store::v1::OrderRecord;

// Of which an order has one each, so that they sum to the day.
bool IsOfWholeOrders(MarginRows rows) {
  return rows == MarginRows::kStore || rows == MarginRows::kTier;
}

std::optional<MarginRows> RowsNamed(absl::string_view name) {
  for (size_t i = 0; i < kMarginRows; ++i) {
    if (NameOf(static_cast<MarginRows>(i)) == name) {
      return static_cast<MarginRows>(i);
    }
  }
  return std::nullopt;
}

std::string SumName(absl::string_view of, Measure measure) {
  return absl::StrCat(of, ", ", NameOf(measure));
}

template <typename Visitor>
void ForEachMeasure(Visitor visit) {
  for (size_t i = 0; i < kMeasures; ++i)
    visit(static_cast<Measure>(i));
}

// A part of the recount, on the sums as they will be.
class MarginRecount {
 public:
  MarginRecount(Recount& recount, const MarginReader& from)
      : recount_(recount), tally_(recount.tally()), from_(from) {}

  absl::Status VisitRow(absl::string_view rest, absl::string_view value) {
    if (rest.empty()) return VisitCursor(value);
    const std::string key = absl::StrCat(TablePrefix('W', from_.program), rest);
    const std::optional<MarginRowName> name =
        ParseMarginRowKey(from_.program, key);
    const std::optional<MarginRows> rows =
        name ? RowsNamed(name->kind) : std::nullopt;
    if (!rows) {
      FindMalformedKey('W', rest, recount_);
      return absl::OkStatus();
    }
    const std::string day = absl::FormatCivilTime(name->day);
    const std::string where =
        absl::StrCat("sums of ", day, ", ", name->kind, " ", name->row);
    if (!recount_.Parse<store::v1::MarginSumsRecord>(value, where)) {
      return absl::OkStatus();
    }
    const absl::StatusOr<StoredMargins> stored = ParseMargins(value);
    if (!stored.ok()) {
      recount_.Find({"record", where}, "has more sums than there are");
      return absl::OkStatus();
    }
    TellRow(day, ParseRowText(*rows, name->row), *stored);
    return absl::OkStatus();
  }

  absl::Status VisitReturns(absl::string_view rest, absl::string_view value) {
    const std::optional<NamedRest> id = SplitName(rest);
    if (!id || !id->after.empty()) {
      FindMalformedKey('N', rest, recount_);
      return absl::OkStatus();
    }
    const std::string where = absl::StrCat("returns of order ", id->name);
    const auto record = recount_.Parse<MarginReturnsRecord>(value, where);
    if (record) TellReturns(where, *record, &Tally::Claim);
    return absl::OkStatus();
  }

  absl::Status VisitOrder(absl::string_view rest, absl::string_view value) {
    const std::optional<NamedRest> id = SplitName(rest);
    OrderRecord record;
    if (!id ||
        !record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return absl::OkStatus();
    }
    const absl::StatusOr<MarginFacts> facts = FactsOf(from_, record);
    // What cannot be read is another stage's to find.
    if (!facts.ok()) return absl::OkStatus();
    CountedReturns returns{
        .lines = SoldLinesOf(record),
        .clawed_back = Points(record.refunded().points_clawed_back())};
    const int64_t refunds = record.refunded().refunds();
    if (refunds > 0 && !record.refunded().whole()) {
      TellReturns(absl::StrCat("returns of order ", id->name),
                  ToRecord(returns), &Tally::Count);
    }
    RowSums sums = SumsOf(facts->order, returns.Left());
    sums.insert(facts->caps.begin(), facts->caps.end());
    for (auto& [row, of_row] : sums) {
      of_row.Set(Measure::kRefunds, refunds);
      TellSums(row.rows, NameOf(row.rows), of_row, &Tally::Count);
    }
    return absl::OkStatus();
  }

 private:
  using Teller = void (Tally::*)(Book, absl::string_view, int64_t);

  // It stands on a commit: one beyond them all would hide those to come.
  absl::Status VisitCursor(absl::string_view value) {
    constexpr absl::string_view kWhere = "how far the sums have come";
    const auto cursor =
        recount_.Parse<store::v1::MarginCursorRecord>(value, kWhere);
    if (!cursor) return absl::OkStatus();
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<std::string> commit,
        from_.reader.Get(CommitKey(from_.program, cursor->commit_seq())));
    if (!commit) {
      recount_.Find({"record", kWhere},
                    absl::StrCat("commit ", cursor->commit_seq(),
                                 " is none of the program"));
    }
    return absl::OkStatus();
  }

  // Refunds are counted in the rows that they change, which are always those of
  // whole orders.
  void TellSums(MarginRows rows, absl::string_view of, const MarginSums& sums,
                Teller tell) {
    const bool has_refunds = rows == MarginRows::kDay || IsOfWholeOrders(rows);
    ForEachMeasure([&](Measure measure) {
      if (measure == Measure::kRefunds && !has_refunds) return;
      (tally_.*tell)(Book::kMargins, SumName(of, measure), sums[measure]);
    });
  }

  void TellRow(const std::string& day, const MarginRow& row,
               const StoredMargins& stored) {
    TellSums(row.rows, NameOf(row.rows), stored.sums, &Tally::Claim);
    const auto of_day = [&](MarginRows rows) {
      return absl::StrCat(NameOf(rows), " rows of ", day);
    };
    if (row.rows != MarginRows::kDay) {
      if (row.of != MarginRow::Of::kOthers) {
        tally_.Count(Book::kMargins, of_day(row.rows), 1);
      }
      if (IsOfWholeOrders(row.rows)) {
        TellSums(row.rows, of_day(row.rows), stored.sums, &Tally::Count);
      }
      return;
    }
    for (size_t i = 0; i < kMarginRows; ++i) {
      const auto rows = static_cast<MarginRows>(i);
      tally_.Claim(Book::kMargins, of_day(rows), stored.rows[i]);
      if (IsOfWholeOrders(rows)) {
        TellSums(rows, of_day(rows), stored.sums, &Tally::Claim);
      }
    }
  }

  void TellReturns(const std::string& where, const MarginReturnsRecord& record,
                   Teller tell) {
    const auto told = [&](absl::string_view what, int64_t amount) {
      (tally_.*tell)(Book::kMargins, absl::StrCat(where, what), amount);
    };
    told("", 1);
    told(", points", record.points_clawed_back());
    for (int i = 0; i < record.lines_size(); ++i) {
      told(absl::StrCat(", units of line ", i), record.lines(i).quantity());
      told(absl::StrCat(", amount of line ", i),
           record.lines(i).amount_minor());
    }
  }

  Recount& recount_;
  Tally& tally_;
  const MarginReader from_;
};

}  // namespace

absl::Status VerifyMargins(Recount& recount, const std::string& secret) {
  RulebookCache rulebooks;
  const OperationEnv env{.secret = secret, .rulebooks = rulebooks};
  const absl::StatusOr<FoldedMargins> rest =
      FoldTheRest(env, recount.reader(), recount.program(),
                  {.max_commits = std::numeric_limits<size_t>::max()});
  if (!rest.ok()) {
    if (!ReasonOf(rest.status())) return rest.status();
    // Mostly what cannot be read has been found by the stages before.
    if (recount.report().finding_count() == 0) {
      recount.Find({"record", "sums of sales"},
                   std::string(rest.status().message()));
    }
    return absl::OkStatus();
  }
  const OverlayReader reader(recount.reader(), {&rest->writes});
  PISTIS_ASSIGN_OR_RETURN(const absl::TimeZone zone,
                          LoadZone(reader, recount.program()));
  Recount ahead = recount.On(reader);
  MarginRecount margins(ahead, {.env = env,
                                .reader = reader,
                                .program = recount.program(),
                                .zone = zone});
  PISTIS_RETURN_IF_ERROR(
      ahead.Scan({.letter = 'W', .stage = "sums of sales"},
                 [&](absl::string_view rest_of_key, absl::string_view value) {
                   return margins.VisitRow(rest_of_key, value);
                 }));
  PISTIS_RETURN_IF_ERROR(
      ahead.Scan({.letter = 'N', .stage = "returns in sums"},
                 [&](absl::string_view rest_of_key, absl::string_view value) {
                   return margins.VisitReturns(rest_of_key, value);
                 }));
  return ahead.Scan(
      {.letter = 'O', .stage = "sales in sums"},
      [&](absl::string_view rest_of_key, absl::string_view value) {
        return margins.VisitOrder(rest_of_key, value);
      });
}

}  // namespace pistis
