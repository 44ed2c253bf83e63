// What the conditions of a rulebook may speak of, and the slots by which
// engine/rules hands it out.
#ifndef PISTIS_ENGINE_RULEBOOK_VOCABULARY_H_
#define PISTIS_ENGINE_RULEBOOK_VOCABULARY_H_

#include <memory>
#include <vector>

#include "engine/base/decimal.h"
#include "engine/expr/environment.h"
#include "engine/expr/type.h"
#include "engine/rulebook/item_lists.h"

namespace pistis {

// Slots of the variables in an Activation. `when` conditions see kOrder,
// kMember and kNow, the time of the sale; `lines` conditions see kLine also.
// `lists` is no variable of an Activation: it is the same for all orders.
enum class VariableSlot { kOrder, kMember, kNow, kLine };

// Slots of the fields of `order`, an object of OrderType(). Money in minor
// units.
enum class OrderSlot {
  // int: the lines before discounts.
  kSubtotal,
  // int: the lines after the discounts applied so far.
  kRemaining,
  // int: charged for delivery; not in the subtotal.
  kShipping,
  // int: units in all lines.
  kQuantity,
  // string: empty where the order does not say.
  kChannel,
  kStore,
  kTerminal,
  // list(line): objects of LineType().
  kLines,
  // list(string): the discount codes of the order as they were normalised.
  kCodes,
  // map(string, string).
  kAttributes,
};

// Slots of the fields of `line`, an object of LineType(). Money in minor units.
enum class LineSlot {
  // string.
  kSku,
  // string: "drinks/coffee"; empty where the line does not say.
  kCategory,
  // list(string).
  kTags,
  // int: whole units.
  kQuantity,
  // int: the line before discounts.
  kAmount,
  // int: the line after the discounts applied so far.
  kRemaining,
  // int: amount / quantity, rounded down.
  kUnitAmount,
  // int: as the line or the catalogue states it, without tax; absent where
  // neither does.
  kCost,
  // map(string, string).
  kAttributes,
};

// Slots of the fields of `member`, an object of MemberType(); an anonymous sale
// has one too.
enum class MemberSlot {
  // string: empty for an anonymous sale.
  kId,
  // bool: false for an anonymous sale.
  kKnown,
  // int: available before this order.
  kPoints,
  // int: orders committed, this one counted; 0 for an anonymous sale.
  kOrders,
  // string: a BCP 47 tag; empty where it is not known.
  kLanguage,
  // string: the tier's id; empty for none.
  kTier,
  // list(string): ids of segments.
  kSegments,
  // int: paid for goods before this order, less what came back.
  kSpend,
  // timestamp: absent for an anonymous sale.
  kJoined,
  // timestamp: the beginning of the day in UTC; absent where it is not known.
  kBirthday,
  // map(string, string).
  kAttributes,
};

// Slots of the variables of conditions on members, which stand apart from any
// order; those of rules on events see kEvent also, an object of EventType().
enum class MemberVariableSlot { kMember, kNow, kEvent };

// The declarations of the objects. They live as long as the process.
[[nodiscard]] const expr::ObjectType& OrderType();
[[nodiscard]] const expr::ObjectType& LineType();
[[nodiscard]] const expr::ObjectType& MemberType();

// The environments of the kinds of conditions. All know `amount("30.00")`:
// the minor units of an amount of money, checked and computed when the
// condition is compiled.
struct Vocabulary {
  expr::Environment when;
  expr::Environment lines;
  expr::Environment members;
  // By Trigger: of rules on events.
  std::vector<expr::Environment> events;
};

// The vocabulary of a program with this currency; `when` and `lines` know
// `lists`, none where it is null.
[[nodiscard]] Vocabulary MakeVocabulary(
    const Currency& currency,
    const std::shared_ptr<const ItemLists>& lists = nullptr);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_VOCABULARY_H_
