#include "engine/operations/audit_log.h"

#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/paging.h"
#include "engine/order/order.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/key_parts.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::AuditHeadRecord;
using store::v1::AuditRecord;

constexpr size_t kHashBytes = 32;
constexpr absl::string_view kMethod = "ListAuditLog";

v1::AuditedAct ToMessage(int64_t number, const AuditRecord& record) {
  v1::AuditedAct act;
  act.set_number(number);
  *act.mutable_time() = ToTimestamp(absl::FromUnixMicros(record.time_us()));
  act.set_caller(record.caller());
  act.set_role(static_cast<v1::Role>(record.role()));
  act.set_method(record.method());
  act.set_subject(record.subject());
  act.set_commit_seq(record.commit_seq());
  return act;
}

absl::Status CheckProgram(const Reader& reader, const std::string& program) {
  if (program.empty()) return absl::OkStatus();
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", program));
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> known,
                          reader.Get(ProgramKey(ProgramId(program))));
  return known ? absl::OkStatus() : RefuseNotFound("program", program);
}

}  // namespace

std::string ActHash(absl::string_view previous, const ProgramId& program,
                    int64_t number, AuditRecord record) {
  record.clear_hash();
  std::string bytes =
      previous.empty() ? std::string(kHashBytes, '\0') : std::string(previous);
  AppendKeyText(program.text(), bytes);
  AppendKeyNumber(number, bytes);
  record.AppendToString(&bytes);
  return Sha256(bytes);
}

absl::Status RecordAct(const Reader& reader, const CommitContext& context,
                       const Act& act, WriteSet& writes) {
  const std::string head_key = AuditHeadKey(act.program);
  PISTIS_ASSIGN_OR_RETURN(const std::optional<AuditHeadRecord> known,
                          GetRecord<AuditHeadRecord>(reader, head_key));
  AuditHeadRecord head = known.value_or(AuditHeadRecord());
  head.set_acts(head.acts() + 1);
  AuditRecord record;
  record.set_time_us(absl::ToUnixMicros(context.now));
  record.set_caller(std::string(context.caller));
  record.set_role(act.role);
  record.set_method(act.method);
  record.set_request_hash(act.request_hash);
  record.set_commit_seq(context.commit_seq);
  record.set_subject(act.subject);
  record.set_hash(ActHash(head.hash(), act.program, head.acts(), record));
  head.set_hash(record.hash());
  PutRecord(AuditKey(act.program, head.acts()), record, writes);
  PutRecord(head_key, head, writes);
  return absl::OkStatus();
}

absl::StatusOr<v1::ListAuditLogResponse> ListAuditLog(
    const QueryContext& context, const v1::ListAuditLogRequest& request) {
  PISTIS_ASSIGN_OR_RETURN(const int size, ParsePageSize(request.page_size()));
  PISTIS_ASSIGN_OR_RETURN(const int64_t before,
                          ParsePageToken(kMethod, request.page_token()));
  PISTIS_RETURN_IF_ERROR(CheckProgram(context.reader, request.program_id()));
  const ProgramId program(request.program_id());
  const int64_t end =
      before == 0 ? std::numeric_limits<int64_t>::max() : before;
  v1::ListAuditLogResponse reply;
  absl::Status problem;
  PISTIS_RETURN_IF_ERROR(context.reader.ScanBackward(
      AuditKey(program, 1), AuditKey(program, end),
      [&](absl::string_view key, absl::string_view value) {
        if (reply.acts_size() == size) {
          reply.set_next_page_token(
              PageToken(kMethod, reply.acts().rbegin()->number()));
          return Visit::kStop;
        }
        AuditRecord record;
        if (!record.ParseFromArray(value.data(),
                                   static_cast<int>(value.size()))) {
          problem = RecordCorrupt("AuditRecord");
          return Visit::kStop;
        }
        *reply.add_acts() = ToMessage(TrailingNumber(key), record);
        return Visit::kContinue;
      }));
  if (!problem.ok()) return problem;
  return reply;
}

}  // namespace pistis
