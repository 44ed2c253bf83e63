#include "engine/storage/care_keys.h"

#include "engine/storage/key_parts.h"

namespace pistis {
namespace {

constexpr absl::CivilDay kFirstDay(1, 1, 1);
// No year of a record lies beyond.
constexpr int64_t kMostDays = absl::CivilDay(10'000, 1, 1) - kFirstDay;

std::string CaseAtKey(std::string key, const CaseAt& of) {
  AppendKeyNumber(absl::ToUnixMicros(of.time), key);
  if (!of.id.empty()) AppendKeyText(of.id.text(), key);
  return key;
}

// A text that ends with the bytes, all but its zero; nothing where that is not
// the only one.
std::optional<absl::string_view> LastText(absl::string_view bytes) {
  const size_t zero = bytes.find('\0');
  if (zero == absl::string_view::npos || zero + 1 != bytes.size()) {
    return std::nullopt;
  }
  return bytes.substr(0, zero);
}

}  // namespace

std::string CaseKey(const ProgramId& program, const CaseId& id) {
  return TableKey('k', program, id.text());
}

std::string CaseTimeKey(const ProgramId& program, const CaseAt& of) {
  return CaseAtKey(TableKey('j', program, ""), of);
}

std::string MemberCaseKey(const ProgramId& program, const MemberId& member,
                          const CaseAt& of) {
  return CaseAtKey(TableKey('i', program, member.text()), of);
}

std::string CaseDueKey(const ProgramId& program, const CaseAt& of) {
  return CaseAtKey(TableKey('f', program, ""), of);
}

std::optional<CaseAt> ParseCaseAt(absl::string_view rest) {
  if (rest.size() <= kKeyNumberBytes) return std::nullopt;
  const auto id = LastText(rest.substr(kKeyNumberBytes));
  if (!id || id->empty()) return std::nullopt;
  return CaseAt{.time = absl::FromUnixMicros(ReadKeyNumber(rest)),
                .id = CaseId(*id)};
}

std::string CareStandingKey(const ProgramId& program, const MemberId& member) {
  return TableKey('h', program, member.text());
}

std::string ComplaintWeekKey(const ProgramId& program,
                             const ComplaintWeek& week) {
  std::string key = NumberedKey('w', program, week.by, week.week - kFirstDay);
  AppendKeyText(week.value, key);
  return key;
}

std::optional<ComplaintWeek> ParseComplaintWeek(absl::string_view rest) {
  const size_t zero = rest.find('\0');
  if (zero == absl::string_view::npos || zero == 0 ||
      rest.size() <= zero + 1 + kKeyNumberBytes) {
    return std::nullopt;
  }
  const absl::string_view after = rest.substr(zero + 1);
  const int64_t day = ReadKeyNumber(after);
  const auto value = LastText(after.substr(kKeyNumberBytes));
  if (!value || day < 0 || day >= kMostDays) return std::nullopt;
  return ComplaintWeek{.by = std::string(rest.substr(0, zero)),
                       .week = kFirstDay + day,
                       .value = std::string(*value)};
}

}  // namespace pistis
