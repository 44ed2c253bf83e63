// Lists and maps that own what they hold.
#ifndef PISTIS_ENGINE_EXPR_CONTAINERS_H_
#define PISTIS_ENGINE_EXPR_CONTAINERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/expr/value.h"

namespace pistis::expr {

class OwnedList final : public ListValue {
 public:
  explicit OwnedList(std::vector<Value> items);

  [[nodiscard]] int64_t size() const override {
    return static_cast<int64_t>(items_.size());
  }
  [[nodiscard]] int64_t Weight() const override { return weight_; }
  [[nodiscard]] Value At(int64_t index) const override {
    return items_[static_cast<size_t>(index)];
  }

 private:
  std::vector<Value> items_;
  int64_t weight_ = 1;
};

// In the order of KeyLess.
class OwnedMap final : public MapValue {
 public:
  // Every key must be one that IsKey takes.
  explicit OwnedMap(std::vector<Value::Entry> entries);

  [[nodiscard]] bool has_twins() const;

  [[nodiscard]] int64_t size() const override {
    return static_cast<int64_t>(entries_.size());
  }
  [[nodiscard]] int64_t Weight() const override { return weight_; }
  [[nodiscard]] std::optional<Value> Find(const Value& key) const override;
  [[nodiscard]] Value::Entry At(int64_t index) const override {
    return entries_[static_cast<size_t>(index)];
  }

 private:
  std::vector<Value::Entry> entries_;
  int64_t weight_ = 1;
};

// Whether the value is a list that knows what it holds, see ListValue::Finds.
[[nodiscard]] bool IsSearchable(const Value& value);

// Whether a value of this kind may be the key of a map.
[[nodiscard]] bool IsKey(ValueKind kind);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_CONTAINERS_H_
