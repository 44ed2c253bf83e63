#include "engine/operations/testing_audit.h"

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/reservation_records.pb.h"

#include "engine/operations/journal.h"
#include "engine/operations/reservations.h"
#include "engine/operations/verify_ledger.h"
#include "engine/operations/verify_lots.h"
#include "engine/operations/verify_recount.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

template <typename Record>
Record Parsed(const std::string& bytes) {
  Record record;
  EXPECT_TRUE(record.ParseFromString(bytes));
  return record;
}

class Auditor {
 public:
  Auditor(const TestShop& shop, const ProgramId& program)
      : shop_(shop), program_(program), all_(shop.All()) {}

  std::vector<std::string> Run() && {
    Verify();
    const auto totals =
        Parsed<store::v1::TotalsRecord>(all_[TotalsKey(program_)]);
    now_ = ProgramTime(totals, shop_.Now());
    const std::string profiles = TablePrefix('F', program_);
    for (auto at = all_.lower_bound(profiles);
         at != all_.end() && absl::StartsWith(at->first, profiles); ++at) {
      AuditMember(MemberId(at->first.substr(
          profiles.size(), at->first.size() - profiles.size() - 1)));
    }
    AuditStats();
    return std::move(findings_);
  }

 private:
  template <typename A, typename B>
  void Compare(absl::string_view what, const A& found, const B& wanted) {
    if (found == wanted) return;
    findings_.push_back(absl::StrCat(what, " is ", found, ", not ", wanted));
  }

  template <typename Request>
  [[nodiscard]] Request For(const MemberId& member) const {
    Request request;
    request.set_program_id(program_.text());
    request.set_member_id(member.text());
    return request;
  }

  template <typename Query, typename Request>
  auto Ask(Query query, const Request& request) {
    auto reply = shop_.Ask(query, request);
    if (!reply.ok()) {
      findings_.push_back(std::string(reply.status().message()));
      return decltype(*std::move(reply)){};
    }
    return *std::move(reply);
  }

  void Verify() {
    v1::VerifyLedgerRequest request;
    request.set_program_id(program_.text());
    const auto report = shop_.Ask(
        [](const QueryContext& context, const v1::VerifyLedgerRequest& asked) {
          return VerifyLedger(context.reader, asked,
                              [](const v1::VerifyProgress&) { return true; });
        },
        request);
    if (!report.ok()) {
      findings_.push_back(std::string(report.status().message()));
      return;
    }
    for (const v1::VerifyFinding& finding : report->findings()) {
      findings_.push_back(absl::StrCat(finding.kind(), ": ", finding.where(),
                                       ": ", finding.problem()));
    }
  }

  void AuditMember(const MemberId& member) {
    const auto stored =
        Parsed<store::v1::AccountRecord>(all_[AccountKey(program_, member)]);
    AuditEntries(member, stored);
    const std::string of = absl::StrCat(" of ", member.text());
    const v1::Account shown =
        Ask(GetAccount, For<v1::GetAccountRequest>(member));
    const v1::ListLotsResponse lots =
        Ask(ListLots, For<v1::ListLotsRequest>(member));
    int64_t available = -lots.deficit();
    int64_t pending = 0;
    int64_t held = 0;
    for (const v1::LotBalance& lot : lots.lots()) {
      (lot.has_release_time() ? pending : available) += lot.points();
      if (lot.has_release_time()) {
        CheckIsToCome(absl::StrCat("a release", of), lot.release_time());
      } else if (lot.has_expire_time()) {
        CheckIsToCome(absl::StrCat("an expiry", of), lot.expire_time());
      }
    }
    for (const v1::Hold& hold : lots.holds()) {
      held += hold.points();
      // A reservation's go when its time is worked off.
      if (ReservationOf(HoldId(hold.hold_id()))) continue;
      CheckIsToCome(absl::StrCat("a hold", of), hold.expire_time());
    }
    Compare(absl::StrCat("available", of), shown.available(), available);
    Compare(absl::StrCat("pending", of), shown.pending(), pending);
    Compare(absl::StrCat("held", of), shown.held(), held);
    const int64_t due_us = NextDueMicros(stored);
    if (due_us != 0 && absl::FromUnixMicros(due_us) <= now_) return;
    CompareWithStored(of, stored, shown);
  }

  // Where nothing is due.
  void CompareWithStored(const std::string& of,
                         const store::v1::AccountRecord& stored,
                         const v1::Account& shown) {
    int64_t available = -stored.deficit();
    for (const store::v1::LotRecord& lot : stored.lots())
      available += lot.points();
    int64_t pending = 0;
    for (const store::v1::PendingLotRecord& lot : stored.pending())
      pending += lot.lot().points();
    int64_t held = 0;
    for (const store::v1::OpenHoldRecord& hold : stored.holds()) {
      for (const store::v1::LotRecord& lot : hold.lots())
        held += lot.points();
    }
    Compare(absl::StrCat("GetAccount available", of), shown.available(),
            available);
    Compare(absl::StrCat("GetAccount pending", of), shown.pending(), pending);
    Compare(absl::StrCat("GetAccount held", of), shown.held(), held);
  }

