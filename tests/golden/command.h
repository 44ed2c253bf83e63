// The commands of a trace, from text to requests.
#ifndef PISTIS_TESTS_GOLDEN_COMMAND_H_
#define PISTIS_TESTS_GOLDEN_COMMAND_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/member_service.pb.h"

#include "engine/base/decimal.h"

namespace pistis::golden {

// Where a trace takes place.
struct Place {
  Currency currency{"EUR", 2};
  absl::TimeZone zone;
};

// The program of every trace.
inline constexpr absl::string_view kProgram = "shop";

// A command: its name, then plain words and key=value options in their order.
struct Command {
  std::string name;
  std::vector<std::string> words;
  std::vector<std::pair<std::string, std::string>> options;

  // The value of an option, or nothing said: "".
  [[nodiscard]] std::string Option(absl::string_view key) const;
};

// InvalidArgument where a quote or a bracket stays open.
absl::StatusOr<Command> ParseCommand(absl::string_view text);

// "2026-01-10", "2026-01-10 10:05" or with T between, in the place's zone.
absl::StatusOr<absl::Time> ParseTraceTime(absl::string_view text,
                                          const Place& place);

// "card:4711" as an identifier.
absl::StatusOr<v1::Identifier> ParseIdentifier(absl::string_view text);

// Codes by the name that traces give them: "o1/thank-you-10".
using IssuedCodes = std::map<std::string, std::string>;

// The order of "commit o1 m1 12.50 3*4.00[cost=2.00] code=o1/thank-you-10"
// once its first `skip` words are gone: member, lines and options.
absl::StatusOr<v1::Order> OrderFrom(const Command& command, size_t skip,
                                    const Place& place,
                                    const IssuedCodes& codes);
absl::StatusOr<v1::RefundOrderRequest> RefundFrom(const Command& command,
                                                  const Place& place);
absl::StatusOr<v1::UpdateMemberRequest> UpdateFrom(const Command& command);
absl::StatusOr<v1::CreateMemberRequest> MemberFrom(const Command& command,
                                                   const Place& place);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_COMMAND_H_
