#include "engine/rules/facts.h"

#include <iterator>
#include <limits>

#include "engine/rulebook/vocabulary.h"

namespace pistis {

using expr::Value;

int64_t TextList::size() const {
  return static_cast<int64_t>(texts_.size());
}

Value TextList::At(int64_t index) const {
  return Value::StringView(texts_[static_cast<size_t>(index)]);
}

int64_t AttributeMap::size() const {
  return static_cast<int64_t>(attributes_.size());
}

std::optional<Value> AttributeMap::Find(const Value& key) const {
  if (key.kind() != expr::ValueKind::kString) return std::nullopt;
  const auto found = attributes_.find(std::string(key.text()));
  if (found == attributes_.end()) return std::nullopt;
  return Value::StringView(found->second);
}

Value::Entry AttributeMap::At(int64_t index) const {
  const auto entry = std::next(attributes_.begin(), index);
  return {Value::StringView(entry->first), Value::StringView(entry->second)};
}

const expr::ObjectType& LineFacts::type() const {
  return LineType();
}

std::optional<Value> LineFacts::Field(int slot) const {
  switch (static_cast<LineSlot>(slot)) {
    case LineSlot::kSku:
      return Value::StringView(line_.sku);
    case LineSlot::kCategory:
      return Value::StringView(line_.category);
    case LineSlot::kTags:
      return Value::ListView(tags_);
    case LineSlot::kQuantity:
      return Value::Int(line_.quantity);
    case LineSlot::kAmount:
      return Value::Int(line_.amount.value());
    case LineSlot::kRemaining:
      return Value::Int(remaining_.value());
    case LineSlot::kUnitAmount:
      return Value::Int(line_.amount.value() / line_.quantity);
    case LineSlot::kCost:
      if (!line_.cost) return std::nullopt;
      return Value::Int(line_.cost->value());
    case LineSlot::kAttributes:
      return Value::MapView(attributes_);
  }
  return std::nullopt;
}

Facts::OrderFacts::OrderFacts(const Order& order, const Facts& facts)
    : remaining(order.Subtotal()),
      order_(order),
      facts_(facts),
      subtotal_(remaining),
      codes_(order.codes),
      attributes_(order.attributes) {
  for (const OrderLine& line : order.lines)
    quantity_ += line.quantity;
}

const expr::ObjectType& Facts::OrderFacts::type() const {
  return OrderType();
}

std::optional<Value> Facts::OrderFacts::Field(int slot) const {
  switch (static_cast<OrderSlot>(slot)) {
    case OrderSlot::kSubtotal:
      return Value::Int(subtotal_.value());
    case OrderSlot::kRemaining:
      return Value::Int(remaining.value());
    case OrderSlot::kShipping:
      return Value::Int(order_.shipping.value());
    case OrderSlot::kQuantity:
      return Value::Int(quantity_);
    case OrderSlot::kChannel:
      return Value::StringView(order_.channel);
    case OrderSlot::kStore:
      return Value::StringView(order_.store_id);
    case OrderSlot::kTerminal:
      return Value::StringView(order_.terminal_id);
    case OrderSlot::kLines:
      return Value::ListView(facts_.line_list_);
    case OrderSlot::kCodes:
      return Value::ListView(codes_);
    case OrderSlot::kAttributes:
      return Value::MapView(attributes_);
  }
  return std::nullopt;
}

const expr::ObjectType& Buyer::type() const {
  return MemberType();
}

std::optional<Value> Buyer::Field(int slot) const {
  switch (static_cast<MemberSlot>(slot)) {
    case MemberSlot::kId:
      return Value::StringView(member_.member_id.text());
    case MemberSlot::kKnown:
      return Value::Bool(!member_.member_id.empty());
    case MemberSlot::kPoints:
      return Value::Int(member_.available.value());
    case MemberSlot::kOrders:
      return Value::Int(member_.orders);
    case MemberSlot::kLanguage:
      return Value::StringView(member_.language);
    case MemberSlot::kTier:
      return Value::StringView(member_.tier);
    case MemberSlot::kSegments:
      return Value::ListView(segments_);
    case MemberSlot::kSpend:
      return Value::Int(member_.spend.value());
    case MemberSlot::kJoined:
      if (!member_.joined) return std::nullopt;
      return Value::Timestamp(*member_.joined);
    case MemberSlot::kBirthday:
      if (!member_.birthday) return std::nullopt;
      return Value::Timestamp(
          absl::FromCivil(*member_.birthday, absl::UTCTimeZone()));
    case MemberSlot::kAttributes:
      return Value::MapView(attributes_);
  }
  return std::nullopt;
}

std::optional<Value> MemberAlone::Variable(int slot) const {
  switch (static_cast<MemberVariableSlot>(slot)) {
    case MemberVariableSlot::kMember:
      return Value::ObjectView(member_);
    case MemberVariableSlot::kNow:
      return Value::Timestamp(now_);
    case MemberVariableSlot::kEvent:
      if (event_ == nullptr) return std::nullopt;
      return Value::ObjectView(*event_);
  }
  return std::nullopt;
}

int64_t Facts::Lines::size() const {
  return static_cast<int64_t>(lines_.size());
}

Value Facts::Lines::At(int64_t index) const {
  return Value::ObjectView(lines_[static_cast<size_t>(index)]);
}

Facts::Facts(const Order& order, const MemberFacts& member, absl::Time now,
             StepMeter* steps)
    : lines_(order.lines.begin(), order.lines.end()),
      line_list_(lines_),
      order_(order, *this),
      member_(member),
      now_(now),
      steps_(steps) {}

int64_t Facts::steps_left() const {
  return steps_ == nullptr ? std::numeric_limits<int64_t>::max()
                           : steps_->left();
}

void Facts::Spend(int64_t steps) const {
  if (steps_ != nullptr) steps_->Spend(steps);
}

void Facts::SetRemaining(absl::Span<const Money> remaining) {
  order_.remaining = Money();
  for (size_t i = 0; i < lines_.size(); ++i) {
    lines_[i].SetRemaining(remaining[i]);
    order_.remaining += remaining[i];
  }
}

std::optional<Value> Facts::Variable(int slot) const {
  switch (static_cast<VariableSlot>(slot)) {
    case VariableSlot::kOrder:
      return Value::ObjectView(order_);
    case VariableSlot::kMember:
      return Value::ObjectView(member_);
    case VariableSlot::kNow:
      return Value::Timestamp(now_);
    case VariableSlot::kLine:
      if (!line_) return std::nullopt;
      return Value::ObjectView(lines_[*line_]);
  }
  return std::nullopt;
}

bool Holds(const Condition& condition, const Facts& facts) {
  if (condition == nullptr) return true;
  const expr::Decision decision = condition->Decide(facts, facts.steps_left());
  facts.Spend(decision.steps);
  return decision.holds;
}

}  // namespace pistis
