#include "engine/operations/testing_audit.h"

#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/journal.h"
#include "engine/operations/member_ledger.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

// The records of one table under a program, by the rest of the key.
Contents TableOf(const Contents& all, char table, const ProgramId& program) {
  const std::string prefix =
      absl::StrCat(std::string(1, table), program.text(), std::string(1, '\0'));
  Contents records;
  for (auto at = all.lower_bound(prefix);
       at != all.end() && at->first.compare(0, prefix.size(), prefix) == 0;
       ++at) {
    records.emplace(at->first.substr(prefix.size()), at->second);
  }
  return records;
}

template <typename Record>
Record Parsed(const std::string& bytes) {
  Record record;
  EXPECT_TRUE(record.ParseFromString(bytes));
  return record;
}

// What part of `whole` has come back with a line.
int64_t ShareReturned(const store::v1::OrderLineRecord& line, int64_t whole) {
  const bool by_units = line.amount_minor() == 0;
  const int64_t of = by_units ? line.quantity() : line.amount_minor();
  const int64_t part =
      by_units ? line.returned_quantity() : line.returned_minor();
  return static_cast<int64_t>(static_cast<Int128>(whole) * part / of);
}

class Auditor {
 public:
  Auditor(const TestShop& shop, const ProgramId& program)
      : shop_(shop), program_(program), all_(shop.All()) {}

  std::vector<std::string> Run() && {
    const auto totals = all_.find(TotalsKey(program_));
    if (totals != all_.end()) {
      totals_ = Parsed<store::v1::TotalsRecord>(totals->second);
    }
    for (const auto& [key, value] : TableOf(all_, 'F', program_)) {
      AuditMember(MemberId(key.substr(0, key.size() - 1)));
      counted_.set_members(counted_.members() + 1);
    }
    for (const auto& [key, value] : TableOf(all_, 'O', program_)) {
      CountOrder(Parsed<store::v1::OrderRecord>(value));
    }
    CountTheRest();
    CompareStats();
    return std::move(findings_);
  }

 private:
  template <typename A, typename B>
  void Compare(absl::string_view what, const A& found, const B& wanted) {
    if (found == wanted) return;
    findings_.push_back(absl::StrCat(what, " is ", found, ", not ", wanted));
  }

