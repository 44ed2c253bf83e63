#include "engine/operations/verify_audit.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "pistis/store/v1/access_records.pb.h"

#include "engine/base/status_macros.h"
#include "engine/operations/api_keys.h"
#include "engine/operations/audit_log.h"
#include "engine/operations/prune_api_keys.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/key_parts.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::ApiKeyRecord;
using store::v1::AuditHeadRecord;
using store::v1::AuditRecord;

constexpr char kAudit = 'a';

// The keys that a log says were made, and revoked; not those that were
// forgotten since.
struct KeyActs {
  // And when, in microseconds.
  std::map<std::string, int64_t> made;
  std::set<std::string> revoked;
};

// What a checkpoint says of a log: its acts, and the hash of the last. Without
// a number one of the acts must have the hash.
struct SignedHead {
  int64_t acts = 0;
  std::string hash;
  bool is_seen = false;
};

// One log, its head first, then act by act.
class LogRecount {
 public:
  LogRecount(Recount& recount, const ProgramId& program,
             const std::string& secret, std::vector<SignedHead> signed_heads)
      : recount_(recount),
        program_(program),
        secret_(secret),
        name_(program.empty() ? "the server's audit log" : "audit log"),
        signed_heads_(std::move(signed_heads)) {}

  void Visit(absl::string_view rest, absl::string_view value) {
    if (rest.empty()) {
      head_ = recount_.Parse<AuditHeadRecord>(value, name_)
                  .value_or(AuditHeadRecord());
    } else if (rest.size() == kKeyNumberBytes) {
      VisitAct(ReadKeyNumber(rest), value);
    } else {
      FindMalformedKey(kAudit, rest, recount_);
    }
  }

  void End() {
    const Place place{"audit", name_};
    recount_.Expect(place, "acts", head_.acts(), last_);
    if (head_.hash() != hash_) {
      recount_.Find(place, "its head is not the hash of the last act");
    }
    for (const SignedHead& head : signed_heads_) {
      if (head.acts == 0 && !head.hash.empty() && !head.is_seen) {
        recount_.Find({"checkpoint", name_},
                      "has no act of the checkpoint's hash: its end was cut "
                      "off, or it was rewritten");
      }
      if (head.acts <= last_) continue;
      recount_.Find(
          {"checkpoint", ActName(head.acts)},
          absl::StrCat("lies beyond the end of the log, which is act ", last_,
                       ": its end was cut off"));
    }
  }

  [[nodiscard]] const KeyActs& keys() const { return keys_; }

 private:
  [[nodiscard]] std::string ActName(int64_t number) const {
    return absl::StrCat(name_, ", act ", number);
  }

  void CheckSignedHeads(int64_t number, const std::string& hash) {
    for (SignedHead& head : signed_heads_) {
      if (head.acts == 0 && head.hash == hash) head.is_seen = true;
      if (head.acts != number || head.hash == hash) continue;
      recount_.Find({"checkpoint", ActName(number)},
                    "has another hash than the checkpoint: it or what lies "
                    "before it was rewritten");
    }
  }

  void VisitAct(int64_t number, absl::string_view value) {
    const std::string where = ActName(number);
    const Place place{"audit", where};
    recount_.Expect(place, "number", number, last_ + 1);
    last_ = number;
    const auto act = recount_.Parse<AuditRecord>(value, where);
    if (!act) {
      hash_.clear();
      return;
    }
    if (act->hash() != ActHash(hash_, program_, number, *act)) {
      recount_.Find(place, "its hash is not that of it and those before");
    }
    hash_ = act->hash();
    CheckSignedHeads(number, hash_);
    if (program_.empty()) NoteKeyAct(place, *act);
  }

  void NoteKeyAct(const Place& place, const AuditRecord& act) {
    if (absl::EndsWith(act.method(), "/CreateApiKey")) {
      keys_.made.emplace(act.subject(), act.time_us());
    } else if (absl::EndsWith(act.method(), "/RevokeApiKey")) {
      keys_.revoked.insert(act.subject());
    } else if (absl::string_view(act.method()) == kForgetApiKey) {
      CheckForgotten(place, act);
      keys_.made.erase(act.subject());
      keys_.revoked.erase(act.subject());
    }
  }

