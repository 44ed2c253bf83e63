#include "engine/rules/trace_condition.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "engine/expr/expression.h"

namespace pistis {
namespace {

using expr::NodeId;
using expr::PartKind;
using expr::Value;
using expr::ValueKind;

// Where a list is longer, its size says enough.
constexpr int64_t kMaxShownItems = 8;

// What a part says of a person is not told.
bool IsPersonal(absl::string_view text) {
  return absl::StrContains(text, "member.birthday") ||
         absl::StrContains(text, "member.attributes");
}

// At most kMaxPartText bytes; no character is cut in two.
std::string Clip(absl::string_view text) {
  if (text.size() <= kMaxPartText) return std::string(text);
  size_t end = kMaxPartText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return absl::StrCat(text.substr(0, end), "...");
}

// Nothing for what has no short text: an object, or a list of such.
std::optional<std::string> ShownValue(const Value& value) {
  if (value.kind() == ValueKind::kObject) return std::nullopt;
  if (value.kind() == ValueKind::kList) {
    const int64_t size = value.list().size();
    const bool is_short =
        size <= kMaxShownItems &&
        (size == 0 || value.list().At(0).kind() != ValueKind::kObject);
    if (!is_short) return absl::StrCat(size, " items");
  }
  if (value.kind() == ValueKind::kMap && value.map().size() > kMaxShownItems) {
    return absl::StrCat(value.map().size(), " entries");
  }
  if (value.kind() == ValueKind::kString) {
    // Quoting first would copy a text that may be long.
    return Clip(Value::String(Clip(value.text())).DebugText());
  }
  return Clip(value.DebugText());
}

class Explainer {
 public:
  Explainer(const expr::Expression& expression, const Facts& facts)
      : expression_(expression), facts_(facts) {}

  Explanation Explain() && {
    const expr::Decision decision =
        expression_.Decide(facts_, facts_.steps_left());
    // No part takes more than the whole did.
    steps_ = decision.steps;
    facts_.Spend(steps_);
    found_.holds = decision.holds;
    if (decision.error) {
      found_.failed = true;
      AddPart(decision.error->node, false);
      found_.parts.back().error = WhyItFailed(*decision.error);
    } else {
      Descend(expression_.root(), decision.holds);
    }
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::string WhyItFailed(
      const expr::EvaluationError& error) const {
    const absl::string_view text = expression_.TextOf(error.node);
    if (IsPersonal(text)) return "it could not be computed";
    const std::string message = expression_.Describe(error).message;
    return Clip(absl::StripPrefix(message, absl::StrCat("`", text, "`: ")));
  }

  // `node` came to `holds`.
  void Descend(NodeId node, bool holds) {
    const auto parts = expression_.PartsOf(node);
    switch (expression_.KindOf(node)) {
      case PartKind::kAnd:
        return DescendInto(parts, {.decisive = false, .holds = holds});
      case PartKind::kOr:
        return DescendInto(parts, {.decisive = true, .holds = holds});
      case PartKind::kNot:
        return Descend(parts[0], !holds);
      case PartKind::kConditional: {
        const std::optional<bool> first = Truth(parts[0]);
        if (!first) return AddPart(node, holds);
        Descend(parts[0], *first);
        return Descend(parts[*first ? 1 : 2], holds);
      }
      case PartKind::kLiteral:
      case PartKind::kOther:
        return AddPart(node, holds);
    }
  }

  struct Joined {
    // What one part alone decides.
    bool decisive = false;
    bool holds = false;
  };

  void DescendInto(absl::Span<const NodeId> parts, Joined joined) {
    for (const NodeId part : parts) {
      if (joined.holds != joined.decisive) {
        Descend(part, joined.holds);
      } else if (Truth(part) == joined.decisive) {
        return Descend(part, joined.holds);
      }
    }
  }

  std::optional<bool> Truth(NodeId node) {
    const auto value = Try(node);
    if (!value || value->kind() != ValueKind::kBool) return std::nullopt;
    return value->bool_value();
  }

  std::optional<Value> Try(NodeId node) {
    if (++tried_ > kMaxPartsTried || facts_.steps_left() < steps_) {
      return std::nullopt;
    }
    facts_.Spend(steps_);
    absl::StatusOr<Value> value = expression_.EvaluatePart(node, facts_);
    if (!value.ok()) return std::nullopt;
    return *std::move(value);
  }

  void AddPart(NodeId node, bool holds) {
    if (found_.parts.size() >= kMaxDecidingParts) return;
    DecidingPart part{.text = Clip(expression_.TextOf(node)), .holds = holds};
    for (const NodeId child : expression_.PartsOf(node)) {
      if (expression_.KindOf(child) == PartKind::kLiteral) continue;
      if (IsPersonal(expression_.TextOf(child))) continue;
      const std::optional<Value> value = Try(child);
      if (!value) continue;
      std::optional<std::string> shown = ShownValue(*value);
      const absl::string_view text = expression_.TextOf(child);
      if (!shown || *shown == text) continue;
      part.compared.push_back({.text = Clip(text), .value = *std::move(shown)});
    }
    found_.parts.push_back(std::move(part));
  }

  const expr::Expression& expression_;
  const Facts& facts_;
  int64_t steps_ = 0;
  int tried_ = 0;
  Explanation found_;
};

}  // namespace

Explanation ExplainCondition(const Condition& condition, const Facts& facts) {
  if (condition == nullptr) return {.holds = true};
  return Explainer(*condition, facts).Explain();
}

}  // namespace pistis