  std::vector<v1::LedgerEntry> EntriesOf(const MemberId& member) const {
    std::vector<v1::LedgerEntry> entries;
    v1::ListEntriesRequest request;
    request.set_program_id(program_.text());
    request.set_member_id(member.text());
    request.set_page_size(7);
    do {
      const auto page = shop_.Ask(ListEntries, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      entries.insert(entries.end(), page->entries().begin(),
                     page->entries().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return entries;
  }

  // Adds the entry's postings to the sums; the member's share of it.
  int64_t CountPostings(const std::string& what, const v1::LedgerEntry& entry) {
    int64_t sum = 0;
    int64_t member = 0;
    for (const v1::Posting& posting : entry.postings()) {
      sum += posting.points();
      postings_[posting.account()] += posting.points();
      if (posting.account() == v1::Posting::MEMBER_AVAILABLE) {
        member += posting.points();
      }
    }
    Compare(absl::StrCat(what, ": the sum of its postings"), sum, 0);
    return member;
  }

  void AuditMember(const MemberId& member) {
    int64_t number = 0;
    int64_t balance = 0;
    int64_t latest_us = 0;
    std::map<int64_t, int64_t> lots;
    for (const v1::LedgerEntry& entry : EntriesOf(member)) {
      const std::string what =
          absl::StrCat("entry ", ++number, " of ", member.text());
      Compare(absl::StrCat(what, ": its number"), entry.entry_number(), number);
      balance += CountPostings(what, entry);
      Compare(absl::StrCat(what, ": available after it"),
              entry.available_after(), balance);
      const int64_t at_us = entry.effective_time().seconds() * 1'000'000 +
                            entry.effective_time().nanos() / 1'000;
      if (at_us < latest_us) {
        findings_.push_back(absl::StrCat(what, " runs back in time"));
      }
      latest_us = at_us;
      for (const v1::LotChange& lot : entry.lots()) {
        lots[lot.expire_time().seconds() * 1'000'000] += lot.points();
      }
    }
    AuditAccount(member, balance, lots);
  }

  void AuditAccount(const MemberId& member, int64_t balance,
                    std::map<int64_t, int64_t> lots) {
    const auto account =
        Parsed<store::v1::AccountRecord>(all_[AccountKey(program_, member)]);
    const absl::Time now = ProgramTime(totals_, shop_.Now());
    const std::string of = absl::StrCat(" of ", member.text());
    int64_t open = -account.deficit();
    int64_t due = 0;
    for (const store::v1::LotRecord& lot : account.lots()) {
      open += lot.points();
      Compare(absl::StrCat("the lot of ", lot.expire_us(), of),
              lots[lot.expire_us()], lot.points());
      lots.erase(lot.expire_us());
      if (lot.points() <= 0) {
        findings_.push_back(absl::StrCat("a lot", of, " is empty"));
      }
      if (lot.expire_us() == 0) continue;
      const absl::Time expire = ExpiryOf(lot.expire_us());
      if (expire <= now) due += lot.points();
      Compare(absl::StrCat("queued: the lot of ", lot.expire_us(), of),
              all_.count(DueKey(program_, expire, member)), 1U);
    }
    for (const auto& [expire_us, points] : lots) {
      Compare(absl::StrCat("the closed lot of ", expire_us, of), points, 0);
    }
    Compare(absl::StrCat("the sum of lots", of), open, balance);
    if (account.deficit() > 0 && account.lots_size() > 0) {
      findings_.push_back(absl::StrCat("a deficit beside lots", of));
    }
    outstanding_ += balance;
    v1::GetAccountRequest request;
    request.set_program_id(program_.text());
    request.set_member_id(member.text());
    const auto shown = shop_.Ask(GetAccount, request);
    Compare(absl::StrCat("GetAccount", of),
            shown.ok() ? shown->available() : -1, balance - due);
  }

  void CountOrder(const store::v1::OrderRecord& order) {
    const auto reply = Parsed<v1::CommitOrderResponse>(order.reply());
    const v1::Quote& quote = reply.quote();
    counted_.set_orders(counted_.orders() + 1);
    counted_.set_sales_minor(counted_.sales_minor() + quote.subtotal_minor());
    int64_t discount = quote.discount_minor();
    int64_t redeemed = quote.redeemed_minor();
    for (const store::v1::OrderLineRecord& line : order.lines()) {
      counted_.set_returned_minor(counted_.returned_minor() +
                                  line.returned_minor());
      discount -= ShareReturned(line, line.discount_minor());
      redeemed -= ShareReturned(line, line.redeemed_minor());
    }
    counted_.set_discount_minor(counted_.discount_minor() + discount);
    counted_.set_redeemed_minor(counted_.redeemed_minor() + redeemed);
    counted_.set_margin_before_minor(counted_.margin_before_minor() +
                                     quote.margin().margin_before_minor() -
                                     order.refunded().margin_minor());
    counted_.set_notes_requested(counted_.notes_requested() +
                                 reply.note_ids_size());
    std::set<std::string> bound;
    for (const v1::BoundCap& cap : quote.caps()) {
      caps_[cap.cap_id()].second += cap.requested_minor() - cap.granted_minor();
      if (bound.insert(cap.cap_id()).second) ++caps_[cap.cap_id()].first;
    }
    refunds_said_ += order.refunded().refunds();
  }

  void CountTheRest() {
    counted_.set_refunds(
        static_cast<int64_t>(TableOf(all_, 'R', program_).size()));
    Compare("the refunds that orders say", refunds_said_, counted_.refunds());
    for (const auto& [key, value] : TableOf(all_, 'C', program_)) {
      const auto code = Parsed<store::v1::CodeRecord>(value);
      counted_.set_codes_issued(counted_.codes_issued() + 1);
      counted_.set_codes_used(counted_.codes_used() + code.used());
      if (code.used() < 0 || code.used() > code.uses()) {
        findings_.push_back(absl::StrCat("a code was used ", code.used(),
                                         " of ", code.uses(), " times"));
      }
    }
    counted_.set_points_issued(-postings_[v1::Posting::PROGRAM_ISSUED]);
    counted_.set_points_redeemed(postings_[v1::Posting::PROGRAM_REDEEMED]);
    counted_.set_points_expired(postings_[v1::Posting::PROGRAM_EXPIRED]);
    counted_.set_points_forgiven(-postings_[v1::Posting::PROGRAM_FORGIVEN]);
    counted_.set_points_outstanding(outstanding_);
    for (const auto& [cap_id, count] : caps_) {
      v1::CapCount* cap = counted_.add_caps();
      cap->set_cap_id(cap_id);
      cap->set_orders(count.first);
      cap->set_trimmed_minor(count.second);
    }
    CountEvents();
  }

  void CountEvents() {
    const auto events = shop_.Events(program_, "");
    if (!events.ok()) {
      findings_.push_back(std::string(events.status().message()));
      return;
    }
    std::map<v1::Event::PayloadCase, int64_t> by_kind;
    std::set<std::string> ids;
    int64_t expired = 0;
    for (const v1::Event& event : *events) {
      ++by_kind[event.payload_case()];
      expired += event.points_expired().points();
      if (!ids.insert(event.event_id()).second) {
        findings_.push_back(absl::StrCat("two events ", event.event_id()));
      }
    }
    Compare("events of members", by_kind[v1::Event::kMemberJoined],
            counted_.members());
    Compare("events of orders", by_kind[v1::Event::kOrderCommitted],
            counted_.orders());
    Compare("events of refunds", by_kind[v1::Event::kOrderRefunded],
            counted_.refunds());
    Compare("events of notes", by_kind[v1::Event::kNoteRequested],
            counted_.notes_requested());
    Compare("events of issued codes", by_kind[v1::Event::kCodeIssued],
            counted_.codes_issued());
    Compare("events of used codes less those given back",
            by_kind[v1::Event::kCodeUsed] - by_kind[v1::Event::kCodeReturned],
            counted_.codes_used());
    Compare("the points of expiry events", expired, counted_.points_expired());
  }

  void CompareStats() {
    v1::GetProgramStatsRequest request;
    request.set_program_id(program_.text());
    const auto stats = shop_.Ask(GetProgramStats, request);
    if (!stats.ok()) {
      findings_.push_back(std::string(stats.status().message()));
      return;
    }
    // The worth depends on the current rulebook alone.
    counted_.set_outstanding_worth_minor(stats->outstanding_worth_minor());
    Compare("GetProgramStats", stats->ShortDebugString(),
            counted_.ShortDebugString());
  }

  const TestShop& shop_;
  const ProgramId& program_;
  Contents all_;
  store::v1::TotalsRecord totals_;
  v1::ProgramStats counted_;
  std::map<int, int64_t> postings_;
  // Orders and what was cut, by cap.
  std::map<std::string, std::pair<int64_t, int64_t>> caps_;
  int64_t outstanding_ = 0;
  int64_t refunds_said_ = 0;
  std::vector<std::string> findings_;
};

}  // namespace

std::vector<std::string> Audit(const TestShop& shop, const ProgramId& program) {
  return Auditor(shop, program).Run();
}

}  // namespace pistis
