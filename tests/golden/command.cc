#include "tests/golden/command.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "engine/base/status_macros.h"
#include "engine/order/order.h"

namespace pistis::golden {
namespace {

absl::Status Wrong(absl::string_view what, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", text));
}

// Words between spaces; quotes and brackets keep spaces together, quotes go.
absl::StatusOr<std::vector<std::string>> WordsOf(absl::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool bracketed = false;
  for (const char symbol : text) {
    if (symbol == '"' && !bracketed) {
      quoted = !quoted;
      continue;
    }
    bracketed = symbol == '[' || (bracketed && symbol != ']');
    if (symbol != ' ' || quoted || bracketed) {
      word.push_back(symbol);
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, ""));
    }
  }
  if (quoted || bracketed) return Wrong("not closed", text);
  if (!word.empty()) words.push_back(word);
  return words;
}

absl::StatusOr<int64_t> ParseCount(absl::string_view text) {
  int64_t count = 0;
  if (!absl::SimpleAtoi(text, &count)) return Wrong("no number", text);
  return count;
}

absl::StatusOr<int64_t> ParseMinor(absl::string_view text, const Place& place) {
  PISTIS_ASSIGN_OR_RETURN(const Money money, ParseMoney(text, place.currency));
  return money.value();
}

// "cost=2.00 cat=drinks/tea" of a line.
absl::Status ReadLineFacts(absl::string_view text, const Place& place,
                           v1::OrderLine& line) {
  PISTIS_ASSIGN_OR_RETURN(const Command facts,
                          ParseCommand(absl::StrCat("line ", text)));
  for (const auto& [key, value] : facts.options) {
    if (key == "sku") {
      line.set_sku(value);
    } else if (key == "cat") {
      line.set_category(value);
    } else if (key == "tag") {
      line.add_tags(value);
    } else if (key == "id") {
      line.set_line_id(value);
    } else if (key == "cost") {
      PISTIS_ASSIGN_OR_RETURN(const int64_t cost, ParseMinor(value, place));
      line.set_cost_minor(cost);
    } else if (key == "tax") {
      PISTIS_ASSIGN_OR_RETURN(const int64_t tax, ParseMinor(value, place));
      line.set_tax_minor(tax);
    } else {
      return Wrong("no fact of a line", key);
    }
  }
  return absl::OkStatus();
}

// "12.50", "3*4.00" (three units at 4.00) and facts in brackets.
absl::Status AddLine(absl::string_view text, const Place& place,
                     v1::Order& order) {
  v1::OrderLine& line = *order.add_lines();
  line.set_line_id(absl::StrCat("l", order.lines_size()));
  line.set_quantity(1);
  const size_t bracket = text.find('[');
  if (bracket != absl::string_view::npos) {
    absl::string_view facts = text.substr(bracket + 1);
    absl::ConsumeSuffix(&facts, "]");
    PISTIS_RETURN_IF_ERROR(ReadLineFacts(facts, place, line));
    text = text.substr(0, bracket);
  }
  const std::vector<absl::string_view> factors = absl::StrSplit(text, '*');
  if (factors.size() > 2) return Wrong("no line", text);
  if (factors.size() == 2) {
    PISTIS_ASSIGN_OR_RETURN(const int64_t quantity, ParseCount(factors[0]));
    line.set_quantity(quantity);
  }
  PISTIS_ASSIGN_OR_RETURN(const int64_t each,
                          ParseMinor(factors.back(), place));
  line.set_amount_minor(each * line.quantity());
  return absl::OkStatus();
}

absl::Status AddRedemption(absl::string_view text, v1::Order& order) {
  if (text == "all") {
    order.mutable_redeem()->set_all(true);
    return absl::OkStatus();
  }
  PISTIS_ASSIGN_OR_RETURN(const int64_t points, ParseCount(text));
  order.mutable_redeem()->set_points(points);
  return absl::OkStatus();
}

absl::Status AddOption(absl::string_view key, const std::string& value,
                       const Place& place, v1::Order& order) {
  if (key == "redeem") return AddRedemption(value, order);
  if (key == "channel") {
    order.set_channel(value);
  } else if (key == "store") {
    order.set_store_id(value);
  } else if (key == "currency") {
    order.set_currency(value);
  } else if (key == "shipping") {
    PISTIS_ASSIGN_OR_RETURN(const int64_t shipping, ParseMinor(value, place));
    order.set_shipping_minor(shipping);
  } else if (key == "placed") {
    PISTIS_ASSIGN_OR_RETURN(const absl::Time placed,
                            ParseTraceTime(value, place));
    *order.mutable_placed_time() = ToTimestamp(placed);
  } else if (absl::ConsumePrefix(&key, "attr.")) {
    (*order.mutable_attributes())[std::string(key)] = value;
  } else {
    return Wrong("no option of an order", key);
  }
  return absl::OkStatus();
}

// Sets what the option is about; returns its field, or nothing where it is none
// of a profile. An attribute without a value is left out.
std::string SetProfile(const std::string& key, const std::string& value,
                       v1::Member& member) {
  if (key == "name") {
    member.set_display_name(value);
    return "display_name";
  }
  if (key == "lang") {
    member.set_language(value);
    return "language";
  }
  if (key == "birthday") {
    member.set_birthday(value);
    return "birthday";
  }
  if (key == "state") {
    member.set_state(value == "suspended" ? v1::Member::SUSPENDED
                                          : v1::Member::ACTIVE);
    return key;
  }
  if (key == "zone") {
    member.set_time_zone(value);
    return "time_zone";
  }
  if (key == "agrees" || key == "declines") {
    for (const absl::string_view channel : absl::StrSplit(value, ','))
      (*member.mutable_consents())[std::string(channel)] = key == "agrees";
    return "consents";
  }
  absl::string_view attribute = key;
  if (absl::ConsumePrefix(&attribute, "to.")) {
    (*member.mutable_addresses())[std::string(attribute)] = value;
    return "addresses";
  }
  if (!absl::ConsumePrefix(&attribute, "attr.")) return "";
  if (!value.empty()) {
    (*member.mutable_attributes())[std::string(attribute)] = value;
  }
  return absl::StrCat("attributes.", attribute);
}

}  // namespace

