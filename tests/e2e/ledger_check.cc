// Reads every member's ledger entries over the API and holds them against the
// promises: numbered without gaps, postings that sum to zero, each balance the
// sum of what came before and what the lots hold, the last one what GetAccount
// says, less what has expired since.
//
//   ledger_check ADDRESS PROGRAM
//
// Prints one JSON object with the sums and exits with 0; a broken promise goes
// to standard error and exits with 1.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "clients/cpp/client.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

struct Sums {
  int64_t members = 0;
  int64_t entries = 0;
  int64_t available = 0;
  // Points that entries added to and took from members, by the entry's kind.
  std::map<std::string, int64_t> by_kind;
};

absl::StatusOr<std::vector<std::string>> Members(Client& client,
                                                 const std::string& program) {
  v1::StreamEventsRequest request;
  request.set_program_id(program);
  std::vector<std::string> members;
  PISTIS_RETURN_IF_ERROR(
      client.StreamEvents(request, [&](const v1::Event& event) {
        if (event.has_member_joined()) members.push_back(event.member_id());
        return Visit::kContinue;
      }));
  return members;
}

absl::StatusOr<std::vector<v1::LedgerEntry>> Entries(
    Client& client, const std::string& program, const std::string& member) {
  v1::ListEntriesRequest request;
  request.set_program_id(program);
  request.set_member_id(member);
  request.set_page_size(1000);
  std::vector<v1::LedgerEntry> entries;
  do {
    PISTIS_ASSIGN_OR_RETURN(const v1::ListEntriesResponse page,
                            client.ListEntries(request));
    entries.insert(entries.end(), page.entries().begin(), page.entries().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return entries;
}

absl::Status Broken(const std::string& member, int64_t entry,
                    absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("member ", member, ", entry ", entry, ": ", what));
}

// A member's points, entry by entry.
class Replayed {
 public:
  // Empty, or the promise that `entry` breaks.
  absl::string_view Add(const v1::LedgerEntry& entry) {
    if (entry.entry_number() != ++entries_) return "the numbers have a gap";
    int64_t sum = 0;
    points_ = 0;
    for (const v1::Posting& posting : entry.postings()) {
      sum += posting.points();
      if (posting.account() == v1::Posting::MEMBER_AVAILABLE) {
        points_ += posting.points();
      }
    }
    if (sum != 0) return "the postings do not balance";
    balance_ += points_;
    if (entry.available_after() != balance_) return "the balance is no sum";
    return AddLots(entry);
  }

  [[nodiscard]] int64_t entries() const { return entries_; }
  [[nodiscard]] int64_t balance() const { return balance_; }
  // What can be spent where lots that expire before `next_expire` are gone:
  // they may not have an entry yet.
  [[nodiscard]] int64_t AvailableWithout(int64_t next_expire) const {
    int64_t available = balance_;
    for (const auto& [expire, points] : lots_) {
      if (expire < next_expire) available -= points;
    }
    return available;
  }
  // What the latest entry gave the member.
  [[nodiscard]] int64_t points() const { return points_; }

 private:
  // What a refund took beyond what was there is owed and lies in no lot.
  absl::string_view AddLots(const v1::LedgerEntry& entry) {
    for (const v1::LotChange& change : entry.lots()) {
      const int64_t expire = change.has_expire_time()
                                 ? change.expire_time().seconds()
                                 : std::numeric_limits<int64_t>::max();
      lots_[expire] += change.points();
      if (lots_[expire] < 0) return "a lot is below zero";
    }
    int64_t in_lots = 0;
    for (const auto& [expire, points] : lots_)
      in_lots += points;
    return in_lots == std::max<int64_t>(balance_, 0)
               ? ""
               : "the balance is not what the lots hold";
  }

  int64_t entries_ = 0;
  int64_t balance_ = 0;
  int64_t points_ = 0;
  std::map<int64_t, int64_t> lots_;
};

absl::Status CheckMember(Client& client, const std::string& program,
                         const std::string& member, Sums& sums) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<v1::LedgerEntry> entries,
                          Entries(client, program, member));
  Replayed replayed;
  for (const v1::LedgerEntry& entry : entries) {
    const absl::string_view broken = replayed.Add(entry);
    if (!broken.empty()) {
      return Broken(member, entry.entry_number(), broken);
    }
    sums.by_kind[v1::LedgerEntry::Kind_Name(entry.kind())] += replayed.points();
  }
  v1::GetAccountRequest request;
  request.set_program_id(program);
  request.set_member_id(member);
  PISTIS_ASSIGN_OR_RETURN(const v1::Account account,
                          client.GetAccount(request));
  const int64_t next_expire = account.has_next_expiry_time()
                                  ? account.next_expiry_time().seconds()
                                  : std::numeric_limits<int64_t>::max();
  if (account.available() != replayed.AvailableWithout(next_expire)) {
    return Broken(member, replayed.entries(),
                  "the account is not the sum of the entries");
  }
  if (!entries.empty() &&
      next_expire <= entries.back().effective_time().seconds()) {
    return Broken(member, replayed.entries(), "a lot outlived its time");
  }
  ++sums.members;
  sums.entries += replayed.entries();
  sums.available += replayed.balance();
  return absl::OkStatus();
}

absl::Status Check(const std::string& address, const std::string& program) {
  ClientOptions options;
  options.address = address;
  Client client(options);
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> members,
                          Members(client, program));
  Sums sums;
  for (const std::string& member : members) {
    PISTIS_RETURN_IF_ERROR(CheckMember(client, program, member, sums));
  }
  std::cout << "{\"members\":" << sums.members
            << ",\"entries\":" << sums.entries
            << ",\"available\":" << sums.available;
  for (const auto& [kind, points] : sums.by_kind) {
    std::cout << ",\"" << kind << "\":" << points;
  }
  std::cout << "}\n";
  return absl::OkStatus();
}

}  // namespace
}  // namespace pistis

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: ledger_check ADDRESS PROGRAM\n";
    return 2;
  }
  const absl::Status status = pistis::Check(argv[1], argv[2]);
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
