// A shop's keys and audit logs, for tests, as the server commits them.
#ifndef PISTIS_ENGINE_OPERATIONS_ACCESS_SHOP_TEST_H_
#define PISTIS_ENGINE_OPERATIONS_ACCESS_SHOP_TEST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/digest.h"
#include "engine/operations/api_keys.h"
#include "engine/operations/audit_log.h"
#include "engine/operations/testing.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {

// What an owner does. The store, the shop and the clock outlive it.
class OwnerDesk {
 public:
  OwnerDesk(Store& store, const TestShop& shop) : store_(store), shop_(shop) {}

  // What the owner reaches; all programs at first.
  Access by = {.role = v1::ROLE_OWNER};
  std::string caller = "key OWNER";
  KeyLimit limit = KeyLimit::kHolds;
  // Nothing: all keys are looked through.
  std::optional<ApiKeyCounts> counts = {};

  // The key made last.
  [[nodiscard]] const ApiKeyText& key() const { return key_; }

  absl::StatusOr<v1::CreateApiKeyResponse> Make(
      const v1::CreateApiKeyRequest& request) {
    absl::StatusOr<CreateApiKeyInput> input =
        ParseCreateApiKey(request, shop_.Now());
    if (!input.ok()) return input.status();
    input->by = by;
    input->limit = limit;
    input->counts = counts;
    // Other bits for each key, and the same in every run.
    key_ = MakeApiKeyText(Sha256(absl::StrCat("key ", ++keys_)));
    input->key = key_;
    return Run<v1::CreateApiKeyResponse>("CreateApiKey", key_.key_id,
                                         &CreateApiKey, *input);
  }

  absl::StatusOr<v1::ApiKey> Revoke(const v1::RevokeApiKeyRequest& request) {
    absl::StatusOr<RevokeApiKeyInput> input =
        ParseRevokeApiKey(request, shop_.Now());
    if (!input.ok()) return input.status();
    input->by = by;
    return Run<v1::ApiKey>("RevokeApiKey", request.key_id(), &RevokeApiKey,
                           *input);
  }

  // An act of the program.
  absl::Status Do(const std::string& method, const std::string& subject) {
    WriteSet writes;
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    const CommitContext context = NextCommit(*snapshot);
    const Act act{.program = ProgramId(kShop),
                  .role = v1::ROLE_ADMIN,
                  .method = method,
                  .request_hash = Sha256(subject),
                  .subject = subject};
    const absl::Status recorded = RecordAct(*snapshot, context, act, writes);
    return recorded.ok() ? Commit(context, std::move(writes)) : recorded;
  }

 private:
  CommitContext NextCommit(const Reader& reader) const {
    const auto last =
        GetExpectedRecord<store::v1::SequenceRecord>(reader, SequenceKey());
    EXPECT_TRUE(last.ok()) << last.status();
    return {.commit_seq = last->commit_seq() + 1,
            .now = shop_.Now(),
            .caller = caller};
  }

  absl::Status Commit(const CommitContext& context, WriteSet writes) {
    store::v1::SequenceRecord sequence;
    sequence.set_commit_seq(context.commit_seq);
    PutRecord(SequenceKey(), sequence, writes);
    const std::unique_ptr<Txn> txn = store_.Begin();
    writes.ApplyTo(*txn);
    return txn->Commit();
  }

  template <typename Reply, typename Operation, typename Input>
  absl::StatusOr<Reply> Run(const std::string& method,
                            const std::string& subject, Operation operation,
                            const Input& input) {
    const std::unique_ptr<Snapshot> snapshot = store_.GetSnapshot();
    const CommitContext context = NextCommit(*snapshot);
    auto decided = operation(shop_.env(), *snapshot, context, input);
    if (!decided.ok()) return decided.status();
    if (decided->reply.ok() && !decided->writes.empty()) {
      const absl::Status recorded =
          RecordAct(*snapshot, context,
                    {.role = by.role,
                     .method = absl::StrCat("AdminService/", method),
                     .subject = subject},
                    decided->writes);
      if (!recorded.ok()) return recorded;
    }
    if (!decided->writes.empty()) {
      const absl::Status committed =
          Commit(context, std::move(decided->writes));
      if (!committed.ok()) return committed;
    }
    if (!decided->reply.ok()) return decided->reply.status();
    Reply reply;
    EXPECT_TRUE(reply.ParseFromString(decided->reply->bytes));
    return reply;
  }

  Store& store_;
  const TestShop& shop_;
  ApiKeyText key_;
  int keys_ = 0;
};

inline v1::CreateApiKeyRequest KeyRequest(absl::string_view request_id,
                                          v1::Role role) {
  v1::CreateApiKeyRequest request;
  request.set_request_id(std::string(request_id));
  request.mutable_api_key()->set_role(role);
  request.mutable_api_key()->add_program_ids(std::string(kShop));
  if (role == v1::ROLE_TERMINAL) {
    request.mutable_api_key()->set_store_id("athens");
  }
  return request;
}

inline v1::RevokeApiKeyRequest RevokeRequest(absl::string_view request_id,
                                             absl::string_view key_id) {
  v1::RevokeApiKeyRequest request;
  request.set_request_id(std::string(request_id));
  request.set_key_id(std::string(key_id));
  return request;
}

// Keys, one of them revoked, and acts.
inline void KeepKeys(OwnerDesk desk) {
  EXPECT_TRUE(desk.Make(KeyRequest("k1", v1::ROLE_TERMINAL)).ok());
  EXPECT_TRUE(desk.Make(KeyRequest("k2", v1::ROLE_ADMIN)).ok());
  EXPECT_TRUE(desk.Revoke(RevokeRequest("k3", desk.key().key_id)).ok());
  EXPECT_TRUE(desk.Do("RulebookService/PublishRulebook", "2").ok());
  EXPECT_TRUE(desk.Do("LedgerService/AdjustPoints", "ann").ok());
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ACCESS_SHOP_TEST_H_
