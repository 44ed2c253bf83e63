#include "engine/operations/cases.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/case_records.h"
#include "engine/operations/complaint_weeks.h"
#include "engine/operations/load_order.h"
#include "engine/operations/members.h"
#include "engine/operations/paging.h"
#include "engine/operations/points_commit.h"
#include "engine/order/order.h"
#include "engine/storage/care_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr absl::string_view kMethod = "ListCases";
constexpr size_t kMaxCategoryBytes = 64;
constexpr size_t kMaxWordsBytes = 4096;
constexpr size_t kMaxNameBytes = 128;
constexpr int kMaxSkus = 50;
constexpr int kMostLookedAt = 1000;
constexpr size_t kMaxPageBytes = size_t{1} << 20U;

absl::Status CheckCategory(const std::string& category) {
  const bool well_formed =
      !category.empty() && category.size() <= kMaxCategoryBytes &&
      std::all_of(category.begin(), category.end(), [](char c) {
        const auto symbol = static_cast<unsigned char>(c);
        return absl::ascii_islower(symbol) || absl::ascii_isdigit(symbol) ||
               c == '-' || c == '_' || c == '/';
      });
  if (well_formed) return absl::OkStatus();
  return RefuseField(
      "case.category",
      absl::StrCat("is no category; write 1 to ", kMaxCategoryBytes,
                   " of a-z, 0-9, -, _ and /, such as "
                   "delivery/late"));
}

// A name that becomes a part of a key.
absl::Status CheckName(const std::string& field, const std::string& name) {
  PISTIS_RETURN_IF_ERROR(CheckText(field, name, kMaxNameBytes));
  if (!absl::StrContains(name, '\0')) return absl::OkStatus();
  return RefuseField(field, "holds a zero byte");
}

absl::Status CheckSkus(const v1::Case& opened) {
  if (opened.skus_size() > kMaxSkus) {
    return RefuseField("case.skus", absl::StrCat("has ", opened.skus_size(),
                                                 " entries; at most ", kMaxSkus,
                                                 " are allowed"));
  }
  std::set<std::string> seen;
  for (int i = 0; i < opened.skus_size(); ++i) {
    const std::string field = absl::StrCat("case.skus[", i, "]");
    const std::string& sku = opened.skus(i);
    PISTIS_RETURN_IF_ERROR(CheckName(field, sku));
    if (sku.empty()) return RefuseField(field, "is empty");
    if (!seen.insert(sku).second) {
      return RefuseField(field, absl::StrCat("\"", sku, "\" is named twice"));
    }
  }
  return absl::OkStatus();
}

// The ids of whom and what it is about; its own may be left out.
absl::Status CheckIds(const v1::Case& opened) {
  if (!opened.case_id().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckId("case.case_id", opened.case_id()));
  }
  PISTIS_RETURN_IF_ERROR(CheckId("case.member_id", opened.member_id()));
  if (opened.order_id().empty()) return absl::OkStatus();
  return CheckId("case.order_id", opened.order_id());
}

absl::Status CheckCase(const v1::Case& opened) {
  PISTIS_RETURN_IF_ERROR(CheckIds(opened));
  PISTIS_RETURN_IF_ERROR(CheckCategory(opened.category()));
  if (!v1::Case::Severity_IsValid(opened.severity()) ||
      opened.severity() == v1::Case::SEVERITY_UNSPECIFIED) {
    return RefuseField("case.severity",
                       "is missing; write LOW, MEDIUM, HIGH or CRITICAL");
  }
  PISTIS_RETURN_IF_ERROR(
      CheckText("case.words", opened.words(), kMaxWordsBytes));
  PISTIS_RETURN_IF_ERROR(CheckName("case.store_id", opened.store_id()));
  return CheckSkus(opened);
}

// The order that a case is about, which says at which store it was, and of
// which articles it can be.
absl::Status TakeFromOrder(const Reader& reader, const ProgramId& program,
                           v1::Case& opened) {
  if (opened.order_id().empty()) return absl::OkStatus();
  const OrderId id(opened.order_id());
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::OrderRecord> record,
      GetRecord<store::v1::OrderRecord>(reader, OrderKey(program, id)));
  if (!record) return RefuseNotFound("order", id.text());
  if (record->member_id() != opened.member_id()) {
    return RefuseField("case.order_id", "is not an order of the member");
  }
  v1::Order order;
  if (!order.ParseFromString(record->order())) {
    return RecordCorrupt("OrderRecord");
  }
  if (!opened.store_id().empty() && opened.store_id() != order.store_id()) {
    return RefuseField("case.store_id",
                       absl::StrCat("is not that of the order, which is \"",
                                    order.store_id(), "\"; leave it out"));
  }
  opened.set_store_id(order.store_id());
  for (int i = 0; i < opened.skus_size(); ++i) {
    const bool is_of_order =
        std::any_of(order.lines().begin(), order.lines().end(),
                    [&](const v1::OrderLine& line) {
                      return line.sku() == opened.skus(i);
                    });
    if (!is_of_order) {
      return RefuseField(
          absl::StrCat("case.skus[", i, "]"),
          absl::StrCat("\"", opened.skus(i), "\" is no article of the order"));
    }
  }
  return absl::OkStatus();
}

