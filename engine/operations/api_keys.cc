#include "engine/operations/api_keys.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/paging.h"
#include "engine/operations/programs.h"
#include "engine/order/order.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::ApiKeyRecord;

constexpr size_t kMaxDisplayNameBytes = 256;
constexpr int kMaxPrograms = 100;
constexpr absl::string_view kListKeys = "ListApiKeys";
constexpr absl::string_view kListPrograms = "ListPrograms";

absl::Status CheckPrograms(const v1::ApiKey& key) {
  if (key.program_ids_size() > kMaxPrograms) {
    return RefuseField(
        "api_key.program_ids",
        absl::StrCat("has ", key.program_ids_size(), " entries; at most ",
                     kMaxPrograms, " are allowed"));
  }
  for (int i = 0; i < key.program_ids_size(); ++i) {
    PISTIS_RETURN_IF_ERROR(CheckId(absl::StrCat("api_key.program_ids[", i, "]"),
                                   key.program_ids(i)));
  }
  return absl::OkStatus();
}

// A till's key names its program and its store; nobody's but a till's or a
// checkout's names a store.
absl::Status CheckBinding(const v1::ApiKey& key) {
  const bool is_till = key.role() == v1::ROLE_TERMINAL;
  const bool sells = is_till || key.role() == v1::ROLE_CHECKOUT;
  if (sells && key.program_ids().empty()) {
    return RefuseField("api_key.program_ids",
                       "is empty; a key of a terminal or checkout names the "
                       "programs that it sells for");
  }
  if (is_till && key.store_id().empty()) {
    return RefuseField("api_key.store_id",
                       "is missing; a key of a terminal names its store");
  }
  if (!sells && !key.store_id().empty()) {
    return RefuseField("api_key.store_id",
                       "binds a key of a terminal or checkout alone");
  }
  if (key.store_id().empty() && !key.terminal_id().empty()) {
    return RefuseField("api_key.store_id",
                       "is missing; a terminal is one of a store");
  }
  if (!key.store_id().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckId("api_key.store_id", key.store_id()));
  }
  return key.terminal_id().empty()
             ? absl::OkStatus()
             : CheckId("api_key.terminal_id", key.terminal_id());
}

absl::Status CheckWanted(const v1::ApiKey& key) {
  if (!v1::Role_IsValid(key.role()) || key.role() == v1::ROLE_UNSPECIFIED) {
    return RefuseField("api_key.role",
                       "is none; ROLE_TERMINAL, ROLE_CHECKOUT, ROLE_CARE, "
                       "ROLE_ANALYST, ROLE_ADMIN or ROLE_OWNER is wanted");
  }
  PISTIS_RETURN_IF_ERROR(CheckPrograms(key));
  PISTIS_RETURN_IF_ERROR(CheckBinding(key));
  PISTIS_RETURN_IF_ERROR(CheckText("api_key.display_name", key.display_name(),
                                   kMaxDisplayNameBytes));
  if (!key.key_id().empty() || key.has_create_time() || key.has_revoke_time()) {
    return RefuseField("api_key",
                       "has key_id, create_time or revoke_time; the server "
                       "fills them in");
  }
  return absl::OkStatus();
}

// Nobody makes a key that may do more than they may.
absl::Status CheckReach(const Access& by, const v1::ApiKey& wanted) {
  if (wanted.program_ids().empty() && !by.reaches_all()) {
    return Refuse(Reason::kPermissionDenied,
                  "api_key.program_ids is empty, which is all programs; name "
                  "those that your own key names",
                  {{"field", "api_key.program_ids"}});
  }
  for (const std::string& program : wanted.program_ids()) {
    if (!by.Reaches(program)) return RefuseNotFound("program", program);
  }
  return absl::OkStatus();
}

// A key that may do more than `by` looks as one that is not there.
bool Covers(const Access& by, const ApiKeyRecord& key) {
  if (by.reaches_all()) return true;
  return !key.program_ids().empty() &&
         std::all_of(
             key.program_ids().begin(), key.program_ids().end(),
             [&](const std::string& program) { return by.Reaches(program); });
}

