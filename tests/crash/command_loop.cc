#include "tests/crash/command_loop.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/time/clock.h"

namespace pistis::crash {
namespace {

// One command in this many is also sent with other content.
constexpr size_t kOtherContentEvery = 20;

using Reasons = absl::flat_hash_set<std::string>;

// What each command may be refused with: what the others left, not what was
// sent.
Reasons Earned(const Command& command) {
  return std::visit(
      Overloaded{
          [](const v1::EarnPointsRequest&) { return Reasons{}; },
          [](const v1::HoldPointsRequest&) {
            // FIELD_INVALID: its time was over before it was sent again.
            return Reasons{"INSUFFICIENT_POINTS", "LIMIT_REACHED",
                           "FIELD_INVALID"};
          },
          [](const v1::CaptureHoldRequest&) {
            return Reasons{"HOLD_NOT_OPEN"};
          },
          [](const v1::ReleaseHoldRequest&) {
            return Reasons{"HOLD_NOT_OPEN"};
          },
          [](const v1::ReverseEntryRequest&) {
            return Reasons{"INSUFFICIENT_POINTS", "ENTRY_NOT_REVERSIBLE"};
          },
          [](const v1::HoldOrderRequest&) {
            return Reasons{"LIMIT_REACHED", "FIELD_INVALID"};
          },
          [](const v1::CommitOrderRequest& request) {
            return request.has_order() ? Reasons{}
                                       : Reasons{"RESERVATION_EXPIRED"};
          },
          [](const v1::CancelReservationRequest&) {
            return Reasons{"RESERVATION_EXPIRED"};
          },
          [](const v1::RefundOrderRequest&) {
            return Reasons{"REFUND_EXCEEDS_ORDER"};
          },
          [](const auto&) { return Reasons{"INSUFFICIENT_POINTS"}; }},
      command);
}

void CheckRefusal(const CommandRecord& record, const Answer& answer,
                  After after, Findings& findings) {
  if (answer.kind != Answer::Kind::kRefused) return;
  if (Earned(record.command).contains(answer.reason)) return;
  if (after == After::kRestore && answer.reason == "NOT_FOUND") return;
  findings.Add("refused with ", answer.reason, ": ", Describe(record.command));
}

// True where the same command must get the same answer.
bool IsSettled(const CommandRecord& record) {
  switch (record.answer.kind) {
    case Answer::Kind::kNone:
      return false;
    case Answer::Kind::kGranted:
      return true;
    case Answer::Kind::kRefused:
      return KeepsRefusals(record.command);
  }
  return false;
}

void ExpectSame(const CommandRecord& record, const Answer& answer,
                Findings& findings) {
  if (SameAnswer(record.answer, answer)) return;
  findings.Add("another answer to the repeated ", Describe(record.command),
               ": first ", record.answer.reason, " commit ",
               record.answer.commit_seq, ", then ", answer.reason, " commit ",
               answer.commit_seq);
}

class CommandLoop {
 public:
  CommandLoop(Client& client, CommandMaker& maker, Findings& findings)
      : client_(client), maker_(maker), findings_(findings) {}

  CommandJournal Run(int cycle) {
    bool there = true;
    while (there) {
      there = !journal_.empty() && maker_.Below(10) == 0 ? Repeat()
                                                         : SendNext(cycle);
    }
    return std::move(journal_);
  }

 private:
  bool SendNext(int cycle) {
    CommandRecord& record = journal_.emplace_back(maker_.Next(cycle));
    record.answer = Send(client_, record.command);
    if (record.answer.kind == Answer::Kind::kNone) return false;
    record.answered = absl::Now();
    CheckRefusal(record, record.answer, After::kCrash, findings_);
    maker_.Learn(record);
    return true;
  }

  bool Repeat() {
    const CommandRecord& record = journal_[maker_.Below(journal_.size())];
    if (!IsSettled(record)) return true;
    const Answer answer = Send(client_, record.command);
    if (answer.kind == Answer::Kind::kNone) return false;
    ExpectSame(record, answer, findings_);
    return true;
  }

  Client& client_;
  CommandMaker& maker_;
  Findings& findings_;
  CommandJournal journal_;
};

void SendOneAgain(Client& client, After after, CommandRecord& record,
                  Findings& findings) {
  if (record.answer.kind == Answer::Kind::kNone) {
    record.answer = Send(client, record.command);
    if (record.answer.kind == Answer::Kind::kNone) {
      findings.Add("no answer to ", Describe(record.command));
    }
    CheckRefusal(record, record.answer, after, findings);
  }
  if (!IsSettled(record)) return;
  ExpectSame(record, Send(client, record.command), findings);
}

void SendOtherContent(Client& client, const CommandRecord& record,
                      Findings& findings) {
  const Answer answer = Send(client, WithOtherContent(record.command));
  findings.Expect("REQUEST_ID_REUSED", answer.reason,
                  record.id + " with other content");
}

}  // namespace

CommandJournal RunCommandLoop(Client& client, int cycle, CommandMaker& maker,
                              Findings& findings) {
  return CommandLoop(client, maker, findings).Run(cycle);
}

void SendCommandsAgain(Shop& shop, After after, CommandJournal& journal,
                       Findings& findings) {
  InParallel(journal.size(), [&](size_t i, int worker) {
    Client& client = *shop.clients[worker];
    SendOneAgain(client, after, journal[i], findings);
    if (i % kOtherContentEvery == 0 && IsSettled(journal[i]) &&
        HasContent(journal[i].command)) {
      SendOtherContent(client, journal[i], findings);
    }
  });
}

}  // namespace pistis::crash