// What the caller says of a case, and nothing else.
v1::Case Asked(const v1::Case& source) {
  v1::Case asked;
  asked.set_case_id(source.case_id());
  asked.set_member_id(source.member_id());
  asked.set_order_id(source.order_id());
  asked.set_category(source.category());
  asked.set_severity(source.severity());
  asked.set_words(source.words());
  *asked.mutable_skus() = source.skus();
  asked.set_store_id(source.store_id());
  return asked;
}

absl::StatusOr<bool> IsKnown(const Reader& reader, const std::string& key) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          reader.Get(key));
  return bytes.has_value();
}

// An id that no case has: the caller's, or one of the commit.
absl::StatusOr<std::string> ChooseId(const PointsCommit& commit,
                                     const std::string& asked) {
  std::string id = asked.empty()
                       ? absl::StrCat("case-", commit.context().commit_seq)
                       : asked;
  while (true) {
    PISTIS_ASSIGN_OR_RETURN(
        const bool known,
        IsKnown(commit.reader(), CaseKey(commit.program(), CaseId(id))));
    if (!known) return id;
    if (!asked.empty()) {
      return Refuse(Reason::kAlreadyExists,
                    absl::StrCat("there is a case \"", id, "\" already"),
                    {{"kind", "case"}, {"id", id}});
    }
    id += "-1";
  }
}

absl::StatusOr<v1::Case> Open(const OpenCaseInput& input,
                              PointsCommit& commit) {
  StoredCase stored{.message = Asked(input.request.case_()), .record = {}};
  v1::Case& opened = stored.message;
  PISTIS_ASSIGN_OR_RETURN(*opened.mutable_case_id(),
                          ChooseId(commit, opened.case_id()));
  const MemberId member(opened.member_id());
  PISTIS_RETURN_IF_ERROR(
      LoadMember(commit.reader(), commit.program(), member).status());
  PISTIS_RETURN_IF_ERROR(
      TakeFromOrder(commit.reader(), commit.program(), opened));
  const absl::Time now = commit.context().now;
  opened.set_state(v1::Case::OPEN);
  *opened.mutable_open_time() = ToTimestamp(now);
  Journal& journal = commit.journal();
  const CaseAt at{.time = now, .id = stored.id()};
  journal.writes().Put(CaseTimeKey(commit.program(), at), "");
  journal.writes().Put(MemberCaseKey(commit.program(), member, at), "");
  PISTIS_RETURN_IF_ERROR(
      CountCase(commit.reader(), opened, commit.zone(), journal));
  PISTIS_ASSIGN_OR_RETURN(
      CareStanding standing,
      LoadCareStanding(commit.reader(), commit.program(), member));
  standing.opened.push_back(now);
  PutCareStanding(member, std::move(standing), journal);
  journal.totals().set_cases(journal.totals().cases() + 1);
  const int64_t version =
      commit.rulebook() == nullptr ? 0 : commit.rulebook()->version;
  v1::CaseOpened* event =
      journal.AddEvent(now, member, version).mutable_case_opened();
  event->set_case_id(opened.case_id());
  event->set_order_id(opened.order_id());
  event->set_category(opened.category());
  event->set_severity(std::string(NameOf(FactsOf(opened).severity)));
  v1::Case reply = opened;
  PutCase(std::move(stored), absl::InfiniteFuture(), journal);
  return reply;
}

// One page of an index of cases on its way.
class CasePage {
 public:
  CasePage(const QueryContext& context, const v1::ListCasesRequest& request)
      : context_(context), program_(request.program_id()), request_(request) {}

