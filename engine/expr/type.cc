#include "engine/expr/type.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pistis::expr {
namespace {

bool TakesNull(TypeKind kind) {
  return kind == TypeKind::kObject || kind == TypeKind::kTimestamp ||
         kind == TypeKind::kDuration || kind == TypeKind::kOptional;
}

// Matches signatures against arguments, learning the type parameters.
class Matcher {
 public:
  bool Matches(const Type& pattern, const Type& actual) {
    if (pattern.kind() == TypeKind::kParameter) return Bind(pattern, actual);
    if (pattern.is_dyn() || actual.is_dyn()) return true;
    if (TakesNull(pattern.kind()) && actual.kind() == TypeKind::kNull) {
      return true;
    }
    if (pattern.kind() != actual.kind()) return false;
    if (pattern.kind() == TypeKind::kList ||
        pattern.kind() == TypeKind::kOptional) {
      return Matches(pattern.item(), actual.item());
    }
    if (pattern.kind() == TypeKind::kMap) {
      return Matches(pattern.key(), actual.key()) &&
             Matches(pattern.value(), actual.value());
    }
    return pattern == actual;
  }

  [[nodiscard]] Type Fill(const Type& pattern) const {
    switch (pattern.kind()) {
      case TypeKind::kParameter:
        return Bound(pattern).value_or(Type::Dyn());
      case TypeKind::kList:
        return Type::List(Fill(pattern.item()));
      case TypeKind::kOptional:
        return Type::Optional(Fill(pattern.item()));
      case TypeKind::kMap:
        return Type::Map(Fill(pattern.key()), Fill(pattern.value()));
      case TypeKind::kNull:
      case TypeKind::kBool:
      case TypeKind::kInt:
      case TypeKind::kUint:
      case TypeKind::kDouble:
      case TypeKind::kString:
      case TypeKind::kBytes:
      case TypeKind::kObject:
      case TypeKind::kTimestamp:
      case TypeKind::kDuration:
      case TypeKind::kType:
      case TypeKind::kDyn:
        return pattern;
    }
    std::abort();
  }

 private:
  [[nodiscard]] std::optional<Type> Bound(const Type& parameter) const {
    const auto index = static_cast<size_t>(parameter.parameter());
    return index < bound_.size() ? bound_[index] : std::nullopt;
  }

  bool Bind(const Type& parameter, const Type& actual) {
    const auto index = static_cast<size_t>(parameter.parameter());
    if (index >= bound_.size()) bound_.resize(index + 1);
    std::optional<Type>& bound = bound_[index];
    bound = bound.has_value() ? Reconcile(*bound, actual) : actual;
    return bound.has_value();
  }

  std::vector<std::optional<Type>> bound_;
};

}  // namespace

void Type::AddArgument(Type argument) {
  if (argument.depth_ + 1 >= kMaxTypeDepth) argument = Dyn();
  depth_ = std::max(depth_, argument.depth_ + 1);
  arguments_.push_back(std::move(argument));
}

Type Type::List(Type item) {
  Type type(TypeKind::kList);
  type.AddArgument(std::move(item));
  return type;
}

Type Type::Optional(Type item) {
  Type type(TypeKind::kOptional);
  type.AddArgument(std::move(item));
  return type;
}

Type Type::Map(Type key, Type value) {
  Type type(TypeKind::kMap);
  type.AddArgument(std::move(key));
  type.AddArgument(std::move(value));
  return type;
}

Type Type::Object(std::shared_ptr<const ObjectType> declaration) {
  Type type(TypeKind::kObject);
  type.object_ = std::move(declaration);
  return type;
}

Type Type::Parameter(int number) {
  Type type(TypeKind::kParameter);
  type.parameter_ = number;
  return type;
}

Type Type::Of(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kNull:
      return Null();
    case ValueKind::kBool:
      return Bool();
    case ValueKind::kInt:
      return Int();
    case ValueKind::kUint:
      return Uint();
    case ValueKind::kDouble:
      return Double();
    case ValueKind::kString:
      return String();
    case ValueKind::kBytes:
      return Bytes();
    case ValueKind::kList:
      return List(Dyn());
    case ValueKind::kMap:
      return Map(Dyn(), Dyn());
    case ValueKind::kTimestamp:
      return Timestamp();
    case ValueKind::kDuration:
      return Duration();
    case ValueKind::kType:
      return OfTypes();
    case ValueKind::kOptional:
      return Optional(Dyn());
    case ValueKind::kObject:
    case ValueKind::kError:
      return Dyn();
  }
  std::abort();
}

