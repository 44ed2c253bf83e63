// The types of expressions and how they match.
#ifndef PISTIS_ENGINE_EXPR_TYPE_H_
#define PISTIS_ENGINE_EXPR_TYPE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
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
  kTimestamp,
  kDuration,
  // Of types as values.
  kType,
  kOptional,
  // Known only at run time; fits everywhere.
  kDyn,
  // A placeholder in a function's signature: the same type wherever the same
  // number stands.
  kParameter,
};

// How deep types nest; what lies deeper is dyn.
inline constexpr int kMaxTypeDepth = 16;

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
  static Type Timestamp() { return Type(TypeKind::kTimestamp); }
  static Type Duration() { return Type(TypeKind::kDuration); }
  static Type OfTypes() { return Type(TypeKind::kType); }
  static Type List(Type item);
  static Type Optional(Type item);
  static Type Map(Type key, Type value);
  // `declaration` must not be null.
  static Type Object(std::shared_ptr<const ObjectType> declaration);
  static Type Parameter(int number);
  // Of a value; of what lists, maps and optionals hold, and of objects, dyn.
  static Type Of(const Value& value);

  [[nodiscard]] TypeKind kind() const { return kind_; }
  [[nodiscard]] bool is_dyn() const { return kind_ == TypeKind::kDyn; }
  // The item type of a list or optional, the key and value types of a map.
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
  void AddArgument(Type argument);

  TypeKind kind_ = TypeKind::kDyn;
  int depth_ = 0;
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
  // Where there are many fields, the slot of each by its name; else empty, and
  // they are looked through.
  std::map<std::string, int, std::less<>> slots = {};

  // The slot of the field, or nothing where there is none of that name.
  [[nodiscard]] std::optional<int> SlotOf(absl::string_view field) const;
  [[nodiscard]] std::vector<std::string> FieldNames() const;
};

// The one type that values of both types have: either one, where they are the
// same, or dyn in the parts where one is dyn; nothing where they disagree. Null
// goes with every object, timestamp, duration and optional.
[[nodiscard]] std::optional<Type> Reconcile(const Type& a, const Type& b);

// What comes out where either of two overloads may be the one.
[[nodiscard]] std::optional<Type> Either(const std::optional<Type>& a,
                                         const std::optional<Type>& b);

// True where a value of `kind` may stand where `type` is declared; what lists
// and maps hold is not looked at.
[[nodiscard]] bool AcceptsKind(const Type& type, ValueKind kind);

enum class LastParameter : uint8_t { kOnce, kOnceOrMore };

// What a function takes and gives; may hold type parameters.
struct Signature {
  std::vector<Type> parameters;
  Type result;
  // How often the last parameter may stand.
  LastParameter last = LastParameter::kOnce;

  [[nodiscard]] bool TakesCount(size_t arguments) const;
  // What the argument at `index` must be.
  [[nodiscard]] const Type& ParameterAt(size_t index) const;
};

// The result type of `signature` for arguments of these types, its type
// parameters filled in (dyn where nothing says); nothing where it does not take
// them.
[[nodiscard]] std::optional<Type> ResultFor(const Signature& signature,
                                            absl::Span<const Type> arguments);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_TYPE_H_
