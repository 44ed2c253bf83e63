#include "engine/order/order.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/stubs/common.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

constexpr int kMaxTags = 32;
constexpr int kMaxAttributes = 64;
constexpr size_t kMaxTagBytes = 64;
constexpr size_t kMaxAttributeKeyBytes = 64;
constexpr size_t kMaxAttributeValueBytes = 256;
constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxChannelBytes = 64;
constexpr size_t kMaxCategoryBytes = 256;
constexpr size_t kMaxCodeBytes = 64;
constexpr int kNanosPerSecond = 1'000'000'000;
constexpr int64_t kMicrosPerSecond = 1'000'000;
// The first second of the year 10000, where protobuf's timestamps end.
constexpr int64_t kEndOfTime = 253'402'300'800;

absl::StatusOr<Money> ParseMoneyField(absl::string_view field, int64_t minor) {
  if (minor < 0) {
    return RefuseField(
        field, absl::StrCat("is ", minor, "; an amount is never negative"));
  }
  if (Money(minor) > kMaxLineMoney) {
    return RefuseField(
        field, absl::StrCat("is ", minor, "; at most ", kMaxLineMoney.value(),
                            " minor units are allowed"));
  }
  return Money(minor);
}

// Names of a line's fields. Putting one together takes longer than checking the
// field, and only refusals need whole ones.
struct ShortNames {
  absl::string_view operator()(absl::string_view field) const { return field; }
};
struct WholeNames {
  int line;
  std::string operator()(absl::string_view field) const {
    return absl::StrCat("order.lines[", line, "].", field);
  }
};

template <typename Names>
absl::Status CheckArticle(const Names& name, const v1::OrderLine& line) {
  PISTIS_RETURN_IF_ERROR(CheckId(name("line_id"), line.line_id()));
  PISTIS_RETURN_IF_ERROR(CheckText(name("sku"), line.sku(), kMaxNameBytes));
  PISTIS_RETURN_IF_ERROR(
      CheckText(name("category"), line.category(), kMaxCategoryBytes));
  if (line.tags_size() > kMaxTags) {
    return RefuseField(name("tags"),
                       absl::StrCat("has ", line.tags_size(), " tags; at most ",
                                    kMaxTags, " are allowed"));
  }
  for (const std::string& tag : line.tags()) {
    PISTIS_RETURN_IF_ERROR(CheckText(name("tags"), tag, kMaxTagBytes));
  }
  if (line.quantity() < 1 || line.quantity() > kMaxLineQuantity) {
    return RefuseField(name("quantity"),
                       absl::StrCat("is ", line.quantity(), "; 1 to ",
                                    kMaxLineQuantity, " are allowed"));
  }
  return absl::OkStatus();
}

template <typename Names>
absl::StatusOr<OrderLine> ParseLine(const Names& name,
                                    const v1::OrderLine& line) {
  PISTIS_RETURN_IF_ERROR(CheckArticle(name, line));
  OrderLine parsed{.line_id = line.line_id(),
                   .sku = line.sku(),
                   .category = line.category(),
                   .tags = {line.tags().begin(), line.tags().end()},
                   .quantity = line.quantity()};
  PISTIS_ASSIGN_OR_RETURN(parsed.amount, ParseMoneyField(name("amount_minor"),
                                                         line.amount_minor()));
  PISTIS_ASSIGN_OR_RETURN(parsed.tax,
                          ParseMoneyField(name("tax_minor"), line.tax_minor()));
  if (line.has_cost_minor()) {
    PISTIS_ASSIGN_OR_RETURN(
        parsed.cost, ParseMoneyField(name("cost_minor"), line.cost_minor()));
  }
  PISTIS_ASSIGN_OR_RETURN(
      parsed.attributes,
      ParseAttributes(name("attributes"), line.attributes()));
  return parsed;
}

