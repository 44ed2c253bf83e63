// Expressions with bindings and expected results in JSON, as the conformance
// cases of CEL are kept, and values in JSON.
//
// A value is an object with one tag: {"int": "-1"}, {"uint": "1"},
// {"double": "1.5"}, {"bool": true}, {"string": "a"}, {"bytes_hex": "00ff"},
// {"null": true}, {"type": "int"}, {"list": [VALUE]}, {"map": [[VALUE,
// VALUE]]},
// {"timestamp": {"seconds": "0", "nanos": "0"}}, {"duration": {...}},
// {"optional": VALUE}, {"optional": null}.
//
// A file of cases is a list of
//   {"name": "...", "expr": "...", "bindings": {"x": VALUE}, "unchecked": true,
//    "container": "a.b", "value": VALUE}
// with "error": true in place of "value" where evaluating must fail. What may
// be left out: bindings, unchecked, container.
#ifndef PISTIS_ENGINE_EXPR_CASES_H_
#define PISTIS_ENGINE_EXPR_CASES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/expr/checker.h"
#include "engine/expr/environment.h"
#include "engine/expr/expression.h"
#include "engine/expr/value.h"

namespace pistis::expr {

// Variables and what they are bound to, at the same places.
struct Bindings {
  std::vector<Variable> variables = {};
  std::vector<std::optional<Value>> values = {};
};

struct Case {
  std::string name;
  std::string source;
  Bindings bindings = {};
  std::string container = {};
  Typing typing = Typing::kStatic;
  // Absent where evaluating must fail.
  std::optional<Value> wanted = std::nullopt;
};

// The bindings of a JSON object by name; a value is one with a tag, or else
// plain JSON: whole numbers are int, other numbers double, objects maps.
// InvalidArgument where the text is not such an object.
[[nodiscard]] absl::StatusOr<Bindings> ParseBindings(absl::string_view json);

// The cases of a file's text. InvalidArgument where it is not such a file.
[[nodiscard]] absl::StatusOr<std::vector<Case>> ParseCases(
    absl::string_view json);

// A value, and the expression it may borrow from.
struct Evaluated {
  Expression expression;
  Value value;
};

// What `source` comes to; borrows from `bindings`. Fails as
// Environment::Create, Expression::Compile and Expression::Evaluate do.
[[nodiscard]] absl::StatusOr<Evaluated> EvaluateWith(absl::string_view source,
                                                     const Bindings& bindings);

// Why the case does not come out as it should, or nothing where it does. NaN
// is what it should be where NaN is wanted.
[[nodiscard]] std::optional<std::string> FailureOf(const Case& test);

// The value with its tag, on one line. An object is {"object": "its type"}.
[[nodiscard]] std::string ValueToJson(const Value& value);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_CASES_H_
