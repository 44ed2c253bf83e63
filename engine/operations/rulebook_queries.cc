// ValidateRulebook, GetRulebook, ListRulebooks and DiffRulebooks.
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/check_rulebook.h"
#include "engine/operations/load_order.h"
#include "engine/operations/paging.h"
#include "engine/operations/queries.h"
#include "engine/operations/rulebook_schedule.h"
#include "engine/operations/rulebooks.h"
#include "engine/order/order.h"
#include "engine/rulebook/diff.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr absl::string_view kListMethod = "ListRulebooks";
// Stored bytes in one page's records, so that a page is soon read.
constexpr size_t kMaxPageBytes = size_t{16} << 20U;
constexpr size_t kMaxListedChanges = 2'000;
constexpr int64_t kAfterAll = std::numeric_limits<int64_t>::max();

// A program and its versions, as they stand when it is asked.
struct Versions {
  const QueryContext& context;
  ProgramId program;
  store::v1::ProgramRecord record;
  store::v1::TotalsRecord totals;

  [[nodiscard]] int64_t InForce() const {
    return VersionInForce(totals, context.now);
  }
  [[nodiscard]] v1::PublishedRulebook::State StateOf(int64_t version) const {
    return StateOfVersion(totals, version, context.now);
  }
};

absl::StatusOr<Versions> OpenVersions(const QueryContext& context,
                                      const std::string& program_id) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", program_id));
  Versions versions{.context = context, .program = ProgramId(program_id)};
  PISTIS_ASSIGN_OR_RETURN(versions.record,
                          LoadProgram(context.reader, versions.program));
  PISTIS_ASSIGN_OR_RETURN(versions.totals,
                          LoadTotals(context.reader, versions.program));
  return versions;
}

// Calls `visit` with each version below `below`, the latest first.
absl::Status VisitBackward(
    const Versions& versions, int64_t below,
    absl::FunctionRef<Visit(const store::v1::RulebookRecord&, size_t bytes)>
        visit) {
  bool corrupt = false;
  PISTIS_RETURN_IF_ERROR(versions.context.reader.ScanBackward(
      RulebookKey(versions.program, 0), RulebookKey(versions.program, below),
      [&](absl::string_view /*key*/, absl::string_view value) {
        store::v1::RulebookRecord record;
        corrupt = !record.ParseFromArray(value.data(),
                                         static_cast<int>(value.size()));
        return corrupt ? Visit::kStop : visit(record, value.size());
      }));
  return corrupt ? RecordCorrupt("RulebookRecord") : absl::OkStatus();
}

absl::StatusOr<store::v1::RulebookRecord> FindAt(const Versions& versions,
                                                 absl::Time time) {
  if (time >= versions.context.now) {
    const int64_t version = VersionInForce(versions.totals, time);
    return LoadVersion(versions.context.reader, versions.program, version);
  }
  std::optional<store::v1::RulebookRecord> found;
  PISTIS_RETURN_IF_ERROR(VisitBackward(
      versions, kAfterAll,
      [&](const store::v1::RulebookRecord& record, size_t /*bytes*/) {
        if (StartOf(record) > time) return Visit::kContinue;
        found = record;
        return Visit::kStop;
      }));
  if (found) return *std::move(found);
  return RefuseNotFound("rulebook",
                        absl::StrCat("at ", absl::FormatTime(time)));
}

absl::StatusOr<v1::Rulebook> LoadMessage(const Versions& versions,
                                         int64_t version) {
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::RulebookRecord record,
      LoadVersion(versions.context.reader, versions.program, version));
  PISTIS_ASSIGN_OR_RETURN(v1::PublishedRulebook published, ToMessage(record));
  return std::move(*published.mutable_rulebook());
}

absl::StatusOr<int64_t> VersionOrInForce(const Versions& versions,
                                         absl::string_view field,
                                         int64_t version) {
  if (version < 0) {
    return RefuseField(field, "is negative; 0 asks for the one in force");
  }
  return version == 0 ? versions.InForce() : version;
}

void AddError(const Problem& problem, CheckedRulebook& checked) {
  v1::RulebookFinding& error = *checked.report.add_errors();
  error.set_kind(v1::RulebookFinding::ERROR);
  error.set_path(problem.path);
  error.set_message(problem.message);
  checked.report.set_valid(false);
  if (!checked.from_text) return;
  const TextPosition position = checked.loaded.positions.Of(problem.path);
  error.set_line(position.line);
  error.set_column(position.column);
}

// Says where the rulebook is of another program than the request's.
void CheckProgram(const store::v1::ProgramRecord& program,
                  CheckedRulebook& checked) {
  const v1::Rulebook& rulebook = checked.loaded.rulebook;
  const std::tuple<std::string, std::string, std::string> fields[] = {
      {"program", rulebook.program(), program.program_id()},
      {"currency", rulebook.currency(), program.currency()},
      {"time_zone", rulebook.time_zone(), program.time_zone()}};
  for (const auto& [path, of_rulebook, of_program] : fields) {
    if (of_rulebook == of_program) continue;
    AddError(
        {.path = path, .message = OtherThanTheProgram(of_rulebook, of_program)},
        checked);
  }
}

}  // namespace

