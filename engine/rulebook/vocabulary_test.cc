#include "engine/rulebook/vocabulary.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/expr/activation.h"
#include "engine/expr/expression.h"
#include "engine/rulebook/triggers.h"

namespace pistis {
namespace {

const Currency kEuro{"EUR", 2};

template <typename Slot>
std::string FieldAt(const expr::ObjectType& type, Slot slot) {
  return type.fields.at(static_cast<size_t>(slot)).name;
}

absl::StatusOr<expr::Value> Evaluated(absl::string_view source,
                                      const Currency& currency) {
  const Vocabulary vocabulary = MakeVocabulary(currency);
  const auto expression = expr::Expression::Compile(source, vocabulary.when);
  if (!expression.ok()) return expression.status();
  const expr::FixedActivation nothing({});
  const auto value = expression->Evaluate(nothing);
  if (!value.ok()) return value.status();
  return expr::Value::Int(value->int_value());
}

// The names of the fields of a type whose last slot is `last`.
template <typename Slot>
std::vector<std::string> NamesTo(const expr::ObjectType& type, Slot last) {
  EXPECT_EQ(type.fields.size(), static_cast<size_t>(last) + 1);
  return type.FieldNames();
}

TEST(VocabularyTest, SlotsOfAnOrderNameItsFields) {
  EXPECT_EQ(NamesTo(OrderType(), OrderSlot::kAttributes),
            (std::vector<std::string>{
                "subtotal", "remaining", "shipping", "quantity", "channel",
                "store", "terminal", "lines", "codes", "attributes"}));
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kRemaining), "remaining");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kStore), "store");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kLines), "lines");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kCodes), "codes");
}

TEST(VocabularyTest, SlotsOfALineNameItsFields) {
  EXPECT_EQ(NamesTo(LineType(), LineSlot::kAttributes),
            (std::vector<std::string>{"sku", "category", "tags", "quantity",
                                      "amount", "remaining", "unit_amount",
                                      "cost", "attributes"}));
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kTags), "tags");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kAmount), "amount");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kUnitAmount), "unit_amount");
}

TEST(VocabularyTest, SlotsOfAMemberNameItsFields) {
  EXPECT_EQ(NamesTo(MemberType(), MemberSlot::kAttributes),
            (std::vector<std::string>{"id", "known", "points", "orders",
                                      "language", "tier", "segments", "spend",
                                      "joined", "birthday", "attributes"}));
  EXPECT_EQ(FieldAt(MemberType(), MemberSlot::kKnown), "known");
  EXPECT_EQ(FieldAt(MemberType(), MemberSlot::kOrders), "orders");
}

TEST(VocabularyTest, VariablesStandInTheirSlots) {
  const Vocabulary vocabulary = MakeVocabulary(kEuro);
  const auto order = static_cast<int>(VariableSlot::kOrder);
  const auto member = static_cast<int>(VariableSlot::kMember);
  EXPECT_EQ(vocabulary.when.SlotOf("order"), order);
  EXPECT_EQ(vocabulary.when.SlotOf("member"), member);
  EXPECT_EQ(vocabulary.lines.SlotOf("order"), order);
  EXPECT_EQ(vocabulary.lines.SlotOf("member"), member);
  EXPECT_EQ(vocabulary.lines.SlotOf("line"),
            static_cast<int>(VariableSlot::kLine));
}

TEST(VocabularyTest, ConditionsOnMembersKnowNoOrder) {
  const Vocabulary vocabulary = MakeVocabulary(kEuro);
  EXPECT_EQ(vocabulary.members.SlotOf("member"),
            static_cast<int>(MemberVariableSlot::kMember));
  EXPECT_EQ(vocabulary.members.SlotOf("now"),
            static_cast<int>(MemberVariableSlot::kNow));
  EXPECT_EQ(vocabulary.members.SlotOf("order"), std::nullopt);
}

TEST(VocabularyTest, EveryConditionKnowsTheTime) {
  const Vocabulary vocabulary = MakeVocabulary(kEuro);
  const auto now = static_cast<int>(VariableSlot::kNow);
  EXPECT_EQ(vocabulary.when.SlotOf("now"), now);
  EXPECT_EQ(vocabulary.lines.SlotOf("now"), now);
  for (const expr::Environment& event : vocabulary.events) {
    EXPECT_EQ(event.SlotOf("now"), static_cast<int>(MemberVariableSlot::kNow));
    EXPECT_EQ(event.SlotOf("event"),
              static_cast<int>(MemberVariableSlot::kEvent));
    EXPECT_EQ(event.SlotOf("order"), std::nullopt);
  }
}

TEST(VocabularyTest, EachTriggerHasItsFieldsInTheirSlots) {
  for (int i = 0; i < kTriggers; ++i) {
    const auto trigger = static_cast<Trigger>(i);
    EXPECT_EQ(EventType(trigger)->fields.size(), EventFields(trigger).size());
    EXPECT_EQ(EventType(trigger)->FieldNames().front(), "name");
  }
  EXPECT_EQ(EventType(Trigger::kMemberBirthday)->FieldNames(),
            (std::vector<std::string>{"name", "time", "years"}));
  EXPECT_EQ(
      EventType(Trigger::kCaseResolved)->FieldNames(),
      (std::vector<std::string>{"name", "time", "attributes", "order_id"}));
  EXPECT_EQ(EventType(Trigger::kReferralQualified)->FieldNames(),
            (std::vector<std::string>{"name", "time", "role", "order_id",
                                      "friends"}));
}

