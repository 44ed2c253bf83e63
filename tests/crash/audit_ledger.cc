#include <map>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"

#include "tests/crash/audit.h"

namespace pistis::crash {
namespace {

using Ledger = v1::LedgerService::Stub;

// The points of one order by what happened to them.
struct OrderPoints {
  int64_t earned = 0;
  int64_t redeemed = 0;
  int64_t clawed_back = 0;
  int64_t restored = 0;
};

// Reads one member's entries, one after another.
class MemberAudit {
 public:
  MemberAudit(std::string member_id, Findings& findings)
      : member_id_(std::move(member_id)), findings_(findings) {}

  void Read(const v1::LedgerEntry& entry) {
    const std::string what = absl::StrCat(member_id_, " entry ", ++entries_);
    findings_.Expect(entries_, entry.entry_number(), what + " number");
    int64_t sum = 0;
    int64_t to_member = 0;
    for (const v1::Posting& posting : entry.postings()) {
      sum += posting.points();
      Post(posting, to_member);
    }
    findings_.Expect(0, sum, what + " sum of postings");
    findings_.Expect(sums_.available, entry.available_after(),
                     what + " available_after");
    for (const v1::LotChange& lot : entry.lots()) {
      lots_[lot.expire_time().seconds()] += lot.points();
    }
    if (entry.commit_seq() < commit_seq_) {
      findings_.Add(what, " steps back in commit order");
    }
    commit_seq_ = entry.commit_seq();
    Book(entry, to_member);
  }

  void Finish(const v1::Account& account, const Books& books) {
    findings_.Expect(sums_.available, account.available(),
                     member_id_ + " available");
    int64_t in_lots = 0;
    for (const auto& [expire, points] : lots_) {
      if (points < 0) findings_.Add(member_id_, " has a lot below zero");
      in_lots += points;
    }
    findings_.Expect(std::max<int64_t>(sums_.available, 0), in_lots,
                     member_id_ + " sum of lots");
    for (const auto& [order_id, points] : orders_) {
      const auto facts = books.find(order_id);
      if (facts == books.end() || facts->second.member_id != member_id_) {
        findings_.Add(member_id_, " has entries of ", order_id,
                      ", which is no order of theirs");
      }
    }
  }

  // What the entries say of an order; nothing is zeros.
  [[nodiscard]] OrderPoints PointsOf(const std::string& order_id) const {
    const auto found = orders_.find(order_id);
    return found == orders_.end() ? OrderPoints{} : found->second;
  }

  [[nodiscard]] const LedgerSums& sums() const { return sums_; }

 private:
  void Post(const v1::Posting& posting, int64_t& to_member) {
    switch (posting.account()) {
      case v1::Posting::MEMBER_AVAILABLE:
        to_member += posting.points();
        sums_.available += posting.points();
        return;
      case v1::Posting::PROGRAM_ISSUED:
        sums_.issued += posting.points();
        return;
      case v1::Posting::PROGRAM_REDEEMED:
        sums_.redeemed += posting.points();
        return;
      case v1::Posting::PROGRAM_EXPIRED:
        sums_.expired += posting.points();
        return;
      case v1::Posting::PROGRAM_FORGIVEN:
        sums_.forgiven += posting.points();
        return;
      default:
        findings_.Add(member_id_, " has a posting to no account");
    }
  }

  void Book(const v1::LedgerEntry& entry, int64_t to_member) {
    switch (entry.kind()) {
      case v1::LedgerEntry::EARN:
        orders_[entry.order_id()].earned += to_member;
        return;
      case v1::LedgerEntry::REDEEM:
        orders_[entry.order_id()].redeemed -= to_member;
        return;
      case v1::LedgerEntry::CLAW_BACK:
        orders_[entry.order_id()].clawed_back -= to_member;
        return;
      case v1::LedgerEntry::RESTORE:
        orders_[entry.order_id()].restored += to_member;
        return;
      default:
        findings_.Add(member_id_, " has an entry of another kind: ",
                      entry.ShortDebugString());
    }
  }

  const std::string member_id_;
  Findings& findings_;
  int64_t entries_ = 0;
  int64_t commit_seq_ = 0;
  LedgerSums sums_;
  std::map<int64_t, int64_t> lots_;
  absl::flat_hash_map<std::string, OrderPoints> orders_;
};

void ReadEntries(Client& client, const std::string& member_id,
                 MemberAudit& audit, Findings& findings) {
  v1::ListEntriesRequest request;
  request.set_program_id(kProgram);
  request.set_member_id(member_id);
  request.set_page_size(1000);
  do {
    const auto page = Call(*client.ledger, &Ledger::ListEntries, request);
    if (!page.ok()) {
      findings.Add("ListEntries ", member_id, ": ",
                   page.status.error_message());
      return;
    }
    for (const v1::LedgerEntry& entry : page.value.entries()) {
      audit.Read(entry);
    }
    request.set_page_token(page.value.next_page_token());
  } while (!request.page_token().empty());
}

void CheckOrder(const std::string& order_id, const OrderFacts& facts,
                const OrderPoints& points, Findings& findings) {
  findings.Expect(facts.earned, points.earned, order_id + " entries earned");
  findings.Expect(facts.redeemed, points.redeemed,
                  order_id + " entries redeemed");
  findings.Expect(facts.clawed_back, points.clawed_back,
                  order_id + " entries clawed back");
  findings.Expect(facts.restored, points.restored,
                  order_id + " entries restored");
}

using OrdersByMember =
    absl::flat_hash_map<std::string, std::vector<Books::const_iterator>>;

OrdersByMember GroupByMember(const Books& books) {
  OrdersByMember grouped;
  for (auto order = books.begin(); order != books.end(); ++order) {
    grouped[order->second.member_id].push_back(order);
  }
  return grouped;
}

}  // namespace

LedgerSums AuditLedger(Shop& shop, const Books& books, Findings& findings) {
  const OrdersByMember by_member = GroupByMember(books);
  absl::Mutex mutex;
  LedgerSums sums;
  InParallel(kMembers, [&](size_t number, int worker) {
    Client& client = *shop.clients[worker];
    const std::string member_id = MemberName(static_cast<int>(number));
    MemberAudit audit(member_id, findings);
    ReadEntries(client, member_id, audit, findings);
    v1::GetAccountRequest request;
    request.set_program_id(kProgram);
    request.set_member_id(member_id);
    const auto account = Call(*client.ledger, &Ledger::GetAccount, request);
    if (!account.ok()) {
      findings.Add("GetAccount ", member_id, ": ",
                   account.status.error_message());
    }
    audit.Finish(account.value, books);
    if (const auto orders = by_member.find(member_id);
        orders != by_member.end()) {
      for (const auto& order : orders->second) {
        CheckOrder(order->first, order->second, audit.PointsOf(order->first),
                   findings);
      }
    }
    absl::MutexLock lock(&mutex);
    sums.available += audit.sums().available;
    sums.issued += audit.sums().issued;
    sums.redeemed += audit.sums().redeemed;
    sums.expired += audit.sums().expired;
    sums.forgiven += audit.sums().forgiven;
  });
  return sums;
}

}  // namespace pistis::crash
