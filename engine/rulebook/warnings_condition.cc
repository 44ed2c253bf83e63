#include "engine/rulebook/warnings_condition.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "engine/expr/activation.h"
#include "engine/expr/ast.h"
#include "engine/expr/parser.h"
#include "engine/expr/value.h"
#include "engine/rulebook/problem.h"

namespace pistis {
namespace {

using expr::Ast;
using expr::Node;
using expr::NodeId;
using expr::NodeKind;
using expr::Operator;
using expr::Value;
using expr::ValueKind;

// What is in longer lists is not looked at.
constexpr int64_t kMaxTextsCompared = 1'000;

// Knows no variable, so that what it evaluates depends on none.
const expr::FixedActivation& NoVariables() {
  static const auto& none = *new expr::FixedActivation({});
  return none;
}

// What one part allows a name to be: whole numbers of a range, or texts among
// or beside some. A truth value is the text "true" or "false".
struct Allowed {
  int64_t least = std::numeric_limits<int64_t>::min();
  int64_t most = std::numeric_limits<int64_t>::max();
  std::optional<int64_t> but_not;
  std::set<std::string> texts;
  bool is_number = true;
  // Of texts: these are excluded.
  bool beside = false;
};

bool ExcludeNumbers(const Allowed& a, const Allowed& b) {
  const int64_t least = std::max(a.least, b.least);
  const int64_t most = std::min(a.most, b.most);
  return least > most ||
         (least == most && (a.but_not == least || b.but_not == least));
}

bool ExcludeTexts(const Allowed& a, const Allowed& b) {
  if (a.beside && b.beside) return false;
  if (a.beside) return ExcludeTexts(b, a);
  for (const std::string& text : a.texts) {
    if ((b.texts.count(text) > 0) != b.beside) return false;
  }
  return true;
}

bool Exclude(const Allowed& a, const Allowed& b) {
  if (a.is_number != b.is_number) return false;
  return a.is_number ? ExcludeNumbers(a, b) : ExcludeTexts(a, b);
}

Operator Turned(Operator operation) {
  if (operation == Operator::kLess) return Operator::kGreater;
  if (operation == Operator::kLessOrEqual) return Operator::kGreaterOrEqual;
  if (operation == Operator::kGreater) return Operator::kLess;
  if (operation == Operator::kGreaterOrEqual) return Operator::kLessOrEqual;
  return operation;
}

std::optional<Allowed> AllowedNumbers(Operator operation, int64_t number) {
  Allowed allowed;
  if (operation == Operator::kEqual) {
    allowed.least = allowed.most = number;
  } else if (operation == Operator::kNotEqual) {
    allowed.but_not = number;
  } else if (operation == Operator::kLessOrEqual) {
    allowed.most = number;
  } else if (operation == Operator::kGreaterOrEqual) {
    allowed.least = number;
  } else if (operation == Operator::kLess && number > allowed.least) {
    allowed.most = number - 1;
  } else if (operation == Operator::kGreater && number < allowed.most) {
    allowed.least = number + 1;
  } else {
    return std::nullopt;
  }
  return allowed;
}

std::optional<std::string> TextOf(const Value& value) {
  if (value.kind() == ValueKind::kString) return std::string(value.text());
  if (value.kind() != ValueKind::kBool) return std::nullopt;
  return value.bool_value() ? "true" : "false";
}

std::optional<Allowed> AllowedTexts(Operator operation, const Value& value) {
  Allowed allowed{.is_number = false,
                  .beside = operation == Operator::kNotEqual};
  if (operation == Operator::kIn && value.kind() == ValueKind::kList) {
    if (value.list().size() > kMaxTextsCompared) return std::nullopt;
    for (int64_t i = 0; i < value.list().size(); ++i) {
      const std::optional<std::string> text = TextOf(value.list().At(i));
      if (!text) return std::nullopt;
      allowed.texts.insert(*text);
    }
    return allowed;
  }
  const std::optional<std::string> text = TextOf(value);
  const bool compares =
      operation == Operator::kEqual || operation == Operator::kNotEqual;
  if (!text || !compares) return std::nullopt;
  allowed.texts.insert(*text);
  return allowed;
}

// Reads the parts of one condition that must all hold.
class Parts {
 public:
  Parts(const Ast& ast, const expr::Environment& environment)
      : ast_(ast), environment_(environment) {}