TEST(VocabularyTest, OnlyLineConditionsSpeakOfALine) {
  EXPECT_EQ(MakeVocabulary(kEuro).when.SlotOf("line"), std::nullopt);
}

TEST(VocabularyTest, AmountsAreMinorUnitsOfTheCurrency) {
  EXPECT_EQ(Evaluated("amount(\"30.00\")", kEuro)->int_value(), 3000);
  EXPECT_EQ(Evaluated("amount(\"30\")", {"JPY", 0})->int_value(), 30);
  EXPECT_EQ(Evaluated("amount(\"1.234\")", {"KWD", 3})->int_value(), 1234);
}

TEST(VocabularyTest, AnAmountThatIsNoneDoesNotCompile) {
  for (const char* source :
       {"amount(\"30.001\")", "amount(\"-1\")", "amount(\"a\")"}) {
    EXPECT_FALSE(Evaluated(source, kEuro).ok()) << source;
  }
}

// Lists `summer` (tea, mug) and `winter-2` (hat).
std::shared_ptr<const ItemLists> TwoLists() {
  using Skus = std::vector<std::string>;
  return std::make_shared<const ItemLists>(
      std::vector<std::shared_ptr<const ItemList>>{
          std::make_shared<const ItemList>("summer", 0, Skus{"tea", "mug"}),
          std::make_shared<const ItemList>("winter-2", 1, Skus{"hat"})});
}

absl::StatusOr<expr::Expression> CompiledWithLists(absl::string_view source) {
  return expr::Expression::Compile(source,
                                   MakeVocabulary(kEuro, TwoLists()).lines);
}

bool HoldsWithLists(absl::string_view source) {
  const auto expression = CompiledWithLists(source);
  EXPECT_TRUE(expression.ok()) << expression.status();
  const expr::FixedActivation nothing({});
  return expression.ok() && expression->Decide(nothing).holds;
}

TEST(VocabularyTest, ListsAreAskedForByName) {
  for (const char* holds :
       {"'tea' in lists.summer", "'hat' in lists[\"winter-2\"]",
        "'hat' in lists.`winter-2`", "!('hat' in lists.summer)",
        "!(dyn(1) in lists.summer)", "size(lists.summer) == 2",
        "lists.summer[1] == 'mug'", "lists.summer.exists(s, s == 'mug')",
        "lists.summer == ['tea', 'mug']", "has(lists.summer)",
        "lists.summer + lists['winter-2'] == ['tea', 'mug', 'hat']",
        "lists.range(3) == [0, 1, 2]"}) {
    EXPECT_TRUE(HoldsWithLists(holds)) << holds;
  }
}

TEST(VocabularyTest, AListThatIsNotThereIsNamedWithTheNearest) {
  for (const auto& [source, message] :
       std::vector<std::pair<std::string, std::string>>{
           {"line.sku in lists.sumer",
            "1:19: no field `sumer` in lists; did you mean `summer`?"},
           {"line.sku in lists[\"winter-3\"]",
            "no field `winter-3` in lists; did you mean `winter-2`?"},
           {"line.quantity in lists.summer", "`in` does not take int"},
           {"line.sku == lists.summer", "`==` does not take"},
           {"lists.summer > 1", "`>` does not take"}}) {
    const auto expression = CompiledWithLists(source);
    ASSERT_FALSE(expression.ok()) << source;
    EXPECT_TRUE(absl::StrContains(expression.status().message(), message))
        << expression.status();
  }
}

TEST(VocabularyTest, AListIsSearchedAtTheSameCostHoweverLongItIs) {
  std::vector<std::string> skus;
  for (int i = 0; i < 200'000; ++i)
    skus.push_back(absl::StrCat(i));
  const auto lists = std::make_shared<const ItemLists>(
      std::vector<std::shared_ptr<const ItemList>>{
          std::make_shared<const ItemList>("all", 0, skus)});
  const Vocabulary vocabulary = MakeVocabulary(kEuro, lists);
  const expr::FixedActivation nothing({});
  const auto steps = [&](absl::string_view source) {
    const auto expression = expr::Expression::Compile(source, vocabulary.lines);
    EXPECT_TRUE(expression.ok()) << expression.status();
    return expression->Decide(nothing).steps;
  };
  EXPECT_LE(steps("'199999' in lists.all"), 3);
  EXPECT_LE(steps("!('200000' in lists.all)"), 4);
  // What looks at each item costs as much.
  EXPECT_EQ(steps("lists.all == lists.all"), 100'000);
  EXPECT_EQ(steps("lists.all.exists(s, s == 'none')"), 100'000);
}

TEST(VocabularyTest, WhatIsMadeOfListsIsNotKeptInExpressions) {
  const auto expression =
      CompiledWithLists("line.sku in (lists.summer + lists.summer)");
  ASSERT_TRUE(expression.ok());
  const auto parts = expression->PartsOf(expression->root());
  EXPECT_EQ(expression->SearchableLists().size(), 2U);
  EXPECT_FALSE(expression->FieldTestOf(expression->root()));
  EXPECT_EQ(expression->TextOf(parts[1]), "(lists.summer + lists.summer)");
}

}  // namespace
}  // namespace pistis
