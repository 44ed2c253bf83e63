#include "tests/golden/peer_promotions.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace pistis::golden {
namespace {

using google::protobuf::Value;

constexpr int kFirstPriority = 900;
constexpr std::pair<const char*, const char*> kBuyAndGet[] = {{"buy", "A"},
                                                              {"get", "B"}};

// ["A", "B"] of a list, as conditions and YAML write it.
std::string Quoted(const Value& list) {
  return absl::StrCat("[",
                      absl::StrJoin(list.list_value().values(), ", ",
                                    [](std::string* text, const Value& item) {
                                      absl::StrAppend(text, "\"", TextOf(item),
                                                      "\"");
                                    }),
                      "]");
}

// Which lines a filter means; empty for all.
std::string LinesOf(const Json& filter) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : filter.fields()) {
    if (name == "sku" || name == "category") {
      parts.push_back(absl::StrCat("line.", name, " in ", Quoted(value)));
    } else if (name == "tag") {
      parts.push_back(
          absl::StrCat("line.tags.exists(tag, tag in ", Quoted(value), ")"));
    } else if (name == "family") {
      parts.push_back(
          absl::StrCat("line.attributes[\"family\"] in ", Quoted(value)));
    } else if (name == "unit_price") {
      parts.push_back(absl::StrCat("line.unit_amount == ", TextOf(value)));
    } else if (name == "qty_min") {
      parts.push_back(absl::StrCat("line.quantity >= ", TextOf(value)));
    } else if (name == "qty_max") {
      parts.push_back(absl::StrCat("line.quantity <= ", TextOf(value)));
    } else {
      parts.push_back("no such filter: " + name);
    }
  }
  return absl::StrJoin(parts, " && ");
}

// That the order has so many units of such lines.
std::string AtLeast(const std::string& units, const Json& filter) {
  return absl::StrCat(
      "order.lines.filter(line, ", LinesOf(filter),
      ").map(line, lists.range(line.quantity)).flatten().size() >= ", units);
}

// True where the units got are among those that count as bought.
bool CountsUnitsGot(const Json& apply) {
  const Value bought = ValueOf(PartOf(apply, "buy"), "sku");
  const Value got = ValueOf(PartOf(apply, "get"), "sku");
  return bought.list_value().values_size() > got.list_value().values_size() &&
         absl::StrContains(TextOf(bought), TextOf(got));
}

std::string ConditionOf(const Json& promotion) {
  std::vector<std::string> parts;
  const Json apply = PartOf(promotion, "apply");
  if (CountsUnitsGot(apply)) {
    parts.push_back(AtLeast(TextOf(apply, "buy_qty"), PartOf(apply, "buy")));
  }
  const Json when = PartOf(promotion, "when");
  for (const auto& [name, value] : when.fields()) {
    if (name == "min_subtotal") {
      parts.push_back(
          absl::StrCat("order.remaining >= amount(\"", AmountOf(value), "\")"));
    } else if (name == "min_line_qty") {
      parts.push_back(absl::StrCat(
          "order.lines.exists(line, line.quantity >= ", TextOf(value), ")"));
    } else if (name == "min_qty") {
      parts.push_back(AtLeast(TextOf(value), PartOf(when, "counted")));
    } else if (name == "campaign") {
      parts.push_back(absl::StrCat("order.attributes[\"campaign\"] == \"",
                                   TextOf(value), "\""));
    }
  }
  if (Has(when, "member_segment")) {
    parts.emplace_back("\"g\" in member.segments");
  }
  if (const std::string member = TextOf(promotion, "member"); !member.empty()) {
    parts.push_back(absl::StrCat("member.id == \"", member, "\""));
  }
  return absl::StrJoin(parts, " && ");
}

// What comes off the units got: a part or an amount.
std::string OffUnits(const Json& apply) {
  const std::string amount = TextOf(apply, "unit_fixed");
  if (!amount.empty()) return absl::StrCat("amount: \"", amount, "\"");
  return absl::StrCat("percent: \"", TextOf(apply, "percent"), "%\"");
}

std::string DiscountOf(const Json& apply) {
  const std::string kind = TextOf(apply, "kind");
  const std::string percent =
      absl::StrCat("percent: \"", TextOf(apply, "percent"), "%\"");
  if (kind == "shipping_percent")
    return absl::StrCat("shipping: {", percent, "}");
  if (CountsUnitsGot(apply)) {
    return absl::StrCat("cheapest: {quantity: ", TextOf(apply, "get_qty"), ", ",
                        OffUnits(apply), "}");
  }
  if (kind == "buy_get") {
    const std::string buy = LinesOf(PartOf(apply, "buy"));
    return absl::StrCat("buy: {quantity: ", TextOf(apply, "buy_qty"),
                        ", lines: '", buy,
                        "'}, get: {quantity: ", TextOf(apply, "get_qty"), ", ",
                        OffUnits(apply), "}");
  }
  if (absl::EndsWith(kind, "_percent")) return percent;
  const std::string amount = AmountOf(ValueOf(apply, "amount"));
  if (kind == "order_price") {
    return absl::StrCat("fixed_price: \"", amount, "\", together: true");
  }
  return absl::StrCat("amount: \"", amount, "\"",
                      kind == "unit_fixed" ? ", per_unit: true" : "");
}