// Each caller has request ids of its own, and gets the replies to its own
// requests alone: nobody uses up another's ids, or learns which they used.
absl::StatusOr<RequestKeyParts> OwnRequest(const Reader& reader,
                                           const CommitContext& context,
                                           const RequestId& request,
                                           absl::string_view fingerprint) {
  RequestKeyParts parts = {
      .program = {},
      .request = RequestId(absl::StrCat(context.caller, " ", request.text())),
      .fingerprint = Sha256(absl::StrCat(fingerprint, context.caller))};
  // All callers' ids were one space once: a retry of what was answered then
  // still gets that answer.
  PISTIS_ASSIGN_OR_RETURN(const std::optional<store::v1::RequestRecord> shared,
                          GetRecord<store::v1::RequestRecord>(
                              reader, RequestKey(parts.program, request)));
  if (shared && shared->fingerprint() == parts.fingerprint) {
    parts.request = request;
  }
  return parts;
}

v1::ApiKey ToMessage(const ApiKeyRecord& record) {
  v1::ApiKey key;
  key.set_key_id(record.key_id());
  key.set_role(static_cast<v1::Role>(record.role()));
  *key.mutable_program_ids() = record.program_ids();
  key.set_store_id(record.store_id());
  key.set_terminal_id(record.terminal_id());
  key.set_display_name(record.display_name());
  *key.mutable_create_time() =
      ToTimestamp(absl::FromUnixMicros(record.create_us()));
  if (record.expire_us() != 0) {
    *key.mutable_expire_time() =
        ToTimestamp(absl::FromUnixMicros(record.expire_us()));
  }
  if (record.revoke_us() != 0) {
    *key.mutable_revoke_time() =
        ToTimestamp(absl::FromUnixMicros(record.revoke_us()));
  }
  return key;
}

void Put(absl::string_view secret, ApiKeyRecord record, WriteSet& writes) {
  record.set_seal(SealOf(secret, record));
  PutRecord(ApiKeyKey(record.key_id()), record, writes);
}

ApiKeyRecord RecordOf(const CreateApiKeyInput& input,
                      const CommitContext& context) {
  ApiKeyRecord record;
  record.set_key_id(input.key.key_id);
  record.set_hash(ApiKeyHash(input.key.text));
  record.set_role(input.wanted.role());
  *record.mutable_program_ids() = input.wanted.program_ids();
  record.set_store_id(input.wanted.store_id());
  record.set_terminal_id(input.wanted.terminal_id());
  record.set_display_name(input.wanted.display_name());
  record.set_create_us(absl::ToUnixMicros(context.now));
  if (input.expire) record.set_expire_us(absl::ToUnixMicros(*input.expire));
  record.set_caller(std::string(context.caller));
  return record;
}

absl::Status ScanApiKeys(const Reader& reader, absl::string_view begin,
                         absl::FunctionRef<Visit(const ApiKeyRecord&)> visit) {
  absl::Status problem;
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(begin, ApiKeysEnd(),
                  [&](absl::string_view /*key*/, absl::string_view value) {
                    ApiKeyRecord record;
                    if (!record.ParseFromArray(
                            value.data(), static_cast<int>(value.size()))) {
                      problem = RecordCorrupt("ApiKeyRecord");
                      return Visit::kStop;
                    }
                    return visit(record);
                  }));
  return problem;
}

absl::StatusOr<ApiKeyCounts> CountApiKeys(const Reader& reader, absl::Time now,
                                          const v1::ApiKey& wanted) {
  ApiKeyTally tally;
  PISTIS_RETURN_IF_ERROR(
      ForEachApiKey(reader, [&](const ApiKeyRecord& key) { tally.Put(key); }));
  return tally.At(now, wanted.program_ids());
}

absl::Status RefuseMoreThan(int most, absl::string_view what) {
  return Refuse(Reason::kLimitReached,
                absl::StrCat("there are ", most, " keys that ", what),
                {{"limit", "api_keys"}, {"most", absl::StrCat(most)}});
}

// The room of those who do not reach all programs ends before that of the
// server: they may name as many programs as they reach, and make keys that name
// fewer, so counts of programs alone would not leave any.
absl::Status CheckRoomOfSome(const ApiKeyCounts& counts) {
  constexpr absl::string_view kHowToGoOn =
      "make keys that last longer, use certificates, or ask an owner of all "
      "programs for more";
  if (counts.good >= kMostApiKeysForSomePrograms) {
    return RefuseMoreThan(
        kMostApiKeysForSomePrograms,
        "are good, and the rest is for those who reach all programs: revoke "
        "some, use certificates, or ask an owner of all programs for more");
  }
  if (counts.stored >= kMostStoredApiKeysForSomePrograms) {
    return RefuseMoreThan(
        kMostStoredApiKeysForSomePrograms,
        absl::StrCat("are kept, with those that ended in the last 400 days, "
                     "and the rest is for those who reach all programs; ",
                     kHowToGoOn));
  }
  if (counts.of_program >= kMostStoredApiKeysOfAProgram) {
    return RefuseMoreThan(
        kMostStoredApiKeysOfAProgram,
        absl::StrCat("name one of these programs, with those that ended in "
                     "the last 400 days; ",
                     kHowToGoOn));
  }
  return absl::OkStatus();
}

