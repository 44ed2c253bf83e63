#include "engine/operations/costs.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "pistis/store/v1/cost_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/margin/unit_cost.h"
#include "engine/operations/catalogue.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/journal.h"
#include "engine/operations/load_order.h"
#include "engine/operations/paging.h"
#include "engine/operations/rulebook_schedule.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using ImportReply = v1::ImportCostsResponse;
using store::v1::ArticleCostsRecord;

constexpr size_t kMaxSkuBytes = 128;
constexpr size_t kMaxCostBytes = 32;
constexpr absl::string_view kListCosts = "ListCosts";

absl::Status CheckSku(absl::string_view field, const std::string& sku) {
  if (sku.empty()) return RefuseField(field, "is missing");
  if (absl::StrContains(sku, '\0')) {
    return RefuseField(field, "holds a zero byte");
  }
  return CheckText(field, sku, kMaxSkuBytes);
}

absl::StatusOr<StatedCost> ParseStatement(const std::string& field,
                                          const v1::ArticleCost& cost) {
  PISTIS_RETURN_IF_ERROR(CheckSku(absl::StrCat(field, ".sku"), cost.sku()));
  PISTIS_RETURN_IF_ERROR(
      CheckText(absl::StrCat(field, ".cost"), cost.cost(), kMaxCostBytes));
  StatedCost stated{.sku = cost.sku(), .cost = cost.cost()};
  if (!cost.has_valid_from()) return stated;
  PISTIS_ASSIGN_OR_RETURN(
      const absl::Time from,
      ParsePastTime(absl::StrCat(field, ".valid_from"), cost.valid_from(),
                    absl::InfiniteFuture()));
  stated.valid_from_us = absl::ToUnixMicros(from);
  return stated;
}

// Puts the statement in its place; true where it is a new one.
bool State(const StatedCost& stated, UnitCost cost,
           ArticleCostsRecord& record) {
  const int place = PlaceOfCost(record, stated.valid_from_us);
  if (place < record.valid_from_us_size() &&
      record.valid_from_us(place) == stated.valid_from_us) {
    record.set_cost(place, cost.value());
    return false;
  }
  record.add_valid_from_us(stated.valid_from_us);
  record.add_cost(cost.value());
  for (int i = record.cost_size() - 1; i > place; --i) {
    record.mutable_valid_from_us()->SwapElements(i, i - 1);
    record.mutable_cost()->SwapElements(i, i - 1);
  }
  return true;
}

absl::Status RefuseMore(const std::string& sku) {
  return Refuse(Reason::kLimitReached,
                absl::StrCat("the cost of \"", sku, "\" is stated for ",
                             kMaxCostsOfArticle,
                             " times, as many as there may be; state it anew "
                             "for one of them"),
                {{"limit", "costs_of_article"},
                 {"most", absl::StrCat(kMaxCostsOfArticle)},
                 {"sku", sku}});
}

absl::StatusOr<Currency> CurrencyOf(const Reader& reader,
                                    const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(const store::v1::ProgramRecord record,
                          LoadProgram(reader, program));
  const std::optional<Currency> currency = FindCurrency(record.currency());
  if (!currency) return RecordCorrupt("ProgramRecord");
  return *currency;
}

absl::StatusOr<DecidedReply<ImportReply>> Import(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ImportCostsInput& input) {
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(const Currency currency, CurrencyOf(reader, program));
  std::map<std::string, ArticleCostsRecord> articles;
  ImportReply reply;
  for (size_t i = 0; i < input.costs.size(); ++i) {
    const StatedCost& stated = input.costs[i];
    const absl::StatusOr<UnitCost> cost = ParseUnitCost(stated.cost, currency);
    if (!cost.ok()) {
      return RefuseField(
          absl::StrCat("costs[", i, "].cost"),
          absl::StrCat("\"", stated.cost, "\": ", cost.status().message()));
    }
    const auto [article, is_first] = articles.try_emplace(stated.sku);
    if (is_first) {
      PISTIS_ASSIGN_OR_RETURN(
          std::optional<ArticleCostsRecord> known,
          GetRecord<ArticleCostsRecord>(reader,
                                        ArticleCostsKey(program, stated.sku)));
      if (known) article->second = *std::move(known);
    }
    const bool is_new = State(stated, *cost, article->second);
    if (article->second.cost_size() > kMaxCostsOfArticle) {
      return RefuseMore(stated.sku);
    }
    reply.set_added(reply.added() + (is_new ? 1 : 0));
    reply.set_replaced(reply.replaced() + (is_new ? 0 : 1));
  }
  PISTIS_ASSIGN_OR_RETURN(Journal journal,
                          Journal::Open(reader, program, context));
  for (const auto& [sku, record] : articles)
    PutRecord(ArticleCostsKey(program, sku), record, journal.writes());
  journal.totals().set_catalogue_costs(journal.totals().catalogue_costs() +
                                       reply.added());
  journal
      .AddEvent(context.now, {}, VersionInForce(journal.totals(), context.now))
      .mutable_costs_imported()
      ->set_costs(static_cast<int64_t>(input.costs.size()));
  reply.set_catalogue_costs(journal.totals().catalogue_costs());
  reply.set_commit_seq(context.commit_seq);
  PISTIS_ASSIGN_OR_RETURN(WriteSet writes,
                          std::move(journal).Take(env, reader));
  return DecidedReply<ImportReply>{.reply = Encode(reply),
                                   .writes = std::move(writes)};
}

