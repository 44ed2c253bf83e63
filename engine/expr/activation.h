// The values of variables during one evaluation.
#ifndef PISTIS_ENGINE_EXPR_ACTIVATION_H_
#define PISTIS_ENGINE_EXPR_ACTIVATION_H_

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "engine/expr/value.h"

namespace pistis::expr {

// Hands out variables by slot (their place in Declarations::variables), each of
// the type declared there. The values may borrow from the activation. Need not
// allocate: an object is handed out by Value::ObjectView, and its fields are
// asked for one by one.
class Activation {
 public:
  virtual ~Activation() = default;
  // Nothing where the variable has no value in this evaluation; an expression
  // that comes to need it fails.
  [[nodiscard]] virtual std::optional<Value> Variable(int slot) const = 0;
};

// An activation that holds its values, by slot.
class FixedActivation final : public Activation {
 public:
  explicit FixedActivation(std::vector<std::optional<Value>> values)
      : values_(std::move(values)) {}

  [[nodiscard]] std::optional<Value> Variable(int slot) const override {
    const auto index = static_cast<size_t>(slot);
    if (index >= values_.size() || !values_[index].has_value()) {
      return std::nullopt;
    }
    return values_[index]->Borrowed();
  }

 private:
  std::vector<std::optional<Value>> values_;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_ACTIVATION_H_