  // The record is gone, and no act says when a key expires: that it had ended
  // long before is proved as far as its age goes, and by the server's word.
  void CheckForgotten(const Place& place, const AuditRecord& act) {
    if (act.request_hash() !=
        ForgetApiKeyMac(secret_, act.subject(), act.time_us())) {
      recount_.Find(place, "forgets a key, and is not what this server wrote");
    }
    const auto made = keys_.made.find(act.subject());
    if (made == keys_.made.end()) {
      recount_.Find(place,
                    "forgets a key that was made by no act before it, or "
                    "forgotten already");
    } else if (absl::FromUnixMicros(act.time_us()) -
                   absl::FromUnixMicros(made->second) <=
               kApiKeysKeptFor) {
      recount_.Find(
          place,
          "forgets a key that was made no more than 400 days before, so "
          "had not ended for that long");
    }
  }

  Recount& recount_;
  const ProgramId& program_;
  const std::string& secret_;
  const std::string name_;
  std::vector<SignedHead> signed_heads_;
  AuditHeadRecord head_;
  int64_t last_ = 0;
  std::string hash_;
  KeyActs keys_;
};

absl::Status VerifyApiKeys(const std::string& secret, KeyActs acts,
                           Recount& recount) {
  const size_t prefix = ApiKeyKey("").size();
  PISTIS_RETURN_IF_ERROR(recount.ScanKeys(
      {.stage = "API keys"}, ApiKeyKey(""), ApiKeysEnd(),
      [&](absl::string_view key, absl::string_view value) {
        const std::string id(key.substr(prefix));
        const std::string where = absl::StrCat("API key ", Printable(id));
        const Place place{"audit", where};
        const auto record = recount.Parse<ApiKeyRecord>(value, where);
        const bool was_revoked = acts.revoked.contains(id);
        if (acts.made.erase(id) == 0) {
          recount.Find(place, "was made by no act of the audit log");
        }
        if (!record) return absl::OkStatus();
        if (record->key_id() != id) {
          recount.Find(place, absl::StrCat("says it is ", record->key_id()));
        }
        if (record->seal() != SealOf(secret, *record)) {
          recount.Find(place, "is not what this server sealed");
        }
        if ((record->revoke_us() != 0) != was_revoked) {
          recount.Find(place, "is not revoked as the audit log says");
        }
        return absl::OkStatus();
      }));
  for (const auto& [lost, time_us] : acts.made) {
    recount.Find({"audit", absl::StrCat("API key ", lost)},
                 "was made, but is not there");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifyAudit(
    Recount& recount, const std::string& secret,
    absl::Span<const v1::LedgerCheckpoint* const> checkpoints) {
  std::vector<SignedHead> own;
  std::vector<SignedHead> servers;
  for (const v1::LedgerCheckpoint* checkpoint : checkpoints) {
    own.push_back({checkpoint->audit_acts(), checkpoint->audit_hash()});
    servers.push_back(
        {checkpoint->server_audit_acts(), checkpoint->server_audit_hash()});
  }
  LogRecount of_program(recount, recount.program(), secret, std::move(own));
  PISTIS_RETURN_IF_ERROR(
      recount.Scan({.letter = kAudit, .stage = "audit log"},
                   [&](absl::string_view rest, absl::string_view value) {
                     of_program.Visit(rest, value);
                     return absl::OkStatus();
                   }));
  of_program.End();
  const ProgramId server;
  const std::string begin = AuditHeadKey(server);
  std::string end = begin;
  end.back() = '\1';
  LogRecount of_server(recount, server, secret, std::move(servers));
  PISTIS_RETURN_IF_ERROR(
      recount.ScanKeys({.stage = "server's audit log"}, begin, end,
                       [&](absl::string_view key, absl::string_view value) {
                         of_server.Visit(key.substr(begin.size()), value);
                         return absl::OkStatus();
                       }));
  of_server.End();
  return VerifyApiKeys(secret, of_server.keys(), recount);
}

}  // namespace pistis
