#include "tests/crash/points_run.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/time/clock.h"

#include "engine/operations/executor.h"
#include "engine/storage/backup.h"
#include "engine/storage/rocksdb/rocksdb_store.h"

namespace pistis::crash {
namespace {

// What was not answered, for the loops to build on.
void LearnSettled(const CommandJournal& before, const CommandJournal& now,
                  CommandMaker& maker) {
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].answer.kind == Answer::Kind::kNone) maker.Learn(now[i]);
  }
}

// The last commit that a command made; the server itself may have made later
// ones when it started.
int64_t LastCommitOf(const HeldLedger& held) {
  int64_t last = 0;
  for (const auto& [source, entries] : held.by_source) {
    for (const HeldEntry* entry : entries) {
      last = std::max(last, entry->entry.commit_seq());
    }
  }
  return last;
}

// The last commit of a folder that no server has open, whoever made it: the
// server makes some for itself, which no program's ledger counts.
absl::StatusOr<int64_t> LastCommitIn(const std::string& folder) {
  absl::StatusOr<std::unique_ptr<RocksDbStore>> store =
      RocksDbStore::Open({.path = folder});
  if (!store.ok()) return store.status();
  const absl::StatusOr<LastCommit> last =
      FindLastCommit(*(*store)->GetSnapshot());
  if (!last.ok()) return last.status();
  return last->commit_seq;
}

}  // namespace