std::string Command::Option(absl::string_view key) const {
  for (const auto& [name, value] : options) {
    if (name == key) return value;
  }
  return "";
}

absl::StatusOr<Command> ParseCommand(absl::string_view text) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> words, WordsOf(text));
  Command command;
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (command.name.empty()) {
      command.name = word;
    } else if (equals == std::string::npos || word.find('[') < equals) {
      command.words.push_back(word);
    } else {
      command.options.emplace_back(word.substr(0, equals),
                                   word.substr(equals + 1));
    }
  }
  return command;
}

absl::StatusOr<absl::Time> ParseTraceTime(absl::string_view text,
                                          const Place& place) {
  const std::string spaced = absl::StrReplaceAll(text, {{"T", " "}});
  absl::Time time;
  std::string error;
  for (const absl::string_view format :
       {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, spaced, place.zone, &time, &error)) return time;
  }
  return Wrong("no time", text);
}

absl::StatusOr<v1::Identifier> ParseIdentifier(absl::string_view text) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  v1::Identifier identifier;
  identifier.set_kind(parts.first);
  identifier.set_value(parts.second);
  return identifier;
}

absl::StatusOr<v1::Order> OrderFrom(const Command& command, size_t skip,
                                    const Place& place,
                                    const IssuedCodes& codes) {
  v1::Order order;
  if (command.words.size() <= skip) {
    return Wrong("who buys? a member, kind:value or anonymous", command.name);
  }
  const std::string& who = command.words[skip];
  if (absl::StrContains(who, ":")) {
    PISTIS_ASSIGN_OR_RETURN(*order.mutable_identifier(), ParseIdentifier(who));
  } else if (who != "anonymous") {
    order.set_member_id(who);
  }
  for (size_t i = skip + 1; i < command.words.size(); ++i) {
    PISTIS_RETURN_IF_ERROR(AddLine(command.words[i], place, order));
  }
  for (const auto& [key, value] : command.options) {
    if (key == "code") {
      const auto issued = codes.find(value);
      order.add_codes(issued == codes.end() ? value : issued->second);
    } else {
      PISTIS_RETURN_IF_ERROR(AddOption(key, value, place, order));
    }
  }
  return order;
}

absl::StatusOr<v1::RefundOrderRequest> RefundFrom(const Command& command,
                                                  const Place& place) {
  if (command.words.size() != 2) return Wrong("refund ORDER REFUND", "");
  v1::RefundOrderRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_order_id(command.words[0]);
  request.set_refund_id(command.words[1]);
  for (const auto& [key, value] : command.options) {
    if (key == "placed") {
      PISTIS_ASSIGN_OR_RETURN(const absl::Time placed,
                              ParseTraceTime(value, place));
      *request.mutable_placed_time() = ToTimestamp(placed);
      continue;
    }
    v1::RefundLine& line = *request.add_lines();
    line.set_line_id(key);
    absl::string_view amount = value;
    if (absl::ConsumeSuffix(&amount, place.currency.code)) {
      PISTIS_ASSIGN_OR_RETURN(const int64_t minor, ParseMinor(amount, place));
      line.set_amount_minor(minor);
    } else {
      PISTIS_ASSIGN_OR_RETURN(const int64_t quantity, ParseCount(value));
      line.set_quantity(quantity);
    }
  }
  return request;
}

absl::StatusOr<v1::UpdateMemberRequest> UpdateFrom(const Command& command) {
  if (command.words.size() != 1) return Wrong("update ID", "");
  v1::UpdateMemberRequest request;
  request.set_program_id(std::string(kProgram));
  v1::Member& member = *request.mutable_member();
  member.set_member_id(command.words[0]);
  for (const auto& [key, value] : command.options) {
    const std::string field = SetProfile(key, value, member);
    if (!field.empty()) {
      request.add_update_fields(field);
    } else if (key == "request") {
      request.set_request_id(value);
    } else if (key == "etag") {
      member.set_etag(value);
    } else {
      return Wrong("option of update", key);
    }
  }
  return request;
}

absl::StatusOr<v1::CreateMemberRequest> MemberFrom(const Command& command,
                                                   const Place& place) {
  if (command.words.size() != 1) return Wrong("member ID", "");
  v1::CreateMemberRequest request;
  request.set_program_id(std::string(kProgram));
  request.set_request_id(absl::StrCat("enrol-", command.words[0]));
  v1::Member& member = *request.mutable_member();
  member.set_member_id(command.words[0]);
  for (const auto& [key, value] : command.options) {
    if (!SetProfile(key, value, member).empty()) continue;
    if (key == "request") {
      request.set_request_id(value);
    } else if (key == "joined") {
      PISTIS_ASSIGN_OR_RETURN(const absl::Time joined,
                              ParseTraceTime(value, place));
      *member.mutable_joined_time() = ToTimestamp(joined);
    } else if (key == "referral") {
      request.set_referral_code(value);
    } else {
      v1::Identifier& identifier = *member.add_identifiers();
      identifier.set_kind(key);
      identifier.set_value(value);
    }
  }
  return request;
}

}  // namespace pistis::golden