  std::optional<std::string> FirstContradiction() { return Visit(ast_.root); }

 private:
  struct Part {
    NodeId node;
    Allowed allowed;
  };

  std::optional<std::string> Visit(NodeId id) {
    const Node& node = NodeOf(id);
    if (node.kind != NodeKind::kAnd) return Restrict(id);
    for (const NodeId child : node.children) {
      if (auto found = Visit(child)) return found;
    }
    return std::nullopt;
  }

  std::optional<std::string> Restrict(NodeId id) {
    const Node& node = NodeOf(id);
    if (const auto name = NameOf(id)) {
      return Take(*name, id, Operator::kEqual, Value::Bool(true));
    }
    if (node.kind != NodeKind::kOperator) return std::nullopt;
    if (node.operation == Operator::kNot) {
      const auto name = NameOf(node.children[0]);
      return name ? Take(*name, id, Operator::kEqual, Value::Bool(false))
                  : std::nullopt;
    }
    if (node.children.size() != 2) return std::nullopt;
    if (const auto name = NameOf(node.children[0])) {
      return Take(*name, id, node.operation, ConstantOf(node.children[1]));
    }
    const auto name = NameOf(node.children[1]);
    if (!name || node.operation == Operator::kIn) return std::nullopt;
    return Take(*name, id, Turned(node.operation),
                ConstantOf(node.children[0]));
  }

  std::optional<std::string> Take(const std::string& name, NodeId id,
                                  Operator operation,
                                  const std::optional<Value>& constant) {
    if (!constant) return std::nullopt;
    const std::optional<Allowed> allowed =
        constant->kind() == ValueKind::kInt
            ? AllowedNumbers(operation, constant->int_value())
            : AllowedTexts(operation, *constant);
    if (!allowed) return std::nullopt;
    std::vector<Part>& parts = by_name_[name];
    for (const Part& earlier : parts) {
      if (!Exclude(earlier.allowed, *allowed)) continue;
      return absl::StrCat(Shown(SourceOf(earlier.node)), " and ",
                          Shown(SourceOf(id)));
    }
    parts.push_back({id, *allowed});
    return std::nullopt;
  }

  // "member.orders"; nothing for what is no plain name.
  [[nodiscard]] std::optional<std::string> NameOf(NodeId id) const {
    const Node& node = NodeOf(id);
    if (node.kind == NodeKind::kIdentifier) return node.name;
    if (node.kind != NodeKind::kSelect) return std::nullopt;
    const auto of = NameOf(node.children[0]);
    if (!of) return std::nullopt;
    return absl::StrCat(*of, ".", node.name);
  }

  // The value of a part that depends on nothing.
  [[nodiscard]] std::optional<Value> ConstantOf(NodeId id) {
    absl::StatusOr<expr::Expression> part =
        expr::Expression::Compile(SourceOf(id), environment_);
    if (!part.ok()) return std::nullopt;
    // The value may borrow from the expression.
    constants_.push_back(*std::move(part));
    absl::StatusOr<Value> value = constants_.back().Evaluate(NoVariables());
    if (!value.ok()) return std::nullopt;
    return *std::move(value);
  }

  [[nodiscard]] const Node& NodeOf(NodeId id) const {
    return ast_.nodes[static_cast<size_t>(id)];
  }
  [[nodiscard]] absl::string_view SourceOf(NodeId id) const {
    const Node& node = NodeOf(id);
    return absl::string_view(ast_.source)
        .substr(static_cast<size_t>(node.begin),
                static_cast<size_t>(node.end - node.begin));
  }

  const Ast& ast_;
  const expr::Environment& environment_;
  std::map<std::string, std::vector<Part>> by_name_;
  std::vector<expr::Expression> constants_;
};

}  // namespace

std::optional<bool> AlwaysComesTo(const expr::Expression& condition) {
  const absl::StatusOr<Value> value = condition.Evaluate(NoVariables());
  if (!value.ok() || value->kind() != ValueKind::kBool) return std::nullopt;
  return value->bool_value();
}

std::optional<std::string> Contradiction(const expr::Expression& condition,
                                         const expr::Environment& environment) {
  const absl::StatusOr<Ast> ast = expr::Parse(condition.source());
  if (!ast.ok()) return std::nullopt;
  return Parts(*ast, environment).FirstContradiction();
}

}  // namespace pistis