absl::Status CheckRoom(const ApiKeyCounts& counts, const Access& by) {
  if (counts.good >= kMostApiKeys) {
    return RefuseMoreThan(kMostApiKeys,
                          "are good, and no more may be: revoke some");
  }
  if (counts.stored >= kMostStoredApiKeys) {
    return RefuseMoreThan(
        kMostStoredApiKeys,
        "are kept, with those that ended in the last 400 days; make keys that "
        "last longer, or use certificates");
  }
  return by.reaches_all() ? absl::OkStatus() : CheckRoomOfSome(counts);
}

absl::StatusOr<DecidedReply<v1::CreateApiKeyResponse>> Make(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateApiKeyInput& input) {
  for (const std::string& program : input.wanted.program_ids()) {
    PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> known,
                            reader.Get(ProgramKey(ProgramId(program))));
    if (!known) return RefuseNotFound("program", program);
  }
  if (input.expire && *input.expire <= context.now) {
    return RefuseField("api_key.expire_time",
                       "is over; a time to come is wanted");
  }
  if (input.limit == KeyLimit::kHolds) {
    ApiKeyCounts counts = input.counts.value_or(ApiKeyCounts());
    if (!input.counts) {
      PISTIS_ASSIGN_OR_RETURN(counts,
                              CountApiKeys(reader, context.now, input.wanted));
    }
    PISTIS_RETURN_IF_ERROR(CheckRoom(counts, input.by));
  }
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> taken,
                          reader.Get(ApiKeyKey(input.key.key_id)));
  if (taken) {
    return Refuse(Reason::kAlreadyExists,
                  "the new key's id is taken by chance; ask again with "
                  "another request_id",
                  {{"kind", "api_key"}, {"id", input.key.key_id}});
  }
  const ApiKeyRecord record = RecordOf(input, context);
  v1::CreateApiKeyResponse reply;
  *reply.mutable_api_key() = ToMessage(record);
  DecidedReply<v1::CreateApiKeyResponse> decided{.reply = Encode(reply),
                                                 .writes = {}};
  Put(env.secret, record, decided.writes);
  return decided;
}

absl::StatusOr<DecidedReply<v1::ApiKey>> End(const OperationEnv& env,
                                             const Reader& reader,
                                             const CommitContext& context,
                                             const RevokeApiKeyInput& input) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<ApiKeyRecord> record,
      GetRecord<ApiKeyRecord>(reader, ApiKeyKey(input.key_id)));
  if (!record || !Covers(input.by, *record)) {
    return RefuseNotFound("api_key", input.key_id);
  }
  DecidedReply<v1::ApiKey> decided{.reply = Encode(v1::ApiKey()), .writes = {}};
  if (record->revoke_us() == 0) {
    const bool is_sealed = record->key_id() == input.key_id &&
                           record->seal() == SealOf(env.secret, *record);
    record->set_revoke_us(absl::ToUnixMicros(context.now));
    if (is_sealed) {
      Put(env.secret, *record, decided.writes);
    } else {
      // No seal is a wrong one. The old one might fit what is stored now.
      record->clear_seal();
      PutRecord(ApiKeyKey(input.key_id), *record, decided.writes);
    }
  }
  decided.reply = Encode(ToMessage(*record));
  return decided;
}

}  // namespace

absl::StatusOr<CreateApiKeyInput> ParseCreateApiKey(
    const v1::CreateApiKeyRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckWanted(request.api_key()));
  CreateApiKeyInput input{.request = RequestId(request.request_id()),
                          .fingerprint = FingerprintOf(request),
                          .wanted = request.api_key()};
  if (request.api_key().has_expire_time()) {
    PISTIS_ASSIGN_OR_RETURN(
        input.expire,
        ParsePastTime("api_key.expire_time", request.api_key().expire_time(),
                      absl::InfiniteFuture()));
  }
  return input;
}

