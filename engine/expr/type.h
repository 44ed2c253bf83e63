// The types of expressions and how they match.
#ifndef PISTIS_ENGINE_EXPR_TYPE_H_
#define PISTIS_ENGINE_EXPR_TYPE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/expr/value.h"

namespace pistis::expr {

enum class TypeKind : uint8_t {
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kList,
  kMap,
  kObject,
  // Known only at run time; fits everywhere.
  kDyn,
  // A placeholder in a function's signature: the same type wherever the same
  // number stands.
  kParameter,
};

// A type. Value type: immutable once made, any thread.
class Type {
 public:
  // Dyn.
  Type() = default;

  static Type Null() { return Type(TypeKind::kNull); }
  static Type Bool() { return Type(TypeKind::kBool); }
  static Type Int() { return Type(TypeKind::kInt); }
  static Type Uint() { return Type(TypeKind::kUint); }
  static Type Double() { return Type(TypeKind::kDouble); }
  static Type String() { return Type(TypeKind::kString); }
  static Type Bytes() { return Type(TypeKind::kBytes); }
  static Type Dyn() { return Type(TypeKind::kDyn); }
  static Type List(Type item);
  static Type Map(Type key, Type value);
  // `declaration` must not be null.
  static Type Object(std::shared_ptr<const ObjectType> declaration);
  static Type Parameter(int number);

  [[nodiscard]] TypeKind kind() const { return kind_; }
  [[nodiscard]] bool is_dyn() const { return kind_ == TypeKind::kDyn; }
  // The item type of a list, the key and value types of a map.
  [[nodiscard]] const Type& item() const { return arguments_[0]; }
  [[nodiscard]] const Type& key() const { return arguments_[0]; }
  [[nodiscard]] const Type& value() const { return arguments_[1]; }
  [[nodiscard]] const ObjectType& object() const { return *object_; }
  [[nodiscard]] int parameter() const { return parameter_; }

  // "int", "list(string)", "map(string, int)", "line".
  [[nodiscard]] std::string Name() const;

  // Objects are the same where one declaration made both.
  friend bool operator==(const Type&, const Type&) = default;

 private:
  explicit Type(TypeKind kind) : kind_(kind) {}

  TypeKind kind_ = TypeKind::kDyn;
  int parameter_ = 0;
  std::vector<Type> arguments_;
  std::shared_ptr<const ObjectType> object_;
};

// A named type with fields; a field's place in `fields` is its slot.
struct ObjectType {
  struct Field {
    std::string name;
    Type type;
  };
  std::string name;
  std::vector<Field> fields;

  // The slot of the field, or nothing where there is none of that name.
  [[nodiscard]] std::optional<int> SlotOf(absl::string_view field) const;
  [[nodiscard]] std::vector<std::string> FieldNames() const;
};

// The one type that values of both types have: either one, where they are the
// same, or dyn in the parts where one is dyn; nothing where they disagree. Null
// goes with every object.
[[nodiscard]] std::optional<Type> Reconcile(const Type& a, const Type& b);

// True where a value of `kind` may stand where `type` is declared; what lists
// and maps hold is not looked at.
[[nodiscard]] bool AcceptsKind(const Type& type, ValueKind kind);

// What a function takes and gives; may hold type parameters.
struct Signature {
  std::vector<Type> parameters;
  Type result;
};

// The result type of `signature` for arguments of these types, its type
// parameters filled in (dyn where nothing says); nothing where it does not take
// them.
[[nodiscard]] std::optional<Type> ResultFor(const Signature& signature,
                                            absl::Span<const Type> arguments);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_TYPE_H_
