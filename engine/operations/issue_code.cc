#include "engine/operations/issue_code.h"

#include "engine/codes/code.h"
#include "engine/order/order.h"

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
  if (of.lifetime) {
    const absl::Time expire = order.at + *of.lifetime;
    record.set_expire_us(absl::ToUnixMicros(expire));
    *issued.reply.mutable_expire_time() = ToTimestamp(expire);
    *issued.event.mutable_expire_time() = ToTimestamp(expire);
  }
  issued.reply.set_code(code);
  issued.reply.set_template_id(of.id);
  issued.event.set_template_id(of.id);
  issued.event.set_last_symbols(record.last_symbols());
  return issued;
}

}  // namespace pistis
