// What a case's program says, as a rulebook.
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "tests/golden/peer_shop.h"

namespace pistis::golden {
namespace {

using google::protobuf::Value;

// "5.00" of 500 minor units, or of the text "5.00".
std::string AmountOf(const Value& value) {
  if (value.has_string_value()) return value.string_value();
  const int64_t minor = static_cast<int64_t>(value.number_value());
  return absl::StrCat(minor / 100, ".", minor % 100 / 10, minor % 10);
}

// What one point pays, of "money_per_step" for "points_step" points.
std::string WorthOf(const Json& redeem) {
  const Value& money = redeem.fields().at("money_per_step");
  if (money.has_string_value()) return money.string_value();
  Value each;
  each.set_number_value(money.number_value() /
                        redeem.fields().at("points_step").number_value());
  return AmountOf(each);
}

std::string RedeemPart(const Json& redeem) {
  std::string text = absl::StrCat("step: ", TextOf(redeem, "points_step"));
  if (const std::string least = TextOf(redeem, "min_points"); !least.empty()) {
    absl::StrAppend(&text, ", minimum: ", least);
  }
  if (const std::string most = TextOf(redeem, "max_percent_of_order");
      !most.empty()) {
    absl::StrAppend(&text, ", max_share: \"", most, "%\"");
  }
  return text;
}

std::string EarnRule(const Json& earn, int number) {
  const std::string id = TextOf(earn, "id");
  const std::string points = TextOf(earn, "points");
  std::string text = absl::StrCat(
      "  - {id: \"", id.empty() ? absl::StrCat("r", number) : id,
      "\", earn: {points: ", points.empty() ? TextOf(earn, "bonus") : points);
  if (TextOf(earn, "per") == "amount") {
    absl::StrAppend(&text, ", per: \"", AmountOf(earn.fields().at("step")),
                    "\"");
  }
  return absl::StrCat(text, "}}\n");
}

// Reads the parts of a program one by one.
class Writer {
 public:
  void Add(const Json& part) {
    const auto& fields = part.fields();
    if (const auto redeem = fields.find("redeem"); redeem != fields.end()) {
      worth_ = WorthOf(redeem->second.struct_value());
      redeem_ = RedeemPart(redeem->second.struct_value());
    }
    if (const auto earn = fields.find("earn"); earn != fields.end()) {
      for (const Value& rule : earn->second.list_value().values()) {
        absl::StrAppend(&rules_, EarnRule(rule.struct_value(), ++number_));
      }
    }
    if (const auto taxes = fields.find("include_taxes");
        taxes != fields.end()) {
      taxed_ = taxes->second.bool_value();
      absl::StrAppend(&rules_,
                      "  - {id: basis, earn: {points: 1, per: \"0.01\"}}\n");
    }
    if (const auto when = fields.find("when"); when != fields.end()) {
      absl::StrAppend(
          &rules_, "  - {id: check, when: 'order.subtotal >= amount(\"",
          AmountOf(when->second.struct_value().fields().at("min_order_total")),
          "\")', earn: {points: 1}}\n");
    }
  }

  void AddStep(const Json& step) {
    forgive_ = forgive_ || TextOf(step, "policy") == "clamp_to_zero";
  }

  [[nodiscard]] std::string Text() const {
    return absl::StrCat(
        "points: {value: \"", worth_, "\", redeem: {", redeem_,
        "}, refund_shortfall: ", forgive_ ? "forgive" : "negative", "}\n",
        "earning_basis: {tax: ", taxed_ ? "included" : "excluded", "}\n",
        "rules:\n", rules_,
        // Points that a case credits for an order: a cent each.
        "  - {id: credit, lines: '\"credit\" in line.tags', "
        "earn: {points: 1, per: \"0.01\"}}\n");
  }

 private:
  std::string worth_ = "0.01";
  std::string redeem_ = "step: 1";
  std::string rules_;
  int number_ = 0;
  bool taxed_ = true;
  bool forgive_ = false;
};

}  // namespace

std::string PeerRulebook(const Json& scenario) {
  Writer writer;
  const auto& fields = scenario.fields();
  for (const Value& part : fields.at("program").list_value().values()) {
    writer.Add(part.struct_value());
  }
  for (const Value& step : fields.at("steps").list_value().values()) {
    writer.AddStep(step.struct_value());
  }
  return writer.Text();
}

}  // namespace pistis::golden