absl::StatusOr<v1::ValidateRulebookResponse> ValidateRulebook(
    const QueryContext& context, const v1::ValidateRulebookRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(const RulebookSource source, SourceOf(request));
  absl::Time start = context.now;
  if (request.has_start_time()) {
    PISTIS_ASSIGN_OR_RETURN(start, ParseStart(request.start_time()));
  }
  PISTIS_ASSIGN_OR_RETURN(
      const store::v1::ProgramRecord program,
      LoadProgram(context.reader, ProgramId(request.program_id())));
  CheckedRulebook checked = CheckRulebook(source, start);
  if (checked.compiled) {
    CheckProgram(program, checked);
    PISTIS_ASSIGN_OR_RETURN(
        const Findings taken,
        FindTakenWords(context.env, context.reader,
                       ProgramId(request.program_id()), *checked.compiled));
    for (const Problem& problem : taken.problems)
      AddError(problem, checked);
  }
  if (checked.report.valid()) AddWarnings(start, checked);
  return std::move(checked.report);
}

absl::StatusOr<v1::PublishedRulebook> GetRulebook(
    const QueryContext& context, const v1::GetRulebookRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const Versions versions,
                          OpenVersions(context, request.program_id()));
  if (request.version() != 0 && request.has_at_time()) {
    return RefuseField("at_time", "goes with version 0; ask for one of them");
  }
  PISTIS_ASSIGN_OR_RETURN(
      const int64_t version,
      VersionOrInForce(versions, "version", request.version()));
  store::v1::RulebookRecord record;
  if (request.has_at_time()) {
    PISTIS_ASSIGN_OR_RETURN(
        const absl::Time at,
        ParsePastTime("at_time", request.at_time(), absl::InfiniteFuture()));
    PISTIS_ASSIGN_OR_RETURN(record, FindAt(versions, at));
  } else {
    PISTIS_ASSIGN_OR_RETURN(
        record, LoadVersion(context.reader, versions.program, version));
  }
  PISTIS_ASSIGN_OR_RETURN(v1::PublishedRulebook published, ToMessage(record));
  published.set_state(versions.StateOf(record.version()));
  return published;
}

absl::StatusOr<v1::ListRulebooksResponse> ListRulebooks(
    const QueryContext& context, const v1::ListRulebooksRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const Versions versions,
                          OpenVersions(context, request.program_id()));
  PISTIS_ASSIGN_OR_RETURN(const int page_size,
                          ParsePageSize(request.page_size()));
  PISTIS_ASSIGN_OR_RETURN(const int64_t last,
                          ParsePageToken(kListMethod, request.page_token()));
  v1::ListRulebooksResponse page;
  size_t page_bytes = 0;
  PISTIS_RETURN_IF_ERROR(VisitBackward(
      versions, last == 0 ? kAfterAll : last,
      [&](const store::v1::RulebookRecord& record, size_t bytes) {
        if (page.rulebooks_size() == page_size || page_bytes >= kMaxPageBytes) {
          page.set_next_page_token(
              PageToken(kListMethod, page.rulebooks().rbegin()->version()));
          return Visit::kStop;
        }
        page_bytes += bytes;
        v1::PublishedRulebook& summary = *page.add_rulebooks();
        summary = ToSummary(record);
        summary.set_state(versions.StateOf(record.version()));
        return Visit::kContinue;
      }));
  return page;
}

absl::StatusOr<v1::DiffRulebooksResponse> DiffRulebooks(
    const QueryContext& context, const v1::DiffRulebooksRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const Versions versions,
                          OpenVersions(context, request.program_id()));
  v1::DiffRulebooksResponse response;
  PISTIS_ASSIGN_OR_RETURN(
      const int64_t from_version,
      VersionOrInForce(versions, "from_version", request.from_version()));
  PISTIS_ASSIGN_OR_RETURN(const v1::Rulebook from,
                          LoadMessage(versions, from_version));
  response.set_from_version(from_version);
  v1::Rulebook to;
  if (request.has_yaml()) {
    PISTIS_ASSIGN_OR_RETURN(LoadedRulebook loaded, LoadYaml(request.yaml()));
    to = std::move(loaded.rulebook);
  } else if (request.has_rulebook()) {
    to = request.rulebook();
  } else if (request.has_to_version()) {
    PISTIS_ASSIGN_OR_RETURN(
        const int64_t to_version,
        VersionOrInForce(versions, "to_version", request.to_version()));
    PISTIS_ASSIGN_OR_RETURN(to, LoadMessage(versions, to_version));
    response.set_to_version(to_version);
  } else {
    return RefuseField("to", "is missing; set to_version, yaml or rulebook");
  }
  for (const RulebookChange& change : Differences(from, to)) {
    if (static_cast<size_t>(response.changes_size()) == kMaxListedChanges) {
      response.set_unlisted_changes(response.unlisted_changes() + 1);
      continue;
    }
    v1::RulebookChange& added = *response.add_changes();
    added.set_path(change.path);
    added.set_text(change.text);
  }
  return response;
}

}  // namespace pistis