// Lines as a rule names them, so that discounts on units come before those on
// the order.
std::string SelectionOf(const Json& apply) {
  const std::string kind = TextOf(apply, "kind");
  if (kind == "buy_get") return LinesOf(PartOf(apply, "get"));
  if (!absl::StartsWith(kind, "unit_") && !absl::StartsWith(kind, "line_")) {
    return "";
  }
  const std::string lines = LinesOf(PartOf(apply, "filter"));
  return lines.empty() ? "true" : lines;
}

// The more narrowly a rule says whom or what it is for, the earlier it is.
int SpecificityOf(const Json& promotion) {
  if (Has(promotion, "priority")) return 4;
  if (Has(promotion, "member")) return 3;
  return Has(PartOf(PartOf(promotion, "apply"), "filter"), "sku") ? 2 : 1;
}

std::string StackOf(const Json& promotion, const std::vector<Json>& all) {
  if (TextOf(promotion, "group") == "best_match") {
    return ", stack: {group: best-match, mode: first}";
  }
  std::vector<std::string> others;
  bool is_any_exclusive = false;
  for (const Json& other : all) {
    is_any_exclusive = is_any_exclusive || Has(other, "exclusive");
    if (RuleIdOf(other) != RuleIdOf(promotion)) {
      others.push_back(RuleIdOf(other));
    }
  }
  if (!is_any_exclusive) return "";
  return absl::StrCat(
      ", stack: {group: ", RuleIdOf(promotion),
      Has(promotion, "exclusive")
          ? absl::StrCat(", excludes: [", absl::StrJoin(others, ", "), "]")
          : "",
      "}");
}

std::string LimitsOf(const Json& promotion) {
  const Json limits = PartOf(promotion, "limits");
  std::vector<std::string> texts;
  if (Has(limits, "global")) {
    texts.push_back(
        absl::StrCat("{per: campaign, times: ", TextOf(limits, "global"), "}"));
  }
  if (Has(limits, "per_member")) {
    texts.push_back(absl::StrCat(
        "{per: member, times: ", TextOf(limits, "per_member"), "}"));
  }
  if (const Json apply = PartOf(promotion, "apply"); Has(apply, "max_get")) {
    texts.push_back(
        absl::StrCat("{per: order, times: ", TextOf(apply, "max_get"), "}"));
  }
  if (texts.empty()) return "";
  return absl::StrCat(", limits: [", absl::StrJoin(texts, ", "), "]");
}

// How often a code may be used, and by whom: "once by each member" is a code of
// one's own.
std::string UsesOf(const Json& promotion) {
  const Json limits = PartOf(promotion, "limits");
  std::string uses = ", uses: 1000";
  if (Has(limits, "global")) {
    uses = absl::StrCat(", uses: ", TextOf(limits, "global"));
  }
  if (Has(limits, "per_member")) {
    uses = absl::StrCat(", bound_to_member: true, uses: ",
                        TextOf(limits, "per_member"));
  }
  return absl::StrCat(uses,
                      Has(promotion, "code_valid_to") ? ", expires: 1d" : "");
}

}  // namespace

std::vector<Json> PromotionsOf(const Json& scenario) {
  std::vector<Json> promotions;
  for (const Json& json : PartsOf(scenario, "program")) {
    if (Has(json, "apply")) promotions.push_back(json);
    if (TextOf(json, "kind") != "buy_get") continue;
    // So many B for so many A.
    Json whole;
    Json& apply = *(*whole.mutable_fields())["apply"].mutable_struct_value();
    apply = json;
    (*apply.mutable_fields())["percent"].set_string_value("100");
    for (const auto& [key, sku] : kBuyAndGet) {
      Json& filter = *(*apply.mutable_fields())[key].mutable_struct_value();
      (*filter.mutable_fields())["sku"]
          .mutable_list_value()
          ->add_values()
          ->set_string_value(sku);
    }
    (*whole.mutable_fields())["id"].set_string_value("P1");
    promotions.push_back(whole);
  }
  return promotions;
}

std::string RuleIdOf(const Json& promotion) {
  return absl::AsciiStrToLower(TextOf(promotion, "id"));
}

std::string IssuingChannel(const Json& promotion) {
  return "issue-" + RuleIdOf(promotion);
}

PromotionText WritePromotions(const Json& scenario) {
  PromotionText text;
  const std::vector<Json> all = PromotionsOf(scenario);
  int priority = kFirstPriority;
  for (const Json& promotion : all) {
    const Json apply = PartOf(promotion, "apply");
    const bool is_grouped = Has(promotion, "group");
    std::string keys =
        absl::StrCat("id: ", RuleIdOf(promotion), ", discount: {",
                     DiscountOf(apply), "}, priority: ",
                     is_grouped ? SpecificityOf(promotion) * 100 : --priority);
    if (const std::string when = ConditionOf(promotion); !when.empty()) {
      absl::StrAppend(&keys, ", when: '", when, "'");
    }
    if (const std::string lines = SelectionOf(apply); !lines.empty()) {
      absl::StrAppend(&keys, ", lines: '", lines, "'");
    }
    if (TextOf(promotion, "trigger") != "code") {
      absl::StrAppend(&text.rules, "  - {", keys, StackOf(promotion, all),
                      LimitsOf(promotion), "}\n");
      continue;
    }
    absl::StrAppend(&text.codes, "  - {", keys, UsesOf(promotion), "}\n");
    absl::StrAppend(&text.rules, "  - {id: ", IssuingChannel(promotion),
                    ", when: 'order.channel == \"", IssuingChannel(promotion),
                    "\"', issue_code: ", RuleIdOf(promotion), "}\n");
  }
  return text;
}

}  // namespace pistis::golden
