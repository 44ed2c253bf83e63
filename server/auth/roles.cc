#include "server/auth/roles.h"

#include <array>

namespace pistis::server {
namespace {

// The letters of the roles, in the order of their numbers; nobody has the
// first.
constexpr absl::string_view kLetters = "-TCKADO";

constexpr auto kYes = Audit::kYes;
constexpr auto kAboveCheckout = Audit::kAboveCheckout;
constexpr auto kProgram = Reach::kProgram;

constexpr auto kMethods = std::to_array<MethodRow>({
    {"CheckoutService/QuoteOrder", "TCKADO"},
    {"CheckoutService/HoldOrder", "CDO"},
    {"CheckoutService/CommitOrder", "TCDO"},
    {"CheckoutService/CancelReservation", "CDO"},
    {"CheckoutService/GetReservation", "CKADO"},
    {"CheckoutService/RefundOrder", "TCKDO", kProgram, kAboveCheckout,
     "order_id"},
    {"CheckoutService/GetOrder", "TCKADO"},
    {"CheckoutService/ExplainOrder", "CKADO"},

    {"LedgerService/GetAccount", "TCKADO"},
    {"LedgerService/ListEntries", "CKADO"},
    {"LedgerService/ListLots", "CKADO"},
    {"LedgerService/GetHold", "CKADO"},
    {"LedgerService/EarnPoints", "CDO", kProgram, kAboveCheckout, "member_id"},
    {"LedgerService/RedeemPoints", "CDO", kProgram, kAboveCheckout,
     "member_id"},
    {"LedgerService/HoldPoints", "CDO", kProgram, kAboveCheckout, "member_id"},
    {"LedgerService/CaptureHold", "CDO", kProgram, kAboveCheckout, "hold_id"},
    {"LedgerService/ReleaseHold", "CDO", kProgram, kAboveCheckout, "hold_id"},
    {"LedgerService/AdjustPoints", "DO", kProgram, kYes, "member_id"},
    {"LedgerService/TransferPoints", "DO", kProgram, kYes, "from_member_id"},
    {"LedgerService/ReverseEntry", "DO", kProgram, kYes, "member_id"},

    {"MemberService/CreateMember", "TCKDO"},
    {"MemberService/GetMember", "TCKADO"},
    {"MemberService/LookupMember", "TCKADO"},
    {"MemberService/ListMembers", "KADO"},
    {"MemberService/UpdateMember", "CKDO", kProgram, kYes, "member_id"},
    {"MemberService/RecordActivity", "CKDO", kProgram, kAboveCheckout,
     "member_id"},
    {"MemberService/ExportMember", "KDO", kProgram, kYes, "member_id"},
    {"MemberService/EraseMember", "DO", kProgram, kYes, "member_id"},

    // It tells which words are issued codes.
    {"RulebookService/ValidateRulebook", "DO"},
    {"RulebookService/PublishRulebook", "DO", kProgram, kYes, "version"},
    {"RulebookService/GetRulebook", "CKADO"},
    {"RulebookService/ListRulebooks", "ADO"},
    {"RulebookService/RollbackRulebook", "DO", kProgram, kYes, "version"},
    {"RulebookService/DiffRulebooks", "ADO"},
    {"RulebookService/SimulateRulebook", "ADO"},
    {"RulebookService/ImportCosts", "DO", kProgram, kYes},
    {"RulebookService/ListCosts", "ADO"},

    {"CodeService/IssueCode", "CDO", kProgram, kYes, "template_id"},
    {"CodeService/IssueCodes", "DO", kProgram, kYes, "template_id"},
    {"CodeService/GetCode", "CKDO"},
    {"CodeService/CheckCode", "TCKDO"},
    {"CodeService/VoidCode", "KDO", kProgram, kYes, "code_id"},
    {"CodeService/ListCodes", "CKADO"},

    {"NoteService/ListNotes", "CKDO"},
    {"NoteService/GetNote", "CKDO"},
    {"NoteService/PreviewNote", "KADO"},

    {"EventService/StreamEvents", "DO", kProgram, kAboveCheckout},
    {"EventService/CreateSubscription", "DO", kProgram, kYes,
     "subscription_id"},
    {"EventService/ListSubscriptions", "ADO"},
    {"EventService/UpdateSubscription", "DO", kProgram, kYes,
     "subscription_id"},
    {"EventService/DeleteSubscription", "DO", kProgram, kYes,
     "subscription_id"},
    {"EventService/AckEvents", "DO"},
    {"EventService/RotateSecret", "DO", kProgram, kYes, "subscription_id"},
    {"EventService/ReplayDeadLetters", "DO", kProgram, kYes, "subscription_id"},

    {"CareService/OpenCase", "CKDO"},
    {"CareService/GetCase", "CKADO"},
    {"CareService/ListCases", "KADO"},
    {"CareService/ListRemedies", "KADO"},
    {"CareService/ListPatterns", "KADO"},
    {"CareService/GrantRemedy", "KDO", kProgram, kYes, "case_id"},
    {"CareService/ApproveRemedy", "KDO", kProgram, kYes, "case_id"},
    {"CareService/ResolveCase", "KDO", kProgram, kYes, "case_id"},
    {"CareService/RecordFollowUp", "CKDO"},

    {"InsightService/GetProgramStats", "ADO"},
    {"InsightService/GetMarginReport", "ADO"},

    {"AdminService/CreateProgram", "O", Reach::kServer, kYes, "program_id"},
    {"AdminService/ListPrograms", "TCKADO", Reach::kOwn},
    {"AdminService/CreateApiKey", "O", Reach::kOwn, kYes, "api_key.key_id"},
    {"AdminService/RevokeApiKey", "O", Reach::kOwn, kYes, "key_id"},
    {"AdminService/ListApiKeys", "O", Reach::kOwn},
    {"AdminService/CreateBackup", "O", Reach::kServer, kYes, "backup_id"},
    {"AdminService/VerifyLedger", "ADO"},
    {"AdminService/SignCheckpoint", "ADO"},
    {"AdminService/ListAuditLog", "DO", Reach::kProgramOrServer},
});

}  // namespace

const MethodRow* FindMethodRow(absl::string_view method) {
  for (const MethodRow& row : kMethods) {
    if (row.method == method) return &row;
  }
  return nullptr;
}

bool MayCall(const MethodRow& row, v1::Role role) {
  const auto number = static_cast<size_t>(role);
  return role != v1::ROLE_UNSPECIFIED && number < kLetters.size() &&
         row.roles.find(kLetters[number]) != absl::string_view::npos;
}

}  // namespace pistis::server
