#include "engine/operations/issue_code.h"

#include "engine/codes/code.h"
#include "engine/operations/find_code.h"
#include "engine/order/order.h"
#include "engine/storage/code_keys.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {

IssuedCode IssueCode(const CodeOrder& order, const CodeTemplate& of) {
  const std::string code =
      DeriveCode(order.secret, order.program, order.source, of);
  IssuedCode issued;
  issued.hash = CodeKey(order.secret, order.program, code);
  store::v1::CodeRecord& record = issued.record;
  record.set_template_id(of.id);
  record.set_rulebook_version(order.rulebook_version);
  record.set_member_id(order.member.text());
  record.set_issued_us(absl::ToUnixMicros(order.at));
  record.set_uses(of.uses);
  record.set_last_symbols(LastSymbols(code));
  record.set_keeps_uses(of.keeps_uses);
  std::optional<absl::Time> expire = order.expire;
  if (!expire && of.lifetime) expire = order.at + *of.lifetime;
  if (expire) {
    record.set_expire_us(absl::ToUnixMicros(*expire));
    *issued.reply.mutable_expire_time() = ToTimestamp(*expire);
    *issued.event.mutable_expire_time() = ToTimestamp(*expire);
  }
  issued.reply.set_code(code);
  issued.reply.set_template_id(of.id);
  issued.event.set_template_id(of.id);
  issued.event.set_last_symbols(record.last_symbols());
  issued.event.set_code_id(CodeIdOf(issued.hash));
  return issued;
}

void PutIssued(const ProgramId& program, const IssuedCode& issued,
               Journal& journal) {
  const store::v1::CodeRecord& record = issued.record;
  PutRecord(CodeIndexKey(program, issued.hash), record, journal.writes());
  ListedCode listed{.list = CodeList::kTemplate,
                    .of = record.template_id(),
                    .issued = absl::FromUnixMicros(record.issued_us()),
                    .hash = issued.hash};
  journal.writes().Put(ListedCodeKey(program, listed), "");
  if (!record.member_id().empty()) {
    listed.list = CodeList::kMember;
    listed.of = record.member_id();
    journal.writes().Put(ListedCodeKey(program, listed), "");
  }
  journal.totals().set_codes_issued(journal.totals().codes_issued() + 1);
}

v1::CodeIssued& PostCode(const ProgramId& program, const IssuedCode& issued,
                         Journal& journal) {
  PutIssued(program, issued, journal);
  const store::v1::CodeRecord& record = issued.record;
  v1::CodeIssued& event =
      *journal
           .AddEvent(absl::FromUnixMicros(record.issued_us()),
                     MemberId(record.member_id()), record.rulebook_version())
           .mutable_code_issued();
  event = issued.event;
  return event;
}

}  // namespace pistis