std::string Type::Name() const {
  switch (kind_) {
    case TypeKind::kNull:
      return "null";
    case TypeKind::kBool:
      return "bool";
    case TypeKind::kInt:
      return "int";
    case TypeKind::kUint:
      return "uint";
    case TypeKind::kDouble:
      return "double";
    case TypeKind::kString:
      return "string";
    case TypeKind::kBytes:
      return "bytes";
    case TypeKind::kList:
      return absl::StrCat("list(", item().Name(), ")");
    case TypeKind::kMap:
      return absl::StrCat("map(", key().Name(), ", ", value().Name(), ")");
    case TypeKind::kObject:
      return object_->name;
    case TypeKind::kTimestamp:
      return "timestamp";
    case TypeKind::kDuration:
      return "duration";
    case TypeKind::kType:
      return "type";
    case TypeKind::kOptional:
      return absl::StrCat("optional(", item().Name(), ")");
    case TypeKind::kDyn:
      return "dyn";
    case TypeKind::kParameter:
      return absl::StrCat("<", parameter_, ">");
  }
  std::abort();
}

std::optional<int> ObjectType::SlotOf(absl::string_view field) const {
  if (!slots.empty()) {
    const auto found = slots.find(std::string(field));
    return found == slots.end() ? std::nullopt : std::optional(found->second);
  }
  for (size_t slot = 0; slot < fields.size(); ++slot) {
    if (fields[slot].name == field) return static_cast<int>(slot);
  }
  return std::nullopt;
}

std::vector<std::string> ObjectType::FieldNames() const {
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const Field& field : fields)
    names.push_back(field.name);
  return names;
}

std::optional<Type> Reconcile(const Type& a, const Type& b) {
  if (a == b) return a;
  if (a.is_dyn() || b.is_dyn()) return Type::Dyn();
  if (TakesNull(a.kind()) && b.kind() == TypeKind::kNull) return a;
  if (a.kind() == TypeKind::kNull && TakesNull(b.kind())) return b;
  if (a.kind() != b.kind()) return std::nullopt;
  if (a.kind() == TypeKind::kOptional) {
    const auto item = Reconcile(a.item(), b.item());
    if (item.has_value()) return Type::Optional(*item);
  }
  if (a.kind() == TypeKind::kList) {
    const auto item = Reconcile(a.item(), b.item());
    if (item.has_value()) return Type::List(*item);
  }
  if (a.kind() == TypeKind::kMap) {
    const auto key = Reconcile(a.key(), b.key());
    const auto value = Reconcile(a.value(), b.value());
    if (key.has_value() && value.has_value()) return Type::Map(*key, *value);
  }
  return std::nullopt;
}

std::optional<Type> Either(const std::optional<Type>& a,
                           const std::optional<Type>& b) {
  if (!a.has_value()) return b;
  if (!b.has_value() || *a == *b) return a;
  return Type::Dyn();
}

bool AcceptsKind(const Type& type, ValueKind kind) {
  switch (type.kind()) {
    case TypeKind::kNull:
      return kind == ValueKind::kNull;
    case TypeKind::kBool:
      return kind == ValueKind::kBool;
    case TypeKind::kInt:
      return kind == ValueKind::kInt;
    case TypeKind::kUint:
      return kind == ValueKind::kUint;
    case TypeKind::kDouble:
      return kind == ValueKind::kDouble;
    case TypeKind::kString:
      return kind == ValueKind::kString;
    case TypeKind::kBytes:
      return kind == ValueKind::kBytes;
    case TypeKind::kList:
      return kind == ValueKind::kList;
    case TypeKind::kMap:
      return kind == ValueKind::kMap;
    case TypeKind::kObject:
      return kind == ValueKind::kObject || kind == ValueKind::kNull;
    case TypeKind::kTimestamp:
      return kind == ValueKind::kTimestamp;
    case TypeKind::kDuration:
      return kind == ValueKind::kDuration;
    case TypeKind::kType:
      return kind == ValueKind::kType;
    case TypeKind::kOptional:
      return kind == ValueKind::kOptional;
    case TypeKind::kDyn:
    case TypeKind::kParameter:
      return kind != ValueKind::kError;
  }
  std::abort();
}

bool Signature::TakesCount(size_t arguments) const {
  return last == LastParameter::kOnce ? arguments == parameters.size()
                                      : arguments >= parameters.size();
}

const Type& Signature::ParameterAt(size_t index) const {
  return parameters[std::min(index, parameters.size() - 1)];
}

std::optional<Type> ResultFor(const Signature& signature,
                              absl::Span<const Type> arguments) {
  if (!signature.TakesCount(arguments.size())) return std::nullopt;
  Matcher matcher;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!matcher.Matches(signature.ParameterAt(i), arguments[i])) {
      return std::nullopt;
    }
  }
  return matcher.Fill(signature.result);
}

}  // namespace pistis::expr
