#include "engine/operations/verify_codes.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/codes/code.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr size_t kHashBytes = 16;

std::string CodeName(absl::string_view hash) {
  return absl::StrCat("code ", absl::BytesToHexString(hash));
}

// What a code was issued as, whichever side tells it.
int64_t DigestOfIssue(const store::v1::CodeRecord& code) {
  store::v1::CodeRecord issued = code;
  issued.clear_used();
  issued.clear_uses();
  return DigestOf(issued.SerializeAsString());
}

absl::Status CheckUses(const store::v1::CodeRecord& code,
                       absl::string_view where, RulebookCache& rulebooks,
                       Recount& recount) {
  if (code.used() < 0 || code.used() > code.uses()) {
    recount.Find({"order", where}, absl::StrCat("was used ", code.used(),
                                                " of ", code.uses(), " times"));
  }
  const auto rulebook = rulebooks.Get(recount.reader(), recount.program(),
                                      code.rulebook_version());
  if (!rulebook.ok() && ReasonOf(rulebook.status()) != Reason::kRecordCorrupt) {
    return rulebook.status();
  }
  const CodeTemplate* of =
      rulebook.ok() ? (*rulebook)->FindCode(code.template_id()) : nullptr;
  if (of == nullptr) {
    recount.Find({"order", where}, "the rulebook that issued it has no such");
  } else {
    recount.Expect({"order", where}, "uses", code.uses(), of->uses);
  }
  return absl::OkStatus();
}

}  // namespace

void CountIssued(absl::string_view hash, const store::v1::CodeRecord& code,
                 Recount& recount) {
  recount.tally().Count(Book::kCodeIssued, CodeName(hash), DigestOfIssue(code));
}

absl::Status TellUsedCodes(const store::v1::OrderRecord& order,
                           Recount& recount) {
  for (const std::string& hash : order.codes_used()) {
    const std::string name = CodeName(hash);
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<std::string> code,
        recount.reader().Get(CodeIndexKey(recount.program(), hash)));
    if (!code) {
      recount.Find({"order", name}, "was used by an order, but is not there");
    }
    if (order.refunded().whole()) continue;
    recount.tally().Count(Book::kCodeUses, name, 1);
  }
  return absl::OkStatus();
}

absl::Status TellCodes(const AnsweredOrder& of, const std::string& secret,
                       Recount& recount) {
  PISTIS_RETURN_IF_ERROR(TellUsedCodes(of.order, recount));
  for (const v1::IssuedCode& issued : of.reply.issued_codes()) {
    store::v1::CodeRecord code;
    code.set_template_id(issued.template_id());
    code.set_rulebook_version(of.order.rulebook_version());
    code.set_member_id(of.order.member_id());
    code.set_issued_us(of.order.effective_us());
    code.set_expire_us(issued.has_expire_time() ? MicrosOf(issued.expire_time())
                                                : 0);
    code.set_last_symbols(LastSymbols(issued.code()));
    CountIssued(CodeKey(secret, recount.program(), issued.code()), code,
                recount);
  }
  return absl::OkStatus();
}

absl::Status VerifyCodes(Recount& recount,
                         const store::v1::TotalsRecord& totals) {
  RulebookCache rulebooks;
  return recount.Scan(
      {.letter = 'C', .stage = "codes", .of = totals.codes_issued()},
      [&](absl::string_view rest, absl::string_view value) {
        if (rest.size() != kHashBytes) {
          FindMalformedKey('C', rest, recount);
          return absl::OkStatus();
        }
        const std::string where = CodeName(rest);
        const auto code = recount.Parse<store::v1::CodeRecord>(value, where);
        if (!code) return absl::OkStatus();
        recount.CountTotal("codes_issued", 1);
        recount.CountTotal("codes_used", code->used());
        recount.tally().Claim(Book::kCodeUses, where, code->used());
        recount.tally().Claim(Book::kCodeIssued, where, DigestOfIssue(*code));
        return CheckUses(*code, where, rulebooks, recount);
      });
}

}  // namespace pistis
