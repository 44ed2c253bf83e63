#include "tests/crash/held_ledger.h"

#include <tuple>
#include <utility>

#include "absl/synchronization/mutex.h"

#include "tests/crash/command_maker.h"

namespace pistis::crash {
namespace {

using Ledger = v1::LedgerService::Stub;
using Sums = std::map<v1::Posting::LedgerAccount, int64_t>;
using Place = v1::LotChange::Place;

template <typename Request>
Request Of(const std::string& member_id) {
  Request request;
  request.set_program_id(kProgram);
  request.set_member_id(member_id);
  return request;
}

std::vector<HeldEntry> ReadEntries(Client& client, const std::string& member_id,
                                   Findings& findings) {
  std::vector<HeldEntry> entries;
  auto request = Of<v1::ListEntriesRequest>(member_id);
  request.set_page_size(1000);
  do {
    auto page = Call(*client.ledger, &Ledger::ListEntries, request);
    if (!page.ok()) {
      findings.Add("ListEntries: ", page.status.error_message());
      return entries;
    }
    for (v1::LedgerEntry& entry : *page.value.mutable_entries()) {
      entries.push_back({member_id, std::move(entry)});
    }
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty());
  return entries;
}

// Adds up one member's entries.
class MemberSum {
 public:
  MemberSum(std::string member_id, Findings& findings)
      : member_id_(std::move(member_id)), findings_(findings) {}

  void Add(const v1::LedgerEntry& entry) {
    Expect(++entries_, entry.entry_number(), "number");
    int64_t sum = 0;
    for (const v1::Posting& posting : entry.postings()) {
      sum += posting.points();
      sums_[posting.account()] += posting.points();
    }
    Expect(0, sum, "sum of postings");
    for (const v1::LotChange& lot : entry.lots()) {
      places_[lot.place()] += lot.points();
    }
    deficit_ += entry.deficit_change();
    Expect(sums_[v1::Posting::MEMBER_AVAILABLE], entry.available_after(),
           "available_after");
    CheckOrder(entry);
    CheckPlaces();
  }

  // Holds whose time is over may not be posted yet; the account and its lots
  // show them as given back.
  void Compare(const v1::Account& account, const v1::ListLotsResponse& lots) {
    findings_.Expect(
        sums_[v1::Posting::MEMBER_AVAILABLE] + sums_[v1::Posting::MEMBER_HELD],
        account.available() + account.held(),
        member_id_ + " available and held");
    findings_.Expect(sums_[v1::Posting::MEMBER_PENDING], account.pending(),
                     member_id_ + " pending");
    int64_t available = -lots.deficit();
    int64_t pending = 0;
    int64_t held = 0;
    for (const v1::LotBalance& lot : lots.lots()) {
      (lot.has_release_time() ? pending : available) += lot.points();
    }
    for (const v1::Hold& hold : lots.holds())
      held += hold.points();
    findings_.Expect(account.available(), available, member_id_ + " lots");
    findings_.Expect(account.pending(), pending, member_id_ + " pending lots");
    findings_.Expect(account.held(), held, member_id_ + " open holds");
  }

  [[nodiscard]] const Sums& sums() const { return sums_; }

 private:
  // Of the entry read last.
  void Expect(int64_t wanted, int64_t found, const char* what) {
    if (wanted == found) return;
    findings_.Expect(wanted, found,
                     absl::StrCat(member_id_, " entry ", entries_, " ", what));
  }

  void CheckOrder(const v1::LedgerEntry& entry) {
    const auto time = std::tuple(entry.effective_time().seconds(),
                                 entry.effective_time().nanos());
    if (time < time_ || entry.commit_seq() < commit_seq_) {
      findings_.Add(member_id_, " entry ", entries_,
                    " steps back in time or in commit order");
    }
    time_ = time;
    commit_seq_ = entry.commit_seq();
  }

  void CheckPlaces() {
    Expect(sums_[v1::Posting::MEMBER_AVAILABLE],
           places_[v1::LotChange::AVAILABLE] - deficit_, "lots so far");
    Expect(sums_[v1::Posting::MEMBER_PENDING], places_[v1::LotChange::PENDING],
           "pending lots so far");
    Expect(sums_[v1::Posting::MEMBER_HELD], places_[v1::LotChange::HELD],
           "held lots so far");
  }

