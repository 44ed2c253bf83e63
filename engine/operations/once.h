// One request_id, one effect.
#ifndef PISTIS_ENGINE_OPERATIONS_ONCE_H_
#define PISTIS_ENGINE_OPERATIONS_ONCE_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/fingerprint.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/store.h"

namespace pistis {

// Which request it is.
struct RequestKeyParts {
  // Empty for requests that are not about a program that exists.
  ProgramId program;
  RequestId request;
  std::string fingerprint;
};

// A reply that repeats who somebody is, and what they said: who that is stands
// beside it, so that it can be taken out when the member is erased.
template <typename Reply>
concept PersonalReply = requires(const Reply& reply) {
  reply.member_id();
  reply.display_name();
}
|| requires(const Reply& reply) {
  reply.member_id();
  reply.words();
};

// Whom a reply repeats personal data of; empty: of nobody.
template <typename Reply>
[[nodiscard]] std::string PersonIn(const Encoded<Reply>& encoded) {
  Reply reply;
  if constexpr (PersonalReply<Reply>) {
    return reply.ParseFromString(encoded.bytes) ? reply.member_id() : "";
  } else if constexpr (requires { reply.case_().words(); }) {
    return reply.ParseFromString(encoded.bytes) ? reply.case_().member_id()
                                                : "";
  } else {
    return "";
  }
}

// Runs `decide` unless the request is known: then the first answer again, a
// refusal too, or REQUEST_ID_REUSED where the content differs. What `decide`
// answers is remembered with its writes. Failures that are no refusals of the
// request (no Reason, RECORD_CORRUPT, RATE_LIMITED) are not remembered.
template <typename Reply, typename Decide>
absl::StatusOr<DecidedReply<Reply>> Once(const Reader& reader,
                                         const CommitContext& context,
                                         const RequestKeyParts& request,
                                         Decide decide) {
  const std::string key = RequestKey(request.program, request.request);
  PISTIS_ASSIGN_OR_RETURN(const std::optional<store::v1::RequestRecord> known,
                          GetRecord<store::v1::RequestRecord>(reader, key));
  if (known) {
    if (known->refusal().empty()) {
      return FirstReply<Reply>(known->fingerprint(), request.fingerprint,
                               known->reply(), "request_id");
    }
    if (known->fingerprint() != request.fingerprint) {
      return RefuseReuse("request_id");
    }
    return ParseRefusal(known->refusal());
  }
  absl::StatusOr<DecidedReply<Reply>> decided = decide();
  store::v1::RequestRecord record;
  record.set_fingerprint(request.fingerprint);
  record.set_answered_us(absl::ToUnixMicros(context.now));
  if (decided.ok()) {
    record.set_reply(decided->reply->bytes);
    record.set_member_id(PersonIn(*decided->reply));
    PutRecord(key, record, decided->writes);
    return decided;
  }
  const std::optional<Reason> reason = ReasonOf(decided.status());
  if (!reason || *reason == Reason::kRecordCorrupt ||
      *reason == Reason::kRateLimited) {
    return decided;
  }
  record.set_refusal(SerializeRefusal(decided.status()));
  DecidedReply<Reply> refused{.reply = decided.status(), .writes = {}};
  PutRecord(key, record, refused.writes);
  return refused;
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ONCE_H_
