#include "engine/operations/verify_codes.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "pistis/store/v1/code_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/codes/code.h"
#include "engine/operations/code_batches.h"
#include "engine/operations/find_code.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/storage/code_keys.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

using store::v1::CodeBatchRecord;
using store::v1::CodeRecord;

constexpr size_t kCodeHashBytes = 16;
constexpr size_t kFingerprintBytes = 32;

std::string CodeName(absl::string_view hash) {
  return absl::StrCat("code ", CodeIdOf(hash));
}

std::string BatchName(absl::string_view batch) {
  return absl::StrCat("batch ", batch);
}

// What a code was issued as, whichever side tells it; what its template says is
// looked at by itself.
int64_t DigestOfIssue(const CodeRecord& code) {
  CodeRecord issued = code;
  issued.clear_used();
  issued.clear_uses();
  issued.clear_keeps_uses();
  issued.clear_void_reason();
  return DigestOf(issued.SerializeAsString());
}

// Null where the rulebook cannot be read.
absl::StatusOr<std::shared_ptr<const Rulebook>> RulebookOf(
    int64_t version, RulebookCache& rulebooks, const Recount& recount) {
  auto rulebook = rulebooks.Get(recount.reader(), recount.program(), version);
  if (ReasonOf(rulebook.status()) == Reason::kRecordCorrupt) return nullptr;
  return rulebook;
}

std::optional<CodeRecord> StoredCode(absl::string_view hash,
                                     const std::optional<std::string>& bytes,
                                     Recount& recount) {
  CodeRecord code;
  if (!bytes) {
    recount.Find({"order", CodeName(hash)},
                 "was used by an order, but is not there");
  } else if (code.ParseFromString(*bytes)) {
    return code;
  }
  return std::nullopt;
}

// True where the use of a code stayed used when its order came back.
absl::StatusOr<bool> IsKept(const std::string& hash, const AnsweredOrder& of,
                            const std::string& secret, Recount& recount) {
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<std::string> bytes,
      recount.reader().Get(CodeIndexKey(recount.program(), hash)));
  const std::optional<CodeRecord> code = StoredCode(hash, bytes, recount);
  if (!code || !code->is_word()) return code && code->keeps_uses();
  RulebookCache rulebooks;
  PISTIS_ASSIGN_OR_RETURN(
      const std::shared_ptr<const Rulebook> of_sale,
      RulebookOf(of.order.rulebook_version(), rulebooks, recount));
  if (of_sale == nullptr) return false;
  return KeepsUse(*code, WordUnder(*of_sale, secret, recount.program(), hash));
}

// All codes, one after another.
class CodesRecount {
 public:
  CodesRecount(Recount& recount, const std::string& secret)
      : recount_(recount), secret_(secret) {}

  absl::Status Visit(absl::string_view hash, absl::string_view value) {
    const std::string where = CodeName(hash);
    const auto code = recount_.Parse<CodeRecord>(value, where);
    if (!code) return absl::OkStatus();
    Tally& tally = recount_.tally();
    recount_.CountTotal("codes_used", code->used());
    tally.Claim(Book::kCodeUses, where, code->used());
    if (!code->void_reason().empty()) {
      recount_.CountTotal("codes_voided", 1);
      tally.Claim(Book::kCodeVoids, where, DigestOf(code->void_reason()));
    }
    if (code->is_word()) return CheckWord(hash, *code);
    recount_.CountTotal("codes_issued", 1);
    tally.Claim(Book::kCodeIssued, where, DigestOfIssue(*code));
    CountLists(hash, *code);
    return CheckIssued(where, *code);
  }

  absl::Status VisitBatch(absl::string_view id, absl::string_view value,
                          int64_t most) {
    const std::string where = BatchName(id);
    const auto batch = recount_.Parse<CodeBatchRecord>(value, where);
    if (!batch) return absl::OkStatus();
    recount_.tally().Claim(Book::kCodeBatches, where, batch->issued());
    PISTIS_ASSIGN_OR_RETURN(
        const std::shared_ptr<const Rulebook> rulebook,
        RulebookOf(batch->rulebook_version(), rulebooks_, recount_));
    const CodeTemplate* of =
        rulebook ? rulebook->FindCode(batch->template_id()) : nullptr;
    const bool is_sound =
        of != nullptr && !of->is_word() &&
        batch->fingerprint().size() == kFingerprintBytes &&
        batch->issued() >= 1 && batch->issued() <= batch->count() &&
        batch->count() <= kMostCodesOfBatch && batch->issued() <= most;
    if (!is_sound) {
      recount_.Find({"order", where}, "is no batch that can be");
      return absl::OkStatus();
    }
    const BatchOfCodes codes{.secret = secret_,
                             .program = recount_.program(),
                             .id = RequestId(id),
                             .of = *of,
                             .record = *batch};
    for (int64_t number = 1; number <= batch->issued(); ++number) {
      const IssuedCode issued = CodeOfBatch(codes, number);
      CountIssued(issued.hash, issued.record, recount_);
    }
    return absl::OkStatus();
  }