  const std::string member_id_;
  Findings& findings_;
  int64_t entries_ = 0;
  int64_t commit_seq_ = 0;
  std::tuple<int64_t, int32_t> time_;
  int64_t deficit_ = 0;
  Sums sums_;
  std::map<Place, int64_t> places_;
};

void CompareStats(Client& client, Sums& sums, Findings& findings) {
  v1::GetProgramStatsRequest request;
  request.set_program_id(kProgram);
  const auto reply = Call(*client.insight,
                          &v1::InsightService::Stub::GetProgramStats, request);
  if (!reply.ok()) {
    findings.Add("GetProgramStats: ", reply.status.error_message());
    return;
  }
  const v1::ProgramStats& stats = reply.value;
  findings.Expect(0, sums[v1::Posting::COUNTERPARTY], "sum of transfers");
  findings.Expect(-sums[v1::Posting::PROGRAM_ISSUED], stats.points_issued(),
                  "stats issued");
  findings.Expect(sums[v1::Posting::PROGRAM_REDEEMED], stats.points_redeemed(),
                  "stats redeemed");
  findings.Expect(sums[v1::Posting::PROGRAM_EXPIRED], stats.points_expired(),
                  "stats expired");
  findings.Expect(sums[v1::Posting::PROGRAM_FORGIVEN], stats.points_forgiven(),
                  "stats forgiven");
  findings.Expect(-sums[v1::Posting::PROGRAM_ADJUSTED], stats.points_adjusted(),
                  "stats adjusted");
  findings.Expect(sums[v1::Posting::MEMBER_PENDING], stats.points_pending(),
                  "stats pending");
  findings.Expect(sums[v1::Posting::MEMBER_AVAILABLE] +
                      sums[v1::Posting::MEMBER_PENDING] +
                      sums[v1::Posting::MEMBER_HELD],
                  stats.points_outstanding(), "stats outstanding");
}

std::string SourceOf(const v1::LedgerEntry& entry) {
  if (!entry.refund_id().empty()) return entry.refund_id();
  if (!entry.order_id().empty()) return entry.order_id();
  return entry.reason();
}

void Index(HeldLedger& held) {
  for (const auto& [member_id, entries] : held.members) {
    for (const HeldEntry& entry : entries) {
      const std::string source = SourceOf(entry.entry);
      if (!source.empty()) held.by_source[source].push_back(&entry);
    }
  }
}

}  // namespace

const HeldEntry* HeldLedger::Find(const std::string& member_id,
                                  int64_t number) const {
  const auto found = members.find(member_id);
  if (found == members.end() || number < 1 ||
      number > static_cast<int64_t>(found->second.size())) {
    return nullptr;
  }
  return &found->second[number - 1];
}

std::vector<const HeldEntry*> HeldLedger::Of(const std::string& id) const {
  const auto found = by_source.find(id);
  return found == by_source.end() ? std::vector<const HeldEntry*>{}
                                  : found->second;
}

int64_t PostedTo(const v1::LedgerEntry& entry,
                 v1::Posting::LedgerAccount account) {
  int64_t points = 0;
  for (const v1::Posting& posting : entry.postings()) {
    if (posting.account() == account) points += posting.points();
  }
  return points;
}

HeldLedger ReadLedger(Shop& shop, Findings& findings) {
  HeldLedger held;
  Sums sums;
  absl::Mutex mutex;
  InParallel(kPointsMembers, [&](size_t number, int worker) {
    Client& client = *shop.clients[worker];
    const std::string member_id = MemberName(static_cast<int>(number));
    std::vector<HeldEntry> entries = ReadEntries(client, member_id, findings);
    MemberSum sum(member_id, findings);
    for (const HeldEntry& entry : entries)
      sum.Add(entry.entry);
    const auto account = Call(*client.ledger, &Ledger::GetAccount,
                              Of<v1::GetAccountRequest>(member_id));
    const auto lots = Call(*client.ledger, &Ledger::ListLots,
                           Of<v1::ListLotsRequest>(member_id));
    if (!account.ok() || !lots.ok()) {
      findings.Add(member_id,
                   " cannot be read: ", account.status.error_message(),
                   lots.status.error_message());
    }
    sum.Compare(account.value, lots.value);
    absl::MutexLock lock(&mutex);
    held.members[member_id] = std::move(entries);
    for (const auto& [ledger_account, points] : sum.sums()) {
      sums[ledger_account] += points;
    }
  });
  CompareStats(*shop.clients[0], sums, findings);
  Index(held);
  return held;
}

int64_t VerifyThroughApi(Shop& shop, Findings& findings) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::VerifyLedgerRequest request;
  request.set_program_id(kProgram);
  const auto stream = shop.clients[0]->admin->VerifyLedger(&context, request);
  v1::VerifyLedgerResponse response;
  v1::VerifyReport report;
  while (stream->Read(&response)) {
    if (response.has_report()) report = response.report();
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) findings.Add("VerifyLedger: ", status.error_message());
  findings.Expect(0, report.finding_count(), "findings of VerifyLedger");
  for (const v1::VerifyFinding& finding : report.findings()) {
    findings.Add("VerifyLedger: ", finding.kind(), " ", finding.where(), ": ",
                 finding.problem());
  }
  if (report.commit_seq() <= 0) findings.Add("VerifyLedger counted nothing");
  return report.commit_seq();
}

}  // namespace pistis::crash
