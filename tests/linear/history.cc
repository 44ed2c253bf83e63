#include "tests/linear/history.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

std::string Name(const Sent& sent) {
  return absl::StrCat("commit ", sent.context.commit_seq, ", sent at ",
                      sent.sent_at, ", ", TextOf(sent.request), " -> ",
                      NameOf(sent.answer));
}

// The commit that is the last of all that the command saw or made.
int64_t LastSeenBy(const Sent& sent) {
  return sent.context.commit_seq - (sent.wrote ? 0 : 1);
}

// In the order of commits; what wrote nothing stands before the commit whose
// number it was offered, and may stand in any order there: in that of time.
std::vector<const Sent*> InOrder(const History& history) {
  std::vector<const Sent*> order;
  order.reserve(history.size());
  for (const Sent& sent : history)
    order.push_back(&sent);
  const auto place = [](const Sent* sent) {
    return std::tuple(sent->context.commit_seq, sent->wrote, sent->context.now,
                      sent->sent_at);
  };
  std::sort(order.begin(), order.end(),
            [&](const Sent* a, const Sent* b) { return place(a) < place(b); });
  return order;
}

}  // namespace

std::vector<std::string> NumberFaults(const History& history, int64_t first) {
  std::vector<std::string> faults;
  std::map<int64_t, const Sent*> commits;
  for (const Sent* sent : InOrder(history)) {
    const int64_t seq = sent->context.commit_seq;
    if (sent->wrote) {
      const int64_t next = first + static_cast<int64_t>(commits.size());
      if (seq != next) {
        faults.push_back(absl::StrCat("not number ", next, ": ", Name(*sent)));
      }
      commits[seq] = sent;
    }
    if (!sent->answer.accepted()) continue;
    const int64_t named = CommitSeqIn(sent->request, sent->answer.reply);
    if (named == 0) continue;
    const auto own = commits.find(named);
    if (own == commits.end() || (sent->wrote && named != seq) ||
        own->second->answer != sent->answer) {
      faults.push_back(
          absl::StrCat("the reply names commit ", named, ": ", Name(*sent)));
    }
  }
  return faults;
}

std::vector<std::string> OrderFaults(const History& history) {
  // By the one count of both moments.
  std::map<int64_t, const Sent*> moments;
  for (const Sent& sent : history) {
    EXPECT_LT(sent.sent_at, sent.answered_at);
    EXPECT_TRUE(moments.emplace(sent.sent_at, &sent).second);
    EXPECT_TRUE(moments.emplace(sent.answered_at, &sent).second);
  }
  // What the answers so far tell of commits and of time.
  struct Known {
    int64_t commit_seq = 0;
    absl::Time now = absl::InfinitePast();
  };
  Known known;
  std::map<const Sent*, Known> known_when_sent;
  std::vector<std::string> faults;
  for (const auto& [moment, sent] : moments) {
    if (moment == sent->sent_at) {
      known_when_sent[sent] = known;
      continue;
    }
    known.commit_seq = std::max(known.commit_seq, LastSeenBy(*sent));
    known.now = std::max(known.now, sent->context.now);
    const Known& before = known_when_sent[sent];
    if (sent->context.commit_seq <= before.commit_seq ||
        sent->context.now < before.now) {
      faults.push_back(absl::StrCat("sent when commit ", before.commit_seq,
                                    " was known: ", Name(*sent)));
    }
  }
  return faults;
}

std::vector<std::string> ReplayFaults(const History& history,
                                      const TestShop& shop, Store& store) {
  std::vector<std::string> faults;
  absl::Time now = absl::InfinitePast();
  for (const Sent* sent : InOrder(history)) {
    if (sent->context.now < now) {
      faults.push_back(absl::StrCat("time runs back: ", Name(*sent)));
    }
    now = sent->context.now;
    const Call call = CallOf(sent->request, sent->shaped);
    Decision decision = call(shop.env(), *store.GetSnapshot(), sent->context);
    if (decision.answer != sent->answer ||
        decision.writes.empty() == sent->wrote) {
      faults.push_back(absl::StrCat("alone it gets ", NameOf(decision.answer),
                                    decision.writes.empty() ? "" : ", writing",
                                    ": ", Name(*sent)));
    }
    if (decision.writes.empty()) continue;
    store::v1::SequenceRecord sequence;
    sequence.set_commit_seq(sent->context.commit_seq);
    sequence.set_latest_us(absl::ToUnixMicros(now));
    PutRecord(SequenceKey(), sequence, decision.writes);
    const std::unique_ptr<Txn> txn = store.Begin();
    decision.writes.ApplyTo(*txn);
    const absl::Status committed = txn->Commit();
    EXPECT_TRUE(committed.ok()) << committed;
  }
  return faults;
}

std::vector<std::string> Counts(const History& history) {
  std::map<std::string, int64_t> counts;
  for (const Sent& sent : history) {
    ++counts[absl::StrCat(KindOf(sent.request), " ", NameOf(sent.answer))];
  }
  std::vector<std::string> texts;
  for (const auto& [name, count] : counts) {
    texts.push_back(absl::StrCat(name, " ", count));
  }
  return texts;
}

}  // namespace pistis
