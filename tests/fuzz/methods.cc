#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/api_keys.h"
#include "engine/operations/audit_log.h"
#include "engine/operations/cases.h"
#include "engine/operations/code_batches.h"
#include "engine/operations/codes.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/complaint_weeks.h"
#include "engine/operations/costs.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/erase_member.h"
#include "engine/operations/explain_order.h"
#include "engine/operations/export_member.h"
#include "engine/operations/follow_ups.h"
#include "engine/operations/hold_order.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/margin_report.h"
#include "engine/operations/member_profile.h"
#include "engine/operations/members.h"
#include "engine/operations/note_queries.h"
#include "engine/operations/programs.h"
#include "engine/operations/queries.h"
#include "engine/operations/record_activity.h"
#include "engine/operations/refund_order.h"
#include "engine/operations/remedies.h"
#include "engine/operations/reservations.h"
#include "engine/operations/rulebooks.h"
#include "engine/operations/sign_checkpoint.h"
#include "engine/operations/simulate_rulebook.h"
#include "engine/operations/stream_events.h"
#include "engine/operations/subscriptions.h"
#include "engine/operations/update_subscription.h"
#include "engine/operations/verify_ledger.h"
#include "engine/storage/memory/memory_store.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/shop.h"

namespace pistis {
namespace {

using Answer = absl::StatusOr<std::string>;

constexpr int kMostPages = 10'000;
constexpr absl::Duration kUntilRetry = absl::Hours(1);

// Methods that are no use case of the engine: the server's own, with its files.
const std::set<std::string>& Elsewhere() {
  static const auto& names =
      *new std::set<std::string>{"pistis.v1.AdminService.CreateBackup"};
  return names;
}

// Promise: what is refused has a reason, and none is that the shop is broken.
void RequireNamed(const absl::Status& refusal) {
  const std::optional<Reason> reason = ReasonOf(refusal);
  Require(reason && *reason != Reason::kRecordCorrupt,
          absl::StrCat("a refusal has a name: ", refusal.ToString()));
}

template <typename Reply>
Answer Told(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) {
    RequireNamed(reply.status());
    return reply.status();
  }
  std::string bytes = reply->SerializeAsString();
  Reply read;
  Require(read.ParseFromString(bytes), "a reply can be read");
  return bytes;
}

QueryContext Asked(const Visitor& visitor) {
  return {
      .env = visitor.env(), .reader = visitor.reader(), .now = visitor.now()};
}

template <typename Request>
absl::StatusOr<Request> Decoded(const std::string& bytes) {
  Request request;
  if (request.ParseFromString(bytes)) return request;
  return RefuseField("request",
                     "is no serialised " + Request::descriptor()->name());
}

// A query. Promises: those of Told, and the same answer twice.
template <typename Request, typename Query>
RunMethod Asks(Query query) {
  return [query](Visitor& visitor, const std::string& bytes) -> Answer {
    PISTIS_ASSIGN_OR_RETURN(const Request request, Decoded<Request>(bytes));
    Answer answer = Told(query(Asked(visitor), request));
    const Answer again = Told(query(Asked(visitor), request));
    Require(answer.status() == again.status(),
            "the same question has the same answer");
    return answer;
  };
}
template <typename Request, typename Reply>
RunMethod Reads(absl::StatusOr<Reply> (*query)(const QueryContext&,
                                               const Request&)) {
  return Asks<Request>(query);
}

bool AreRequests(const WriteSet& writes) {
  bool all = true;
  writes.ForEach([&all](const WriteSet::Entry& entry) {
    all = all && entry.key[0] == 'Q';
  });
  return all;
}

// What a command decides on the visitor's state; commits it.
template <typename Decide>
Answer Decides(Visitor& visitor, Decide decide, size_t& written) {
  const CommitContext context = visitor.NextCommit();
  auto decided = decide(visitor.reader(), context);
  written = 0;
  if (!decided.ok()) {
    RequireNamed(decided.status());
    return decided.status();
  }
  Answer answer = decided->reply.ok() ? Answer(decided->reply->bytes)
                                      : Answer(decided->reply.status());
  if (!answer.ok()) {
    RequireNamed(answer.status());
    Require(AreRequests(decided->writes),
            "what is refused is at most remembered");
  }
  written = decided->writes.count();
  if (written > 0) visitor.Apply(context, std::move(decided->writes));
  return answer;
}

// A command. Promises: what is refused changes nothing, but that it may be
// remembered; the same request an hour later is answered alike, bit for bit
// where it was done, and changes nothing.
template <typename Request, typename Shape, typename Operation>
RunMethod Changes(Shape shape, Operation operation) {
  return [=](Visitor& visitor, const std::string& bytes) -> Answer {
    PISTIS_ASSIGN_OR_RETURN(const Request request, Decoded<Request>(bytes));
    size_t written = 0;
    const auto once = [&]() -> Answer {
      const auto input = shape(request, visitor.now());
      if (!input.ok()) {
        written = 0;
        RequireNamed(input.status());
        return input.status();
      }
      return Decides(
          visitor,
          [&](const Reader& reader, const CommitContext& context) {
            return operation(visitor.env(), reader, context, *input);
          },
          written);
    };
    Answer answer = once();
    if (!answer.ok() && written == 0) return answer;
    visitor.Wait(kUntilRetry);
    const Answer again = once();
    Require(
        again.ok() == answer.ok() && written == 0,
        absl::StrCat("a retry changes nothing: ", answer.status().ToString(),
                     ", then ", again.status().ToString()));
    Require(answer.ok() ? *answer == *again
                        : SerializeRefusal(answer.status()) ==
                              SerializeRefusal(again.status()),
            "a retry has the same answer");
    return answer;
  };
}
template <typename Request, typename Input, typename Reply>
RunMethod Writes(absl::StatusOr<Input> (*shape)(const Request&, absl::Time),
                 absl::StatusOr<DecidedReply<Reply>> (*operation)(
                     const OperationEnv&, const Reader&, const CommitContext&,
                     const Input&)) {
  return Changes<Request>(shape, operation);
}

const Access& Owner() {
  static const auto& owner = *new Access{.role = v1::ROLE_OWNER};
  return owner;
}

// What the server adds to the commit of an act on a key.
template <typename Decided>
absl::StatusOr<Decided> Recorded(absl::StatusOr<Decided> decided,
                                 const Reader& reader,
                                 const CommitContext& context, const Act& act) {
  if (!decided.ok() || !decided->reply.ok() || decided->writes.empty()) {
    return decided;
  }
  PISTIS_RETURN_IF_ERROR(RecordAct(reader, context, act, decided->writes));
  return decided;
}

Act ActOn(const std::string& key_id, const char* method) {
  return {.role = v1::ROLE_OWNER, .method = method, .subject = key_id};
}

RunMethod CreatesKeys() {
  return Changes<v1::CreateApiKeyRequest>(
      [](const v1::CreateApiKeyRequest& request, absl::Time now) {
        auto input = ParseCreateApiKey(request, now);
        if (input.ok()) {
          input->by = Owner();
          input->key = MakeApiKeyText(Sha256(request.request_id()));
        }
        return input;
      },
      [](const OperationEnv& env, const Reader& reader,
         const CommitContext& context, const CreateApiKeyInput& input) {
        return Recorded(CreateApiKey(env, reader, context, input), reader,
                        context,
                        ActOn(input.key.key_id, "AdminService/CreateApiKey"));
      });
}

RunMethod RevokesKeys() {
  return Changes<v1::RevokeApiKeyRequest>(
      [](const v1::RevokeApiKeyRequest& request, absl::Time now) {
        auto input = ParseRevokeApiKey(request, now);
        if (input.ok()) input->by = Owner();
        return input;
      },
      [](const OperationEnv& env, const Reader& reader,
         const CommitContext& context, const RevokeApiKeyInput& input) {
        return Recorded(RevokeApiKey(env, reader, context, input), reader,
                        context,
                        ActOn(input.key_id, "AdminService/RevokeApiKey"));
      });
}

RunMethod IssuesBatches() {
  return [](Visitor& visitor, const std::string& bytes) -> Answer {
    PISTIS_ASSIGN_OR_RETURN(const auto request,
                            Decoded<v1::IssueCodesRequest>(bytes));
    const auto input = ParseIssueCodes(request);
    if (!input.ok()) {
      RequireNamed(input.status());
      return input.status();
    }
    const CommitContext context = visitor.NextCommit();
    auto issued =
        IssueNextCodes(visitor.env(), visitor.reader(), context, *input);
    if (!issued.ok()) {
      RequireNamed(issued.status());
      return issued.status();
    }
    if (!issued->writes.empty()) {
      visitor.Apply(context, std::move(issued->writes));
    }
    return Told(
        CodesAfter(visitor.env(), visitor.reader(), *input, input->after));
  };
}

// All that a stream tells, as one message after the other.
absl::StatusOr<v1::VerifyReport> Recount(const QueryContext& context,
                                         const v1::VerifyLedgerRequest& asked) {
  return VerifyLedger(context.reader, asked,
                      [](const v1::VerifyProgress&) { return true; });
}

absl::StatusOr<v1::ExportMemberResponse> Export(
    const QueryContext& context, const v1::ExportMemberRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(MemberExport out,
                          MemberExport::Begin(context, request));
  v1::ExportMemberResponse last;
  for (int pages = 0; !out.is_done(); ++pages) {
    Require(pages < kMostPages, "an export ends");
    PISTIS_ASSIGN_OR_RETURN(const MemberExport::Parts parts, out.Next(context));
    if (!parts.empty()) last = parts.back();
  }
  return last;
}

absl::StatusOr<v1::Event> Stream(const QueryContext& context,
                                 const v1::StreamEventsRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(EventsToRead next, StartOfStream(context, request));
  v1::Event last;
  bool more = true;
  for (int pages = 0; more; ++pages) {
    Require(pages < kMostPages, "the events end");
    PISTIS_ASSIGN_OR_RETURN(const EventPage page, ReadEvents(context, next));
    if (!page.events.empty()) last = page.events.back();
    next.after = page.next;
    more = page.more;
  }
  return last;
}

absl::StatusOr<v1::SimulationReport> Simulate(
    const QueryContext& context, const v1::SimulateRulebookRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(SimulationPlan plan,
                          PlanSimulation(context, request));
  MemoryStore current;
  MemoryStore candidate;
  return RunSimulation(context, std::move(plan), {current, candidate},
                       [](const v1::SimulationProgress&) { return true; });
}

template <typename Request, typename Reply>
RunMethod Lists(absl::StatusOr<Reply> (*list)(const QueryContext&,
                                              const Request&, const Access&)) {
  return Asks<Request>(
      [list](const QueryContext& context, const Request& request) {
        return list(context, request, Owner());
      });
}

struct Row {
  const char* name;
  RunMethod run;
};

std::vector<Row> RowsOfOffice() {
  return {
      {"AdminService.CreateProgram",
       Changes<v1::CreateProgramRequest>(
           [](const v1::CreateProgramRequest& request, absl::Time /*now*/) {
             return ParseCreateProgram(request);
           },
           &CreateProgram)},
      {"AdminService.ListPrograms", Lists(&ListPrograms)},
      {"AdminService.CreateApiKey", CreatesKeys()},
      {"AdminService.RevokeApiKey", RevokesKeys()},
      {"AdminService.ListApiKeys", Lists(&ListApiKeys)},
      {"AdminService.ListAuditLog", Reads(&ListAuditLog)},
      {"AdminService.VerifyLedger", Reads(&Recount)},
      {"AdminService.SignCheckpoint", Reads(&SignCheckpoint)},
      {"InsightService.GetProgramStats", Reads(&GetProgramStats)},
      {"InsightService.GetMarginReport", Reads(&GetMarginReport)},
      {"RulebookService.ValidateRulebook", Reads(&ValidateRulebook)},
      {"RulebookService.PublishRulebook",
       Writes(&ParsePublishRulebook, &PublishRulebook)},
      {"RulebookService.GetRulebook", Reads(&GetRulebook)},
      {"RulebookService.ListRulebooks", Reads(&ListRulebooks)},
      {"RulebookService.RollbackRulebook",
       Writes(&ParseRollbackRulebook, &RollbackRulebook)},
      {"RulebookService.DiffRulebooks", Reads(&DiffRulebooks)},
      {"RulebookService.ImportCosts", Writes(&ParseImportCosts, &ImportCosts)},
      {"RulebookService.ListCosts", Reads(&ListCosts)},
      {"RulebookService.SimulateRulebook", Reads(&Simulate)},
      {"EventService.StreamEvents", Reads(&Stream)},
      {"EventService.CreateSubscription",
       Writes(&ParseCreateSubscription, &CreateSubscription)},
      {"EventService.ListSubscriptions", Reads(&ListSubscriptions)},
      {"EventService.UpdateSubscription",
       Writes(&ParseUpdateSubscription, &UpdateSubscription)},
      {"EventService.DeleteSubscription",
       Writes(&ParseDeleteSubscription, &DeleteSubscription)},
      {"EventService.AckEvents", Writes(&ParseAckEvents, &AckEvents)},
      {"EventService.RotateSecret", Writes(&ParseRotateSecret, &RotateSecret)},
      {"EventService.ReplayDeadLetters",
       Writes(&ParseReplayDeadLetters, &ReplayDeadLetters)},
  };
}

std::vector<Row> RowsOfTills() {
  return {
      {"CheckoutService.QuoteOrder", Reads(&QuoteOrder)},
      {"CheckoutService.HoldOrder", Writes(&ParseHoldOrder, &HoldOrder)},
      {"CheckoutService.CommitOrder", Writes(&ParseCommitOrder, &CommitOrder)},
      {"CheckoutService.CancelReservation",
       Writes(&ParseCancelReservation, &CancelReservation)},
      {"CheckoutService.GetReservation", Reads(&GetReservation)},
      {"CheckoutService.RefundOrder", Writes(&ParseRefundOrder, &RefundOrder)},
      {"CheckoutService.GetOrder", Reads(&GetOrder)},
      {"CheckoutService.ExplainOrder", Reads(&ExplainOrder)},
      {"CodeService.IssueCode",
       Writes<v1::IssueCodeRequest, IssueCodeInput, v1::IssueCodeResponse>(
           &ParseIssueCode, &IssueCode)},
      {"CodeService.IssueCodes", IssuesBatches()},
      {"CodeService.GetCode", Reads(&GetCode)},
      {"CodeService.CheckCode", Reads(&CheckCode)},
      {"CodeService.VoidCode", Writes(&ParseVoidCode, &VoidCode)},
      {"CodeService.ListCodes", Reads(&ListCodes)},
      {"LedgerService.GetAccount", Reads(&GetAccount)},
      {"LedgerService.ListEntries", Reads(&ListEntries)},
      {"LedgerService.ListLots", Reads(&ListLots)},
      {"LedgerService.GetHold", Reads(&GetHold)},
      {"LedgerService.EarnPoints", Writes(&ParseEarnPoints, &EarnPoints)},
      {"LedgerService.RedeemPoints", Writes(&ParseRedeemPoints, &RedeemPoints)},
      {"LedgerService.HoldPoints", Writes(&ParseHoldPoints, &HoldPoints)},
      {"LedgerService.CaptureHold", Writes(&ParseCaptureHold, &CaptureHold)},
      {"LedgerService.ReleaseHold", Writes(&ParseReleaseHold, &ReleaseHold)},
      {"LedgerService.AdjustPoints", Writes(&ParseAdjustPoints, &AdjustPoints)},
      {"LedgerService.TransferPoints",
       Writes(&ParseTransferPoints, &TransferPoints)},
      {"LedgerService.ReverseEntry", Writes(&ParseReverseEntry, &ReverseEntry)},
  };
}

std::vector<Row> RowsOfMembers() {
  return {
      {"MemberService.CreateMember", Writes(&ParseCreateMember, &CreateMember)},
      {"MemberService.EraseMember", Writes(&ParseEraseMember, &EraseMember)},
      {"MemberService.ExportMember", Reads(&Export)},
      {"MemberService.GetMember", Reads(&GetMember)},
      {"MemberService.ListMembers", Reads(&ListMembers)},
      {"MemberService.LookupMember", Reads(&LookupMember)},
      {"MemberService.RecordActivity",
       Writes(&ParseRecordActivity, &RecordActivity)},
      {"MemberService.UpdateMember", Writes(&ParseUpdateMember, &UpdateMember)},
      {"NoteService.GetNote", Reads(&GetNote)},
      {"NoteService.ListNotes", Reads(&ListNotes)},
      {"NoteService.PreviewNote", Reads(&PreviewNote)},
      {"CareService.GetCase", Reads(&GetCase)},
      {"CareService.ListCases", Reads(&ListCases)},
      {"CareService.ListRemedies", Reads(&ListRemedies)},
      {"CareService.ListPatterns", Reads(&ListPatterns)},
      {"CareService.OpenCase", Writes(&ParseOpenCase, &OpenCase)},
      {"CareService.GrantRemedy", Writes(&ParseGrantRemedy, &GrantRemedy)},
      {"CareService.ApproveRemedy",
       Writes(&ParseApproveRemedy, &ApproveRemedy)},
      {"CareService.ResolveCase", Writes(&ParseResolveCase, &ResolveCase)},
      {"CareService.RecordFollowUp",
       Writes(&ParseRecordFollowUp, &RecordFollowUp)},
  };
}

void RequireAll(const std::vector<Method>& methods) {
  std::set<std::string> known = Elsewhere();
  std::set<const google::protobuf::FileDescriptor*> files;
  for (const Method& method : methods) {
    known.insert(method.descriptor->full_name());
    files.insert(method.descriptor->file());
  }
  for (const auto* file : files) {
    for (int i = 0; i < file->service(0)->method_count(); ++i) {
      const std::string& name = file->service(0)->method(i)->full_name();
      Require(known.count(name) == 1, absl::StrCat("it is tried: ", name));
    }
  }
}

std::vector<Method> AllMethods() {
  std::vector<Method> methods;
  for (std::vector<Row> rows :
       {RowsOfOffice(), RowsOfTills(), RowsOfMembers()}) {
    for (Row& row : rows) {
      const std::string name = absl::StrCat("pistis.v1.", row.name);
      const auto* descriptor =
          google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
              name);
      Require(descriptor != nullptr, absl::StrCat("there is a ", name));
      methods.push_back({descriptor, std::move(row.run)});
    }
  }
  std::sort(methods.begin(), methods.end(),
            [](const Method& one, const Method& other) {
              return one.descriptor->full_name() <
                     other.descriptor->full_name();
            });
  RequireAll(methods);
  return methods;
}

}  // namespace

const std::vector<Method>& Methods() {
  static const auto& methods = *new std::vector<Method>(AllMethods());
  return methods;
}

}  // namespace pistis
