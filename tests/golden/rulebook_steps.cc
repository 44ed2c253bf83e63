#include "tests/golden/rulebook_steps.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

#include "engine/base/status_macros.h"
#include "engine/operations/queries.h"
#include "engine/order/order.h"

namespace pistis::golden {
namespace {

template <typename Request>
absl::Status SetStart(const Command& command, const Place& place,
                      Request& request) {
  const std::string start = command.Option("start");
  if (start.empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(const absl::Time time, ParseTraceTime(start, place));
  *request.mutable_start_time() = ToTimestamp(time);
  return absl::OkStatus();
}

absl::string_view StateName(v1::PublishedRulebook::State state) {
  if (state == v1::PublishedRulebook::SCHEDULED) return ", scheduled";
  if (state == v1::PublishedRulebook::IN_FORCE) return ", in force";
  return state == v1::PublishedRulebook::SUPERSEDED ? ", superseded" : "";
}

// "version 3 from 2026-02-01 00:00, in force, back to 1 \"oops\"".
std::string VersionText(const v1::PublishedRulebook& version,
                        const Place& place) {
  std::string text = absl::StrCat(
      "version ", version.version(), " from ",
      absl::FormatTime("%Y-%m-%d %H:%M",
                       absl::FromUnixSeconds(version.start_time().seconds()),
                       place.zone),
      StateName(version.state()));
  if (version.restores_version() != 0) {
    absl::StrAppend(&text, ", back to ", version.restores_version());
  }
  if (!version.comment().empty()) {
    absl::StrAppend(&text, ", \"", version.comment(), "\"");
  }
  return text;
}

absl::StatusOr<Wording> Rollback(const Command& command, const Place& place,
                                 TestShop& shop) {
  v1::RollbackRulebookRequest request;
  request.set_program_id(std::string(kProgram));
  int64_t version = 0;
  if (command.words.size() != 1 ||
      !absl::SimpleAtoi(command.words[0], &version)) {
    return absl::InvalidArgumentError("rollback VERSION reason=");
  }
  request.set_version(version);
  request.set_reason(command.Option("reason"));
  const std::string id = command.Option("request");
  request.set_request_id(id.empty() ? absl::StrCat("rollback-", version) : id);
  PISTIS_RETURN_IF_ERROR(SetStart(command, place, request));
  const Contents before = shop.AllButRequests();
  const auto reply = shop.Rollback(request);
  if (!reply.ok()) {
    EXPECT_EQ(shop.AllButRequests(), before);
    return Wording{Refusal(reply.status())};
  }
  return Wording{
      absl::StrCat(shop.last_one_wrote() ? "" : "the first reply again: ",
                   VersionText(*reply, place))};
}

absl::StatusOr<Wording> List(const Place& place, const TestShop& shop) {
  v1::ListRulebooksRequest request;
  request.set_program_id(std::string(kProgram));
  PISTIS_ASSIGN_OR_RETURN(const v1::ListRulebooksResponse page,
                          shop.Ask(ListRulebooks, request));
  Wording wording;
  for (const v1::PublishedRulebook& version : page.rulebooks())
    wording.push_back(VersionText(version, place));
  return wording;
}

}  // namespace

absl::Status PublishText(const RulebookText& rulebook, const Place& place,
                         int number, TestShop& shop) {
  PISTIS_ASSIGN_OR_RETURN(
      const Command options,
      ParseCommand(absl::StrCat("rulebook ", rulebook.options)));
  v1::PublishRulebookRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_request_id(absl::StrCat("publish-", number));
  request.set_comment(options.Option("comment"));
  PISTIS_RETURN_IF_ERROR(SetStart(options, place, request));
  request.set_yaml(absl::StrCat("program: ", kProgram,
                                "\ncurrency: ", place.currency.code,
                                "\ntime_zone: ", place.zone.name(), "\n",
                                absl::StrJoin(rulebook.lines, "\n"), "\n"));
  return shop.Publish(request).status();
}

bool IsRulebookStep(const Command& command) {
  return command.name == "rulebooks" || command.name == "rollback";
}

absl::StatusOr<Wording> RunRulebookStep(const Command& command,
                                        const Place& place, TestShop& shop) {
  return command.name == "rollback" ? Rollback(command, place, shop)
                                    : List(place, shop);
}

}  // namespace pistis::golden