v1::ArticleCost ToMessage(absl::string_view sku,
                          const ArticleCostsRecord& costs, int place,
                          const Currency& currency) {
  v1::ArticleCost message;
  message.set_sku(std::string(sku));
  message.set_cost(FormatUnitCost(UnitCost(costs.cost(place)), currency));
  if (costs.valid_from_us(place) != 0) {
    *message.mutable_valid_from() =
        ToTimestamp(absl::FromUnixMicros(costs.valid_from_us(place)));
  }
  return message;
}

// The last statement of a page. The time stands first, as it has no blank.
struct Told {
  int64_t valid_from_us = 0;
  std::string sku;

  [[nodiscard]] std::string Token() const {
    return NamePageToken(kListCosts, absl::StrCat(valid_from_us, " ", sku));
  }
};

// Nothing where the token is empty.
absl::StatusOr<std::optional<Told>> ParseTold(
    const v1::ListCostsRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const std::string name,
                          ParseNamePageToken(kListCosts, request.page_token()));
  if (name.empty()) return std::nullopt;
  const size_t blank = name.find(' ');
  Told told;
  const bool is_token =
      blank != std::string::npos &&
      absl::SimpleAtoi(name.substr(0, blank), &told.valid_from_us);
  if (is_token) told.sku = name.substr(blank + 1);
  const bool is_of_request = request.sku().empty() || request.sku() == told.sku;
  if (!is_token || told.sku.empty() || !is_of_request) {
    return RefuseField("page_token", "is none that ListCosts gave for this");
  }
  return told;
}

// Where to read a page of: the keys, and what was told before.
struct CostsRange {
  ProgramId program;
  std::string begin;
  std::string end;
  std::optional<Told> told;
  size_t size = 0;
};

absl::StatusOr<v1::ListCostsResponse> ReadPage(const Reader& reader,
                                               const CostsRange& range,
                                               const Currency& currency) {
  v1::ListCostsResponse page;
  Told last;
  bool readable = true;
  const auto visit = [&](absl::string_view key, absl::string_view value) {
    const absl::string_view sku = SkuOfCostsKey(range.program, key);
    ArticleCostsRecord costs;
    readable =
        costs.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
        costs.cost_size() == costs.valid_from_us_size();
    if (!readable) return Visit::kStop;
    for (int i = 0; i < costs.cost_size(); ++i) {
      if (range.told && sku == range.told->sku &&
          costs.valid_from_us(i) >= range.told->valid_from_us) {
        continue;
      }
      if (static_cast<size_t>(page.costs_size()) == range.size) {
        page.set_next_page_token(last.Token());
        return Visit::kStop;
      }
      *page.add_costs() = ToMessage(sku, costs, i, currency);
      last = {.valid_from_us = costs.valid_from_us(i), .sku = std::string(sku)};
    }
    return Visit::kContinue;
  };
  PISTIS_RETURN_IF_ERROR(reader.Scan(range.begin, range.end, visit));
  if (!readable) return RecordCorrupt("ArticleCostsRecord");
  return page;
}

}  // namespace

absl::StatusOr<ImportCostsInput> ParseImportCosts(
    const v1::ImportCostsRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  if (request.costs().empty() || request.costs_size() > kMaxCostsAtOnce) {
    return RefuseField("costs", absl::StrCat("has ", request.costs_size(),
                                             " statements; 1 to ",
                                             kMaxCostsAtOnce, " are allowed"));
  }
  ImportCostsInput input{.request = {.program = ProgramId(request.program_id()),
                                     .request = RequestId(request.request_id()),
                                     .fingerprint = FingerprintOf(request)},
                         .costs = {}};
  input.costs.reserve(static_cast<size_t>(request.costs_size()));
  std::set<std::pair<absl::string_view, int64_t>> seen;
  for (int i = 0; i < request.costs_size(); ++i) {
    const std::string field = absl::StrCat("costs[", i, "]");
    PISTIS_ASSIGN_OR_RETURN(StatedCost stated,
                            ParseStatement(field, request.costs(i)));
    if (!seen.insert({request.costs(i).sku(), stated.valid_from_us}).second) {
      return RefuseField(field,
                         "is of the same article and time as an earlier one");
    }
    input.costs.push_back(std::move(stated));
  }
  return input;
}

absl::StatusOr<DecidedReply<ImportReply>> ImportCosts(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ImportCostsInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.request.program).status());
  return Once<ImportReply>(reader, context, input.request,
                           [&] { return Import(env, reader, context, input); });
}

absl::StatusOr<v1::ListCostsResponse> ListCosts(
    const QueryContext& context, const v1::ListCostsRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  if (!request.sku().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckSku("sku", request.sku()));
  }
  PISTIS_ASSIGN_OR_RETURN(const int page_size,
                          ParsePageSize(request.page_size()));
  PISTIS_ASSIGN_OR_RETURN(std::optional<Told> told, ParseTold(request));
  CostsRange range{.program = ProgramId(request.program_id()),
                   .size = static_cast<size_t>(page_size)};
  PISTIS_ASSIGN_OR_RETURN(const Currency currency,
                          CurrencyOf(context.reader, range.program));
  const std::string from = told ? told->sku : request.sku();
  range.begin = ArticleCostsKey(range.program, from);
  range.end = request.sku().empty() ? ArticleCostsEnd(range.program)
                                    : range.begin + '\0';
  range.told = std::move(told);
  return ReadPage(context.reader, range, currency);
}

}  // namespace pistis
