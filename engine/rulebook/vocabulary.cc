#include "engine/rulebook/vocabulary.h"

#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/base/status_macros.h"
#include "engine/expr/function.h"
#include "engine/expr/value.h"
#include "engine/rulebook/triggers.h"

namespace pistis {
namespace {

using expr::ObjectType;
using expr::Type;
using SharedType = std::shared_ptr<const ObjectType>;

Type Attributes() {
  return Type::Map(Type::String(), Type::String());
}

SharedType Declare(ObjectType type) {
  return std::make_shared<const ObjectType>(std::move(type));
}

// The fields stand in the order of the slot enums.
const SharedType& SharedLine() {
  static const SharedType type = Declare({"line",
                                          {{"sku", Type::String()},
                                           {"category", Type::String()},
                                           {"tags", Type::List(Type::String())},
                                           {"quantity", Type::Int()},
                                           {"amount", Type::Int()},
                                           {"remaining", Type::Int()},
                                           {"unit_amount", Type::Int()},
                                           {"cost", Type::Int()},
                                           {"attributes", Attributes()}}});
  return type;
}

const SharedType& SharedOrder() {
  static const SharedType type =
      Declare({"order",
               {{"subtotal", Type::Int()},
                {"remaining", Type::Int()},
                {"shipping", Type::Int()},
                {"quantity", Type::Int()},
                {"channel", Type::String()},
                {"store", Type::String()},
                {"terminal", Type::String()},
                {"lines", Type::List(Type::Object(SharedLine()))},
                {"codes", Type::List(Type::String())},
                {"attributes", Attributes()}}});
  return type;
}

const SharedType& SharedMember() {
  static const SharedType type =
      Declare({"member",
               {{"id", Type::String()},
                {"known", Type::Bool()},
                {"points", Type::Int()},
                {"orders", Type::Int()},
                {"language", Type::String()},
                {"tier", Type::String()},
                {"segments", Type::List(Type::String())},
                {"spend", Type::Int()},
                {"joined", Type::Timestamp()},
                {"birthday", Type::Timestamp()},
                {"attributes", Attributes()}}});
  return type;
}

expr::Function AmountFunction(const Currency& currency) {
  expr::Function function;
  function.name = "amount";
  function.signature = {{Type::String()}, Type::Int()};
  function.call = [currency](absl::Span<const expr::Value> arguments)
      -> absl::StatusOr<expr::Value> {
    PISTIS_ASSIGN_OR_RETURN(const Money money,
                            ParseMoney(arguments[0].text(), currency));
    return expr::Value::Int(money.value());
  };
  function.on_constant_failure = expr::ConstantFailure::kRefusesToCompile;
  return function;
}

expr::Environment MakeEnvironment(std::vector<expr::Variable> variables,
                                  const Currency& currency) {
  absl::StatusOr<expr::Environment> environment = expr::Environment::Create(
      {std::move(variables), {AmountFunction(currency)}});
  if (!environment.ok()) std::abort();
  return *std::move(environment);
}

}  // namespace

const ObjectType& OrderType() {
  return *SharedOrder();
}
const ObjectType& LineType() {
  return *SharedLine();
}
const ObjectType& MemberType() {
  return *SharedMember();
}

Vocabulary MakeVocabulary(const Currency& currency,
                          const std::shared_ptr<const ItemLists>& lists) {
  const auto known = lists != nullptr
                         ? lists
                         : std::make_shared<const ItemLists>(
                               std::vector<std::shared_ptr<const ItemList>>());
  const expr::Variable listed{"lists", Type::Object(known->shared_type()),
                              expr::Value::SharedObject(known)};
  const expr::Variable order{"order", Type::Object(SharedOrder())};
  const expr::Variable member{"member", Type::Object(SharedMember())};
  const expr::Variable line{"line", Type::Object(SharedLine())};
  const expr::Variable now{"now", Type::Timestamp()};
  std::vector<expr::Environment> events;
  events.reserve(kTriggers);
  for (int trigger = 0; trigger < kTriggers; ++trigger) {
    const expr::Variable event{
        "event", Type::Object(EventType(static_cast<Trigger>(trigger)))};
    events.push_back(MakeEnvironment({member, now, event}, currency));
  }
  return {
      .when = MakeEnvironment({order, member, now, listed}, currency),
      .lines = MakeEnvironment({order, member, now, line, listed}, currency),
      .members = MakeEnvironment({member, now}, currency),
      .events = std::move(events)};
}

}  // namespace pistis