 private:
  void CountLists(absl::string_view hash, const CodeRecord& code) {
    ListedCode listed{.list = CodeList::kTemplate,
                      .of = code.template_id(),
                      .issued = absl::FromUnixMicros(code.issued_us()),
                      .hash = std::string(hash)};
    Count(listed);
    if (code.member_id().empty()) return;
    listed.list = CodeList::kMember;
    listed.of = code.member_id();
    Count(listed);
  }

  void Count(const ListedCode& listed) {
    const std::string key = ListedCodeKey(recount_.program(), listed);
    const size_t program = TablePrefix('G', recount_.program()).size();
    recount_.tally().Count(Book::kCodeLists, Printable(key.substr(program)), 1);
  }

  absl::Status CheckIssued(const std::string& where, const CodeRecord& code) {
    if (code.used() < 0 || code.used() > code.uses()) {
      recount_.Find({"order", where},
                    absl::StrCat("was used ", code.used(), " of ", code.uses(),
                                 " times"));
    }
    PISTIS_ASSIGN_OR_RETURN(
        const std::shared_ptr<const Rulebook> rulebook,
        RulebookOf(code.rulebook_version(), rulebooks_, recount_));
    const CodeTemplate* of =
        rulebook ? rulebook->FindCode(code.template_id()) : nullptr;
    if (of == nullptr) {
      recount_.Find({"order", where},
                    "the rulebook that issued it has no such");
      return absl::OkStatus();
    }
    recount_.Expect({"order", where}, "uses", code.uses(), of->uses);
    recount_.Expect({"order", where}, "whether it keeps its uses",
                    code.keeps_uses() ? 1 : 0, of->keeps_uses ? 1 : 0);
    return absl::OkStatus();
  }

  // Nothing but what a word has, and that of a word that there was.
  absl::Status CheckWord(absl::string_view hash, const CodeRecord& code) {
    PISTIS_RETURN_IF_ERROR(LoadWords());
    CodeRecord kept;
    kept.set_is_word(true);
    kept.set_used(code.used());
    kept.set_template_id(code.template_id());
    kept.set_last_symbols(code.last_symbols());
    kept.set_void_reason(code.void_reason());
    const bool is_known = words_[std::string(hash)].count(
                              {code.template_id(), code.last_symbols()}) > 0;
    if (code.used() < 0 || !is_known ||
        kept.SerializeAsString() != code.SerializeAsString()) {
      recount_.Find({"order", CodeName(hash)},
                    "is no word that a rulebook has");
    }
    return absl::OkStatus();
  }

  absl::Status LoadWords() {
    if (std::exchange(has_words_, true)) return absl::OkStatus();
    for (int64_t version = 1;; ++version) {
      PISTIS_ASSIGN_OR_RETURN(
          const std::optional<std::string> stored,
          recount_.reader().Get(RulebookKey(recount_.program(), version)));
      if (!stored) return absl::OkStatus();
      PISTIS_ASSIGN_OR_RETURN(const std::shared_ptr<const Rulebook> rulebook,
                              RulebookOf(version, rulebooks_, recount_));
      if (rulebook == nullptr) continue;
      for (const CodeTemplate& of : rulebook->codes) {
        if (!of.is_word()) continue;
        words_[CodeKey(secret_, recount_.program(), of.word)].insert(
            {of.id, LastSymbols(of.word)});
      }
    }
  }

  Recount& recount_;
  const std::string& secret_;
  RulebookCache rulebooks_;
  bool has_words_ = false;
  // By index key: the templates and last symbols that a word had.
  std::map<std::string, std::set<std::pair<std::string, std::string>>> words_;
};

