// How a program's amounts and times are written.
#ifndef PISTIS_CLIENTS_CLI_PROGRAM_FACTS_H_
#define PISTIS_CLIENTS_CLI_PROGRAM_FACTS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

#include "pistis/v1/rulebook.pb.h"

#include "engine/base/decimal.h"

namespace pistis {

// A program's currency and clock. Value type.
struct ProgramFacts {
  std::string program_id;
  // An empty code where no rulebook says it: amounts are then written as whole
  // minor units.
  Currency currency{"", 0};
  absl::TimeZone zone = absl::UTCTimeZone();

  // "12.50".
  [[nodiscard]] std::string MoneyText(int64_t minor) const;
  // "2011-12-09 12:50" on the program's clock.
  [[nodiscard]] std::string TimeText(
      const google::protobuf::Timestamp& time) const;
  // "EUR", or "minor units".
  [[nodiscard]] std::string CurrencyText() const;
};

// The facts that `rulebook` states.
[[nodiscard]] ProgramFacts FactsOf(const v1::Rulebook& rulebook);

// A time as the API carries it, and back. Whole seconds.
[[nodiscard]] google::protobuf::Timestamp TimestampOf(absl::Time time);
[[nodiscard]] absl::Time TimeOf(const google::protobuf::Timestamp& timestamp);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_PROGRAM_FACTS_H_
