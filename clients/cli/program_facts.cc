#include "clients/cli/program_facts.h"

#include "absl/strings/str_cat.h"

namespace pistis {

std::string ProgramFacts::MoneyText(int64_t minor) const {
  return FormatMoney(Money(minor), currency);
}

std::string ProgramFacts::TimeText(
    const google::protobuf::Timestamp& time) const {
  return absl::FormatTime("%Y-%m-%d %H:%M", TimeOf(time), zone);
}

std::string ProgramFacts::CurrencyText() const {
  return currency.code.empty() ? "minor units" : currency.code;
}

ProgramFacts FactsOf(const v1::Rulebook& rulebook) {
  ProgramFacts facts;
  facts.program_id = rulebook.program();
  if (const auto currency = FindCurrency(rulebook.currency())) {
    facts.currency = *currency;
  }
  absl::TimeZone zone;
  if (absl::LoadTimeZone(rulebook.time_zone(), &zone)) facts.zone = zone;
  return facts;
}

google::protobuf::Timestamp TimestampOf(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  return timestamp;
}

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds());
}

}  // namespace pistis