  void CheckIsToCome(const std::string& what,
                     const google::protobuf::Timestamp& at) {
    if (absl::FromUnixMicros(MicrosOf(at)) > now_) return;
    findings_.push_back(absl::StrCat(what, " is shown though it is over"));
  }

  void AuditEntries(const MemberId& member,
                    const store::v1::AccountRecord& stored) {
    auto request = For<v1::ListEntriesRequest>(member);
    request.set_page_size(7);
    int64_t number = 0;
    do {
      const v1::ListEntriesResponse page = Ask(ListEntries, request);
      for (const v1::LedgerEntry& entry : page.entries()) {
        Compare(absl::StrCat("the next entry of ", member.text()),
                entry.entry_number(), ++number);
        for (const v1::Posting& posting : entry.postings())
          postings_[posting.account()] += posting.points();
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    Compare(absl::StrCat("entries listed of ", member.text()), number,
            stored.entries());
  }

  void AuditStats() {
    v1::GetProgramStatsRequest request;
    request.set_program_id(program_.text());
    const v1::ProgramStats stats = Ask(GetProgramStats, request);
    Compare("points issued", stats.points_issued(),
            -postings_[v1::Posting::PROGRAM_ISSUED]);
    Compare("points redeemed", stats.points_redeemed(),
            postings_[v1::Posting::PROGRAM_REDEEMED]);
    Compare("points expired", stats.points_expired(),
            postings_[v1::Posting::PROGRAM_EXPIRED]);
    Compare("points forgiven", stats.points_forgiven(),
            -postings_[v1::Posting::PROGRAM_FORGIVEN]);
    Compare("points adjusted", stats.points_adjusted(),
            -postings_[v1::Posting::PROGRAM_ADJUSTED]);
    Compare("points pending", stats.points_pending(),
            postings_[v1::Posting::MEMBER_PENDING]);
    Compare("points held", stats.points_held(),
            postings_[v1::Posting::MEMBER_HELD]);
    Compare("points outstanding", stats.points_outstanding(),
            postings_[v1::Posting::MEMBER_AVAILABLE] + stats.points_pending() +
                stats.points_held());
    Compare("legs of transfers", postings_[v1::Posting::COUNTERPARTY], 0);
    AuditEvents(stats);
  }

  // Uses of codes that open reservations have: no event tells of them yet.
  int64_t CodesSetAside() {
    int64_t uses = 0;
    const std::string table = TablePrefix('S', program_);
    for (auto at = all_.lower_bound(table);
         at != all_.end() && absl::StartsWith(at->first, table); ++at) {
      uses += Parsed<store::v1::ReservationRecord>(at->second)
                  .order()
                  .codes_used_size();
    }
    return uses;
  }

  void AuditEvents(const v1::ProgramStats& stats) {
    const auto events = shop_.Events(program_, "");
    if (!events.ok()) {
      findings_.push_back(std::string(events.status().message()));
      return;
    }
    std::map<v1::Event::PayloadCase, int64_t> by_kind;
    std::set<std::string> ids;
    int64_t expired = 0;
    int64_t of_batches = 0;
    for (const v1::Event& event : *events) {
      of_batches += event.codes_issued().codes();
      ++by_kind[event.payload_case()];
      expired += event.points_expired().points();
      if (!ids.insert(event.event_id()).second) {
        findings_.push_back(absl::StrCat("two events ", event.event_id()));
      }
    }
    Compare("events of members", by_kind[v1::Event::kMemberJoined],
            stats.members());
    Compare("events of orders", by_kind[v1::Event::kOrderCommitted],
            stats.orders());
    Compare("events of refunds", by_kind[v1::Event::kOrderRefunded],
            stats.refunds());
    Compare("events of notes", by_kind[v1::Event::kNoteRequested],
            stats.notes_requested());
    Compare("events of issued codes",
            by_kind[v1::Event::kCodeIssued] + of_batches, stats.codes_issued());
    Compare("events of used codes less those given back",
            by_kind[v1::Event::kCodeUsed] - by_kind[v1::Event::kCodeReturned],
            stats.codes_used() - CodesSetAside());
    Compare("the points of expiry events", expired, stats.points_expired());
  }

  const TestShop& shop_;
  const ProgramId& program_;
  Contents all_;
  absl::Time now_;
  std::map<int, int64_t> postings_;
  std::vector<std::string> findings_;
};

}  // namespace

std::vector<std::string> Audit(const TestShop& shop, const ProgramId& program) {
  return Auditor(shop, program).Run();
}

}  // namespace pistis
