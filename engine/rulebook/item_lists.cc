#include "engine/rulebook/item_lists.h"

#include <utility>

namespace pistis {
namespace {

using expr::Type;
using expr::Value;

std::shared_ptr<const expr::ObjectType> TypeOf(
    const std::vector<std::shared_ptr<const ItemList>>& lists) {
  expr::ObjectType type{"lists", {}};
  for (const auto& list : lists) {
    type.slots.emplace(list->id(), static_cast<int>(type.fields.size()));
    type.fields.push_back({list->id(), Type::List(Type::String())});
  }
  return std::make_shared<const expr::ObjectType>(std::move(type));
}

}  // namespace

ItemList::ItemList(std::string id, size_t place, std::vector<std::string> skus)
    : id_(std::move(id)),
      place_(place),
      skus_(std::move(skus)),
      found_(skus_.begin(), skus_.end()) {}

int64_t ItemList::size() const {
  return static_cast<int64_t>(skus_.size());
}

Value ItemList::At(int64_t index) const {
  return Value::StringView(skus_[static_cast<size_t>(index)]);
}

std::optional<bool> ItemList::Finds(const Value& value) const {
  return value.kind() == expr::ValueKind::kString &&
         found_.contains(value.text());
}

ItemLists::ItemLists(std::vector<std::shared_ptr<const ItemList>> lists)
    : lists_(std::move(lists)), type_(TypeOf(lists_)) {}

std::optional<Value> ItemLists::Field(int slot) const {
  return Value::SharedList(lists_[static_cast<size_t>(slot)]);
}

}  // namespace pistis
