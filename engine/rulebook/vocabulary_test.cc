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

TEST(VocabularyTest, SlotsNameTheFieldsTheyAreCalledAfter) {
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kSubtotal), "subtotal");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kRemaining), "remaining");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kShipping), "shipping");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kQuantity), "quantity");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kChannel), "channel");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kStore), "store");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kTerminal), "terminal");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kLines), "lines");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kCodes), "codes");
  EXPECT_EQ(FieldAt(OrderType(), OrderSlot::kAttributes), "attributes");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kSku), "sku");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kCategory), "category");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kTags), "tags");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kQuantity), "quantity");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kAmount), "amount");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kRemaining), "remaining");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kUnitAmount), "unit_amount");
  EXPECT_EQ(FieldAt(LineType(), LineSlot::kAttributes), "attributes");
  EXPECT_EQ(FieldAt(MemberType(), MemberSlot::kId), "id");
  EXPECT_EQ(FieldAt(MemberType(), MemberSlot::kKnown), "known");
  EXPECT_EQ(FieldAt(MemberType(), MemberSlot::kPoints), "points");
  EXPECT_EQ(FieldAt(MemberType(), MemberSlot::kOrders), "orders");
  EXPECT_EQ(FieldAt(MemberType(), MemberSlot::kLanguage), "language");
}

TEST(VocabularyTest, VariablesStandInTheirSlots) {
  const Vocabulary vocabulary = MakeVocabulary(kEuro);
  for (const expr::Environment* environment :
       {&vocabulary.when, &vocabulary.lines}) {
    EXPECT_EQ(environment->SlotOf("order"),
              static_cast<int>(VariableSlot::kOrder));
    EXPECT_EQ(environment->SlotOf("member"),
              static_cast<int>(VariableSlot::kMember));
  }
  EXPECT_EQ(vocabulary.lines.SlotOf("line"),
            static_cast<int>(VariableSlot::kLine));
  EXPECT_EQ(vocabulary.when.SlotOf("line"), std::nullopt);
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