// The loops, from their start until the server is gone.
class PointsRun::Load {
 public:
  Load(PointsRun& run, int cycle) {
    run.parts_.assign(kPointsLoops, {});
    for (int loop = 0; loop < kPointsLoops; ++loop) {
      threads_.emplace_back([&run, cycle, loop] {
        run.parts_[loop] =
            RunCommandLoop(*run.shop_.clients[loop % kConnections], cycle,
                           run.makers_[loop], run.findings_);
      });
    }
  }
  // Waits for them: the server must have been killed.
  ~Load() {
    for (std::thread& thread : threads_)
      thread.join();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  std::vector<std::thread> threads_;
};

PointsRun::PointsRun(const Settings& settings, int first_cycle)
    : settings_(settings),
      random_(static_cast<uint32_t>(settings.seed + first_cycle)) {
  shop_.seed = settings.seed;
  for (int loop = 0; loop < kPointsLoops; ++loop) {
    makers_.emplace_back(settings.seed + first_cycle, loop);
  }
}

absl::Status PointsRun::Open() {
  auto server = OpenShop(folder_.path() + "/data", shop_);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  const grpc::Status set_up = SetUp(*shop_.clients[0], kPointsRulebook);
  return set_up.ok() ? absl::OkStatus()
                     : absl::InternalError(set_up.error_message());
}

absl::Duration PointsRun::Moment(double least, double most) {
  std::uniform_real_distribution<double> share(least, most);
  return absl::Seconds(settings_.seconds * share(random_));
}

std::string PointsRun::BackupName(int cycle) const {
  return absl::StrCat("backup-", cycle);
}

void PointsRun::LoadAndKill(int cycle) {
  const absl::Duration moment = Moment(0.2, 1.0);
  const Load load(*this, cycle);
  absl::SleepFor(moment);
  server_->Kill();
}

BackupTry PointsRun::LoadBackUpAndKill(int cycle) {
  const absl::Duration before = Moment(0.2, 0.7);
  const absl::Duration after =
      cycle % 2 == 0 ? Moment(0.05, 0.3) : absl::Milliseconds(random_() % 60);
  BackupTry backup;
  backup.path =
      absl::StrCat(folder_.path(), "/data-backups/", BackupName(cycle));
  const Load load(*this, cycle);
  absl::SleepFor(before);
  std::thread asking([&] {
    v1::CreateBackupRequest request;
    request.set_backup_id(BackupName(cycle));
    backup.begin = absl::Now();
    const auto reply = Call(*shop_.clients[0]->admin,
                            &v1::AdminService::Stub::CreateBackup, request);
    backup.acknowledged = reply.ok();
    if (!reply.ok()) return;
    backup.path = reply.value.path();
    backup.commit_seq = reply.value.commit_seq();
  });
  if (cycle % 2 == 0) asking.join();
  absl::SleepFor(after);
  server_->Kill();
  if (asking.joinable()) asking.join();
  if (cycle % 2 == 0 && !backup.acknowledged) {
    findings_.Add("the backup of cycle ", cycle, " was not made");
  }
  return backup;
}

absl::Status PointsRun::StartAndCompare(int cycle) {
  const absl::Time killed = absl::Now();
  auto server = OpenShop(folder_.path() + "/data", shop_);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  // Nothing falls due any more while it is read.
  absl::SleepFor(killed + kShortHold - absl::Now());

  const size_t old = all_.size();
  for (const CommandJournal& part : parts_) {
    all_.insert(all_.end(), part.begin(), part.end());
  }
  CommandJournal last(all_.begin() + static_cast<int64_t>(old), all_.end());
  VerifyThroughApi(shop_, findings_);
  const HeldLedger held = ReadLedger(shop_, findings_);
  CheckEffects(all_, held, findings_);
  CheckRecords(shop_, last, held, findings_);
  const JournalCount count = CountOf(last, held);

  SendCommandsAgain(shop_, After::kCrash, last, findings_);
  std::copy(last.begin(), last.end(), all_.begin() + static_cast<int64_t>(old));
  auto settled = last.begin();
  for (int loop = 0; loop < kPointsLoops; ++loop) {
    const CommandJournal& before = parts_[loop];
    const CommandJournal now(settled,
                             settled + static_cast<int64_t>(before.size()));
    LearnSettled(before, now, makers_[loop]);
    settled += static_cast<int64_t>(before.size());
  }
  std::cout << "crash " << cycle << ": " << count.granted << " granted, "
            << count.refused << " refused, " << count.there + count.not_there
            << " unanswered (" << count.there << " there), " << all_.size()
            << " held in all" << std::endl;
  return absl::OkStatus();
}

CommandJournal PointsRun::JournalUntil(const BackupTry& backup,
                                       int64_t commit_seq) {
  CommandJournal journal = all_;
  for (const CommandJournal& part : parts_) {
    journal.insert(journal.end(), part.begin(), part.end());
  }
  for (CommandRecord& record : journal) {
    const bool granted = record.answer.kind == Answer::Kind::kGranted;
    const bool inside = granted && record.answer.commit_seq <= commit_seq;
    if (record.answered >= backup.begin && !inside) record.answer = {};
  }
  return journal;
}

absl::StatusOr<bool> PointsRun::RestoreAndCompare(const BackupTry& backup) {
  const std::string to =
      absl::StrCat(folder_.path(), "/restored-", ++restored_);
  const absl::Status restored = RestoreBackup(backup.path, to);
  // Killed before it was done, it is no backup, and says so.
  if (absl::IsFailedPrecondition(restored) && !backup.acknowledged) {
    return false;
  }
  if (!restored.ok()) return restored;
  const absl::StatusOr<int64_t> last = LastCommitIn(to);
  if (!last.ok()) return last.status();
  if (*last < backup.commit_seq) {
    findings_.Add("the backup promises commit ", backup.commit_seq,
                  " and ends with ", *last);
  }
  Shop shop;
  shop.seed = settings_.seed;
  auto server = OpenShop(to, shop);
  if (!server.ok()) return server.status();
  VerifyThroughApi(shop, findings_);
  absl::SleepFor(kShortHold);
  const HeldLedger held = ReadLedger(shop, findings_);
  const int64_t copied = LastCommitOf(held);
  CommandJournal journal = JournalUntil(backup, copied);
  CheckEffects(journal, held, findings_);
  const JournalCount count = CountOf(journal, held);
  SendCommandsAgain(shop, After::kRestore, journal, findings_);
  VerifyThroughApi(shop, findings_);
  CheckEffects(journal, ReadLedger(shop, findings_), findings_);
  std::cout << "backup up to commit " << copied << ": " << count.granted
            << " granted before it, " << count.there + count.not_there
            << " sent to the restored server as new" << std::endl;
  if (absl::Status stopped = StopOrderly(**server, shop); !stopped.ok()) {
    return stopped;
  }
  return true;
}

absl::Status PointsRun::StopAndCompare() {
  if (absl::Status stopped = StopOrderly(*server_, shop_); !stopped.ok()) {
    return stopped;
  }
  auto server = OpenShop(folder_.path() + "/data", shop_);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  SendCommandsAgain(shop_, After::kCrash, all_, findings_);
  VerifyThroughApi(shop_, findings_);
  const HeldLedger held = ReadLedger(shop_, findings_);
  CheckEffects(all_, held, findings_);
  CheckRecords(shop_, all_, held, findings_);
  return absl::OkStatus();
}

}  // namespace pistis::crash
