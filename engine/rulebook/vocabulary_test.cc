#include "engine/rulebook/vocabulary.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "engine/expr/activation.h"
#include "engine/expr/expression.h"

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
  EXPECT_EQ(
      NamesTo(LineType(), LineSlot::kAttributes),
      (std::vector<std::string>{"sku", "category", "tags", "quantity", "amount",
                                "remaining", "unit_amount", "attributes"}));
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

}  // namespace
}  // namespace pistis