absl::StatusOr<std::vector<OrderLine>> ParseLines(const v1::Order& order) {
  if (order.lines().empty() || order.lines_size() > kMaxOrderLines) {
    return RefuseField("order.lines",
                       absl::StrCat("has ", order.lines_size(), " lines; 1 to ",
                                    kMaxOrderLines, " are allowed"));
  }
  std::vector<OrderLine> lines;
  lines.reserve(static_cast<size_t>(order.lines_size()));
  absl::flat_hash_set<absl::string_view> seen;
  Money subtotal;
  for (int i = 0; i < order.lines_size(); ++i) {
    absl::StatusOr<OrderLine> line = ParseLine(ShortNames(), order.lines(i));
    const WholeNames name{i};
    if (!line.ok()) return ParseLine(name, order.lines(i)).status();
    if (!seen.insert(order.lines(i).line_id()).second) {
      return RefuseField(name("line_id"),
                         absl::StrCat("\"", line->line_id,
                                      "\" names an earlier line too; each line "
                                      "needs its own"));
    }
    subtotal += line->amount;
    lines.push_back(*std::move(line));
  }
  if (subtotal > kMaxOrderMoney) {
    return RefuseField(
        "order.lines",
        absl::StrCat("come to ", subtotal.value(), "; an order of at most ",
                     kMaxOrderMoney.value(), " minor units is allowed"));
  }
  return lines;
}

absl::Status CheckBuyer(const v1::Order& order) {
  if (!order.member_id().empty() && order.has_identifier()) {
    return RefuseField("order.identifier",
                       "is set beside member_id; set at most one");
  }
  if (order.member_id().empty()) return absl::OkStatus();
  return CheckId("order.member_id", order.member_id());
}

absl::StatusOr<std::optional<RedeemRequest>> ParseRedeem(
    const v1::Order& order) {
  if (!order.has_redeem()) return std::nullopt;
  if (order.member_id().empty() && !order.has_identifier()) {
    return RefuseField("order.redeem", "needs a member to take points from");
  }
  switch (order.redeem().amount_case()) {
    case v1::Redeem::kPoints: {
      const Points points(order.redeem().points());
      if (points.is_positive() && points <= kMaxCommandPoints) {
        return RedeemRequest{points};
      }
      return RefuseField(
          "order.redeem.points",
          absl::StrCat("is ", points.value(), "; 1 to ",
                       kMaxCommandPoints.value(), " are allowed"));
    }
    case v1::Redeem::kAll:
      if (order.redeem().all()) return RedeemRequest{};
      return RefuseField("order.redeem.all",
                         "is false; leave redeem out to redeem nothing");
    case v1::Redeem::AMOUNT_NOT_SET:
      break;
  }
  return RefuseField("order.redeem", "needs points or all");
}

absl::StatusOr<std::vector<std::string>> ParseCodes(const v1::Order& order) {
  if (order.codes_size() > kMaxOrderCodes) {
    return RefuseField(
        "order.codes",
        absl::StrCat("has ", order.codes_size(), " codes; at most ",
                     kMaxOrderCodes, " are allowed"));
  }
  for (int i = 0; i < order.codes_size(); ++i) {
    const std::string field = absl::StrCat("order.codes[", i, "]");
    PISTIS_RETURN_IF_ERROR(CheckText(field, order.codes(i), kMaxCodeBytes));
    if (order.codes(i).empty()) return RefuseField(field, "is empty");
  }
  return std::vector<std::string>(order.codes().begin(), order.codes().end());
}

absl::Status CheckNames(const v1::Order& order, OrderUse use) {
  if (use == OrderUse::kCommit || !order.order_id().empty()) {
    PISTIS_RETURN_IF_ERROR(CheckId("order.order_id", order.order_id()));
  }
  PISTIS_RETURN_IF_ERROR(
      CheckText("order.currency", order.currency(), kMaxTagBytes));
  PISTIS_RETURN_IF_ERROR(CheckBuyer(order));
  PISTIS_RETURN_IF_ERROR(
      CheckText("order.channel", order.channel(), kMaxChannelBytes));
  PISTIS_RETURN_IF_ERROR(
      CheckText("order.store_id", order.store_id(), kMaxNameBytes));
  PISTIS_RETURN_IF_ERROR(
      CheckText("order.terminal_id", order.terminal_id(), kMaxNameBytes));
  // Keys of stored sums end texts with it.
  for (const absl::string_view field : {"store_id", "terminal_id"}) {
    const std::string& text =
        field == "store_id" ? order.store_id() : order.terminal_id();
    if (text.find('\0') != std::string::npos) {
      return RefuseField(absl::StrCat("order.", field),
                         "holds a zero byte; leave it out");
    }
  }
  return absl::OkStatus();
}

}  // namespace

Money Order::Subtotal() const {
  Money subtotal;
  for (const OrderLine& line : lines)
    subtotal += line.amount;
  return subtotal;
}

