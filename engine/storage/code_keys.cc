#include "engine/storage/code_keys.h"

#include "absl/strings/str_cat.h"

#include "engine/storage/key_parts.h"

namespace pistis {
namespace {

constexpr char kLists = 'G';
constexpr char kBatches = 'g';
constexpr absl::string_view kTemplate = "template";
constexpr absl::string_view kMember = "member";
constexpr size_t kHashBytes = 16;

absl::string_view NameOf(CodeList list) {
  switch (list) {
    case CodeList::kTemplate:
      return kTemplate;
    case CodeList::kMember:
      return kMember;
  }
  return "";
}

std::optional<absl::string_view> TakeKeyText(absl::string_view& rest) {
  const size_t zero = rest.find('\0');
  if (zero == absl::string_view::npos) return std::nullopt;
  const absl::string_view text = rest.substr(0, zero);
  rest.remove_prefix(zero + 1);
  return text;
}

}  // namespace

std::string CodeListPrefix(const ProgramId& program, CodeList list,
                           absl::string_view of) {
  std::string key = TableKey(kLists, program, NameOf(list));
  AppendKeyText(of, key);
  return key;
}

std::string ListedCodeKey(const ProgramId& program, const ListedCode& code) {
  std::string key = CodeListPrefix(program, code.list, code.of);
  AppendKeyNumber(absl::ToUnixMicros(code.issued), key);
  return absl::StrCat(key, code.hash);
}

std::optional<ListedCode> ParseListedCode(absl::string_view rest) {
  const auto list = TakeKeyText(rest);
  if (!list || (*list != kTemplate && *list != kMember)) return std::nullopt;
  const auto of = TakeKeyText(rest);
  if (!of || rest.size() != kKeyNumberBytes + kHashBytes) return std::nullopt;
  return ListedCode{
      .list = *list == kMember ? CodeList::kMember : CodeList::kTemplate,
      .of = std::string(*of),
      .issued = absl::FromUnixMicros(ReadKeyNumber(rest)),
      .hash = std::string(rest.substr(kKeyNumberBytes))};
}

std::string CodeBatchKey(const ProgramId& program, const RequestId& batch) {
  return TableKey(kBatches, program, batch.text());
}

}  // namespace pistis