absl::StatusOr<RevokeApiKeyInput> ParseRevokeApiKey(
    const v1::RevokeApiKeyRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("key_id", request.key_id()));
  return RevokeApiKeyInput{.request = RequestId(request.request_id()),
                           .fingerprint = FingerprintOf(request),
                           .key_id = request.key_id()};
}

absl::StatusOr<DecidedReply<v1::CreateApiKeyResponse>> CreateApiKey(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateApiKeyInput& input) {
  PISTIS_RETURN_IF_ERROR(CheckReach(input.by, input.wanted));
  PISTIS_ASSIGN_OR_RETURN(
      const RequestKeyParts request,
      OwnRequest(reader, context, input.request, input.fingerprint));
  return Once<v1::CreateApiKeyResponse>(reader, context, request, [&] {
    return Make(env, reader, context, input);
  });
}

absl::StatusOr<DecidedReply<v1::ApiKey>> RevokeApiKey(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RevokeApiKeyInput& input) {
  PISTIS_ASSIGN_OR_RETURN(
      const RequestKeyParts request,
      OwnRequest(reader, context, input.request, input.fingerprint));
  return Once<v1::ApiKey>(reader, context, request,
                          [&] { return End(env, reader, context, input); });
}

absl::StatusOr<v1::ListApiKeysResponse> ListApiKeys(
    const QueryContext& context, const v1::ListApiKeysRequest& request,
    const Access& by) {
  PISTIS_ASSIGN_OR_RETURN(const int size, ParsePageSize(request.page_size()));
  PISTIS_ASSIGN_OR_RETURN(const std::string after,
                          ParseNamePageToken(kListKeys, request.page_token()));
  v1::ListApiKeysResponse reply;
  // A page reads from its first key to its last, and not all keys.
  const std::string begin =
      after.empty() ? ApiKeyKey("") : ApiKeyKey(after) + '\0';
  PISTIS_RETURN_IF_ERROR(
      ScanApiKeys(context.reader, begin, [&](const ApiKeyRecord& key) {
        if (!Covers(by, key)) return Visit::kContinue;
        if (reply.api_keys_size() == size) {
          reply.set_next_page_token(
              NamePageToken(kListKeys, reply.api_keys().rbegin()->key_id()));
          return Visit::kStop;
        }
        *reply.add_api_keys() = ToMessage(key);
        return Visit::kContinue;
      }));
  return reply;
}

absl::StatusOr<v1::ListProgramsResponse> ListPrograms(
    const QueryContext& context, const v1::ListProgramsRequest& request,
    const Access& by) {
  PISTIS_ASSIGN_OR_RETURN(const int size, ParsePageSize(request.page_size()));
  PISTIS_ASSIGN_OR_RETURN(
      const std::string after,
      ParseNamePageToken(kListPrograms, request.page_token()));
  v1::ListProgramsResponse reply;
  absl::Status problem;
  const std::string begin =
      after.empty() ? ProgramsBegin() : ProgramKey(ProgramId(after)) + '\0';
  PISTIS_RETURN_IF_ERROR(context.reader.Scan(
      begin, ProgramsEnd(),
      [&](absl::string_view /*key*/, absl::string_view value) {
        store::v1::ProgramRecord record;
        if (!record.ParseFromArray(value.data(),
                                   static_cast<int>(value.size()))) {
          problem = RecordCorrupt("ProgramRecord");
          return Visit::kStop;
        }
        if (!by.Reaches(record.program_id())) return Visit::kContinue;
        if (reply.programs_size() == size) {
          reply.set_next_page_token(NamePageToken(
              kListPrograms, reply.programs().rbegin()->program_id()));
          return Visit::kStop;
        }
        *reply.add_programs() = ToMessage(record);
        return Visit::kContinue;
      }));
  if (!problem.ok()) return problem;
  return reply;
}

absl::Status ForEachApiKey(const Reader& reader,
                           absl::FunctionRef<void(const ApiKeyRecord&)> visit) {
  return ScanApiKeys(reader, ApiKeyKey(""), [&](const ApiKeyRecord& record) {
    visit(record);
    return Visit::kContinue;
  });
}

Access AccessOf(const ApiKeyRecord& record) {
  return {
      .role = static_cast<v1::Role>(record.role()),
      .programs = {record.program_ids().begin(), record.program_ids().end()},
      .store_id = record.store_id(),
      .terminal_id = record.terminal_id()};
}

std::string SealOf(absl::string_view secret, ApiKeyRecord record) {
  record.clear_seal();
  return HmacSha256(secret, record.SerializeAsString());
}

}  // namespace pistis