absl::StatusOr<Order> ParseOrder(const v1::Order& order, OrderUse use,
                                 absl::Time now) {
  PISTIS_RETURN_IF_ERROR(CheckNames(order, use));
  Order parsed;
  parsed.order_id = OrderId(order.order_id());
  parsed.channel = order.channel();
  parsed.store_id = order.store_id();
  parsed.terminal_id = order.terminal_id();
  parsed.currency = order.currency();
  if (order.has_placed_time()) {
    PISTIS_ASSIGN_OR_RETURN(
        parsed.placed,
        ParsePastTime("order.placed_time", order.placed_time(), now));
  }
  PISTIS_ASSIGN_OR_RETURN(parsed.lines, ParseLines(order));
  parsed.member_id = MemberId(order.member_id());
  if (order.has_identifier()) parsed.identifier = order.identifier();
  PISTIS_ASSIGN_OR_RETURN(parsed.redeem, ParseRedeem(order));
  PISTIS_ASSIGN_OR_RETURN(parsed.codes, ParseCodes(order));
  PISTIS_ASSIGN_OR_RETURN(
      parsed.shipping,
      ParseMoneyField("order.shipping_minor", order.shipping_minor()));
  PISTIS_ASSIGN_OR_RETURN(
      parsed.attributes,
      ParseAttributes("order.attributes", order.attributes()));
  return parsed;
}

absl::Status CheckId(absl::string_view field, absl::string_view text) {
  if (IsWellFormedId(text)) return absl::OkStatus();
  return RefuseField(
      field, text.empty()
                 ? std::string("is missing")
                 : absl::StrCat("is no id; 1 to ", kMaxIdLength,
                                " printable ASCII characters without spaces "
                                "are wanted"));
}

absl::Status CheckText(absl::string_view field, absl::string_view text,
                       size_t max_bytes) {
  if (text.size() > max_bytes) {
    return RefuseField(
        field, absl::StrCat("has ", text.size(), " bytes; at most ", max_bytes,
                            " are allowed"));
  }
  if (!google::protobuf::internal::IsStructurallyValidUTF8(
          text.data(), static_cast<int>(text.size()))) {
    return RefuseField(field, "is not UTF-8");
  }
  return absl::OkStatus();
}

absl::StatusOr<Attributes> ParseAttributes(
    absl::string_view field,
    const google::protobuf::Map<std::string, std::string>& attributes) {
  if (attributes.size() > kMaxAttributes) {
    return RefuseField(
        field, absl::StrCat("has ", attributes.size(), " entries; at most ",
                            kMaxAttributes, " are allowed"));
  }
  Attributes parsed;
  for (const auto& [key, value] : attributes) {
    PISTIS_RETURN_IF_ERROR(CheckText(field, key, kMaxAttributeKeyBytes));
    PISTIS_RETURN_IF_ERROR(CheckText(absl::StrCat(field, "[\"", key, "\"]"),
                                     value, kMaxAttributeValueBytes));
    parsed.emplace(key, value);
  }
  return parsed;
}

absl::StatusOr<absl::Time> ParsePastTime(
    absl::string_view field, const google::protobuf::Timestamp& timestamp,
    absl::Time now) {
  if (timestamp.seconds() < 0 || timestamp.seconds() >= kEndOfTime ||
      timestamp.nanos() < 0 || timestamp.nanos() >= kNanosPerSecond) {
    return RefuseField(field, "is no time since 1970");
  }
  // Microseconds are what is stored: what lies below them is dropped here.
  const absl::Time time = absl::FromUnixMicros(
      timestamp.seconds() * kMicrosPerSecond + timestamp.nanos() / 1'000);
  if (time > now + kMaxClockAhead) {
    return RefuseField(field, absl::StrCat("is ", absl::FormatTime(time),
                                           ", which lies ahead of the server's "
                                           "clock; at most ",
                                           absl::FormatDuration(kMaxClockAhead),
                                           " are allowed"));
  }
  return time;
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t micros = absl::ToUnixMicros(time);
  google::protobuf::Timestamp timestamp;
  int64_t seconds = micros / kMicrosPerSecond;
  int64_t rest = micros % kMicrosPerSecond;
  if (rest < 0) {
    seconds -= 1;
    rest += kMicrosPerSecond;
  }
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(rest * 1'000));
  return timestamp;
}

}  // namespace pistis