absl::Status VerifyLists(Recount& recount) {
  return recount.Scan({.letter = 'G', .stage = "lists of codes"},
                      [&](absl::string_view rest, absl::string_view value) {
                        if (ParseListedCode(rest) && value.empty()) {
                          recount.tally().Claim(Book::kCodeLists,
                                                Printable(rest), 1);
                        } else {
                          FindMalformedKey('G', rest, recount);
                        }
                        return absl::OkStatus();
                      });
}

}  // namespace

void CountIssued(absl::string_view hash, const CodeRecord& code,
                 Recount& recount) {
  recount.tally().Count(Book::kCodeIssued, CodeName(hash), DigestOfIssue(code));
}

absl::Status TellUsedCodes(const store::v1::OrderRecord& order,
                           Recount& recount) {
  for (const std::string& hash : order.codes_used()) {
    PISTIS_ASSIGN_OR_RETURN(
        const std::optional<std::string> code,
        recount.reader().Get(CodeIndexKey(recount.program(), hash)));
    static_cast<void>(StoredCode(hash, code, recount));
    recount.tally().Count(Book::kCodeUses, CodeName(hash), 1);
  }
  return absl::OkStatus();
}

absl::Status TellCodes(const AnsweredOrder& of, const std::string& secret,
                       Recount& recount) {
  int64_t returned = 0;
  if (!of.order.refunded().whole()) {
    PISTIS_RETURN_IF_ERROR(TellUsedCodes(of.order, recount));
  } else {
    for (const std::string& hash : of.order.codes_used()) {
      PISTIS_ASSIGN_OR_RETURN(const bool is_kept,
                              IsKept(hash, of, secret, recount));
      if (is_kept) recount.tally().Count(Book::kCodeUses, CodeName(hash), 1);
      if (!is_kept) ++returned;
    }
  }
  recount.tally().Claim(Book::kEventsBesideOrder,
                        BesideOrderName(of.id, BesideOrder::kCodesReturned),
                        returned);
  for (const v1::IssuedCode& issued : of.reply.issued_codes()) {
    CodeRecord code;
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

void CountCodeEvent(const v1::Event& event, Recount& recount) {
  if (event.has_codes_issued()) {
    recount.tally().Count(Book::kCodeBatches,
                          BatchName(event.codes_issued().batch()),
                          event.codes_issued().codes());
  } else if (event.has_code_voided()) {
    recount.tally().Count(Book::kCodeVoids,
                          CodeName(HashOfCodeId(event.code_voided().code_id())),
                          DigestOf(event.code_voided().reason()));
  }
  const v1::CodeIssued& issued = event.code_issued();
  if (!event.has_code_issued() || !issued.order_id().empty() ||
      issued.occasion() != 0) {
    return;
  }
  CodeRecord code;
  code.set_template_id(issued.template_id());
  code.set_rulebook_version(event.rulebook_version());
  code.set_member_id(event.member_id());
  code.set_issued_us(MicrosOf(event.effective_time()));
  code.set_expire_us(issued.has_expire_time() ? MicrosOf(issued.expire_time())
                                              : 0);
  code.set_last_symbols(issued.last_symbols());
  CountIssued(HashOfCodeId(issued.code_id()), code, recount);
}

absl::Status VerifyCodes(Recount& recount,
                         const store::v1::TotalsRecord& totals,
                         const std::string& secret) {
  CodesRecount codes(recount, secret);
  PISTIS_RETURN_IF_ERROR(recount.Scan(
      {.letter = 'C', .stage = "codes", .of = totals.codes_issued()},
      [&](absl::string_view rest, absl::string_view value) {
        if (rest.size() == kCodeHashBytes) return codes.Visit(rest, value);
        FindMalformedKey('C', rest, recount);
        return absl::OkStatus();
      }));
  PISTIS_RETURN_IF_ERROR(recount.Scan(
      {.letter = 'g', .stage = "batches of codes"},
      [&](absl::string_view rest, absl::string_view value) {
        const std::optional<NamedRest> key = SplitName(rest);
        if (key && key->after.empty()) {
          return codes.VisitBatch(key->name, value, totals.codes_issued());
        }
        FindMalformedKey('g', rest, recount);
        return absl::OkStatus();
      }));
  return VerifyLists(recount);
}

}  // namespace pistis