  absl::StatusOr<v1::ListCasesResponse> Read(int size) {
    PISTIS_ASSIGN_OR_RETURN(const std::string begin, Begin());
    const std::string prefix = KeyOf(std::nullopt);
    std::string end = prefix;
    end.back() = '\1';
    int looked_at = 0;
    absl::Status stopped;
    v1::ListCasesResponse page;
    PISTIS_RETURN_IF_ERROR(context_.reader.Scan(
        begin, end, [&](absl::string_view key, absl::string_view /*value*/) {
          if (key == begin) return Visit::kContinue;
          if (page.cases_size() == size || looked_at == kMostLookedAt ||
              bytes_ >= kMaxPageBytes) {
            page.set_next_page_token(NamePageToken(kMethod, last_));
            return Visit::kStop;
          }
          ++looked_at;
          stopped = Add(key.substr(prefix.size()), page);
          return stopped.ok() ? Visit::kContinue : Visit::kStop;
        }));
    PISTIS_RETURN_IF_ERROR(stopped);
    return page;
  }

 private:
  // The key of a case in the index; nothing: where the index begins.
  [[nodiscard]] std::string KeyOf(const std::optional<CaseAt>& of) const {
    const MemberId member(request_.member_id());
    const auto key = [&](const CaseAt& at) {
      return member.empty() ? CaseTimeKey(program_, at)
                            : MemberCaseKey(program_, member, at);
    };
    if (of) return key(*of);
    std::string first = key({absl::UnixEpoch(), CaseId()});
    first.resize(first.size() - sizeof(int64_t));
    return first;
  }

  // Where the page begins: behind the last case of the page before.
  absl::StatusOr<std::string> Begin() const {
    PISTIS_ASSIGN_OR_RETURN(const std::string last,
                            ParseNamePageToken(kMethod, request_.page_token()));
    if (last.empty()) return KeyOf(std::nullopt);
    const absl::StatusOr<StoredCase> stored =
        LoadCase(context_.reader, program_, CaseId(last));
    if (ReasonOf(stored.status()) == Reason::kNotFound) {
      return RefuseField("page_token", "names a case that is not there");
    }
    PISTIS_RETURN_IF_ERROR(stored.status());
    PISTIS_ASSIGN_OR_RETURN(
        const absl::Time opened,
        ParsePastTime("page_token", stored->message.open_time(),
                      absl::InfiniteFuture()));
    return KeyOf(CaseAt{.time = opened, .id = stored->id()});
  }

  absl::Status Add(absl::string_view rest, v1::ListCasesResponse& page) {
    const auto at = ParseCaseAt(rest);
    if (!at) return RecordCorrupt("CaseRecord");
    last_ = at->id.text();
    PISTIS_ASSIGN_OR_RETURN(StoredCase stored,
                            LoadCase(context_.reader, program_, at->id));
    bytes_ += stored.message.ByteSizeLong();
    const bool wanted = request_.state() == v1::Case::STATE_UNSPECIFIED ||
                        request_.state() == stored.message.state();
    if (!wanted) return absl::OkStatus();
    *page.add_cases() = std::move(stored.message);
    return absl::OkStatus();
  }

  const QueryContext& context_;
  const ProgramId program_;
  const v1::ListCasesRequest& request_;
  // The last case that was looked at.
  std::string last_;
  // What was looked at so far.
  size_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<OpenCaseInput> ParseOpenCase(const v1::OpenCaseRequest& request,
                                            absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckCase(request.case_()));
  return OpenCaseInput{.program = ProgramId(request.program_id()),
                       .request = request,
                       .fingerprint = FingerprintOf(request)};
}

absl::StatusOr<DecidedReply<v1::Case>> OpenCase(const OperationEnv& env,
                                                const Reader& reader,
                                                const CommitContext& context,
                                                const OpenCaseInput& input) {
  return OnceInProgram<v1::Case>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Open(input, commit); });
}

absl::StatusOr<v1::Case> GetCase(const QueryContext& context,
                                 const v1::GetCaseRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("case_id", request.case_id()));
  const ProgramId program(request.program_id());
  PISTIS_RETURN_IF_ERROR(LoadProgram(context.reader, program).status());
  PISTIS_ASSIGN_OR_RETURN(
      StoredCase stored,
      LoadCase(context.reader, program, CaseId(request.case_id())));
  return std::move(stored.message);
}

absl::StatusOr<v1::ListCasesResponse> ListCases(
    const QueryContext& context, const v1::ListCasesRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  if (!request.member_id().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  }
  if (!v1::Case::State_IsValid(request.state())) {
    return RefuseField("state", "is none; write OPEN, RESOLVED or CLOSED");
  }
  PISTIS_ASSIGN_OR_RETURN(const int size, ParsePageSize(request.page_size()));
  PISTIS_RETURN_IF_ERROR(
      LoadProgram(context.reader, ProgramId(request.program_id())).status());
  return CasePage(context, request).Read(size);
}

}  // namespace pistis
