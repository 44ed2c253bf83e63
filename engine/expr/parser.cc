#include "engine/expr/parser.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/expr/error.h"
#include "engine/expr/lexer.h"

namespace pistis::expr {
namespace {

constexpr uint64_t kIntMinMagnitude = uint64_t{1} << 63U;

struct BinaryOperator {
  absl::string_view text;
  Operator operation = Operator::kNot;
  // Binds tighter where higher.
  int level = 0;
};

constexpr int kTightestLevel = 2;
constexpr std::array<BinaryOperator, 12> kBinaryOperators = {{
    {"<", Operator::kLess, 0},
    {"<=", Operator::kLessOrEqual, 0},
    {">=", Operator::kGreaterOrEqual, 0},
    {">", Operator::kGreater, 0},
    {"==", Operator::kEqual, 0},
    {"!=", Operator::kNotEqual, 0},
    {"in", Operator::kIn, 0},
    {"+", Operator::kAdd, 1},
    {"-", Operator::kSubtract, 1},
    {"*", Operator::kMultiply, 2},
    {"/", Operator::kDivide, 2},
    {"%", Operator::kModulo, 2},
}};

class Parser {
 public:
  Parser(Ast& ast, std::vector<Token> tokens)
      : ast_(ast), tokens_(std::move(tokens)) {}

  absl::Status Run() {
    PISTIS_ASSIGN_OR_RETURN(ast_.root, ParseExpr());
    if (Current().kind != TokenKind::kEnd) {
      return ErrorHere("an operator or the end");
    }
    return absl::OkStatus();
  }

 private:
  using Parsed = absl::StatusOr<NodeId>;

  [[nodiscard]] const Token& Current() const { return tokens_[at_]; }

  [[nodiscard]] bool Sees(absl::string_view text) const {
    const bool fixed = Current().kind == TokenKind::kSymbol ||
                       Current().kind == TokenKind::kKeyword;
    return fixed && Current().text == text;
  }

  bool Take(absl::string_view text) {
    if (!Sees(text)) return false;
    ++at_;
    return true;
  }

  absl::Status Expect(absl::string_view text) {
    if (Take(text)) return absl::OkStatus();
    return ErrorHere(absl::StrCat("`", text, "`"));
  }

  [[nodiscard]] absl::Status Error(int offset, std::string message) const {
    return MakeExprError(ast_.source, {offset, std::move(message)});
  }

  [[nodiscard]] absl::Status ErrorHere(absl::string_view wanted) const {
    const Token& token = Current();
    const std::string found = token.kind == TokenKind::kEnd
                                  ? std::string("the end")
                                  : absl::StrCat("`", token.text, "`");
    return Error(token.begin,
                 absl::StrCat("expected ", wanted, ", found ", found));
  }

  // Adds `node`, with its end at the last token taken.
  Parsed Add(Node node) {
    node.end = at_ == 0 ? 0 : tokens_[at_ - 1].end;
    for (const NodeId child : node.children) {
      node.height = std::max(node.height, NodeAt(child).height + 1);
    }
    if (node.height > kMaxHeight) {
      return Error(node.offset, "this expression is too deep");
    }
    ast_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(ast_.nodes.size() - 1);
  }

  [[nodiscard]] const Node& NodeAt(NodeId id) const {
    return ast_.nodes[static_cast<size_t>(id)];
  }

  // A node that begins where its first child does and points at `offset`.
  [[nodiscard]] Node Above(NodeKind kind, int offset,
                           std::vector<NodeId> children) const {
    Node node;
    node.kind = kind;
    node.begin = NodeAt(children.front()).begin;
    node.offset = offset;
    node.children = std::move(children);
    return node;
  }

  [[nodiscard]] static Node At(NodeKind kind, const Token& token) {
    Node node;
    node.kind = kind;
    node.begin = token.begin;
    node.offset = token.begin;
    return node;
  }

  Parsed ParseExpr() {
    if (++nesting_ > kMaxNesting) {
      return Error(Current().begin, "this expression nests too deep");
    }
    Parsed parsed = ParseConditional();
    --nesting_;
    return parsed;
  }

  Parsed ParseConditional() {
    PISTIS_ASSIGN_OR_RETURN(const NodeId condition, ParseOr());
    const int offset = Current().begin;
    if (!Take("?")) return condition;
    PISTIS_ASSIGN_OR_RETURN(const NodeId then, ParseOr());
    PISTIS_RETURN_IF_ERROR(Expect(":"));
    PISTIS_ASSIGN_OR_RETURN(const NodeId otherwise, ParseExpr());
    return Add(
        Above(NodeKind::kConditional, offset, {condition, then, otherwise}));
  }

  Parsed ParseOr() {
    return ParseChain("||", NodeKind::kOr, [this] { return ParseAnd(); });
  }

  Parsed ParseAnd() {
    return ParseChain("&&", NodeKind::kAnd, [this] { return ParseBinary(0); });
  }

  template <typename ParseOperand>
  Parsed ParseChain(absl::string_view symbol, NodeKind kind,
                    ParseOperand parse_operand) {
    PISTIS_ASSIGN_OR_RETURN(const NodeId first, parse_operand());
    const int offset = Current().begin;
    if (!Sees(symbol)) return first;
    std::vector<NodeId> operands = {first};
    while (Take(symbol)) {
      PISTIS_ASSIGN_OR_RETURN(const NodeId operand, parse_operand());
      operands.push_back(operand);
    }
    return Add(Above(kind, offset, std::move(operands)));
  }

  [[nodiscard]] std::optional<Operator> SeesBinary(int level) const {
    for (const BinaryOperator& candidate : kBinaryOperators) {
      if (candidate.level == level && Sees(candidate.text)) {
        return candidate.operation;
      }
    }
    return std::nullopt;
  }

  Parsed ParseBinary(int level) {
    if (level > kTightestLevel) return ParseUnary();
    PISTIS_ASSIGN_OR_RETURN(NodeId left, ParseBinary(level + 1));
    while (const auto operation = SeesBinary(level)) {
      const int offset = Current().begin;
      ++at_;
      PISTIS_ASSIGN_OR_RETURN(const NodeId right, ParseBinary(level + 1));
      Node node = Above(NodeKind::kOperator, offset, {left, right});
      node.operation = *operation;
      PISTIS_ASSIGN_OR_RETURN(left, Add(std::move(node)));
    }
    return left;
  }

  Parsed ParseUnary() {
    const size_t first = at_;
    while (Sees("!") || Sees("-"))
      ++at_;
    size_t operators_end = at_;
    const bool negative_literal = at_ > first && tokens_[at_ - 1].text == "-" &&
                                  (Current().kind == TokenKind::kInt ||
                                   Current().kind == TokenKind::kDouble);
    if (negative_literal) at_ = --operators_end;
    PISTIS_ASSIGN_OR_RETURN(NodeId operand, ParseMember());
    while (operators_end > first) {
      const Token& token = tokens_[--operators_end];
      Node node = At(NodeKind::kOperator, token);
      node.operation = token.text == "!" ? Operator::kNot : Operator::kNegate;
      node.children = {operand};
      PISTIS_ASSIGN_OR_RETURN(operand, Add(std::move(node)));
    }
    return operand;
  }

  Parsed ParseMember() {
    PISTIS_ASSIGN_OR_RETURN(NodeId operand, ParsePrimary());
    while (true) {
      if (Sees(".")) {
        PISTIS_ASSIGN_OR_RETURN(operand, ParseSelection(operand));
      } else if (Sees("[")) {
        PISTIS_ASSIGN_OR_RETURN(operand, ParseIndex(operand));
      } else if (Sees("{")) {
        return Error(Current().begin, "messages cannot be built here");
      } else {
        return operand;
      }
    }
  }

  Parsed ParseSelection(NodeId operand) {
    ++at_;
    const bool optional = Take("?");
    const Token& name = Current();
    if (name.kind != TokenKind::kIdentifier &&
        name.kind != TokenKind::kEscapedIdentifier) {
      return ErrorHere("a field or method name");
    }
    ++at_;
    std::vector<NodeId> children = {operand};
    NodeKind kind = optional ? NodeKind::kOptionalSelect : NodeKind::kSelect;
    if (!optional && name.kind == TokenKind::kIdentifier && Take("(")) {
      kind = NodeKind::kMethodCall;
      PISTIS_RETURN_IF_ERROR(ParseArguments(children));
    }
    Node node = Above(kind, name.begin, std::move(children));
    node.name = std::string(name.text);
    return Add(std::move(node));
  }

  Parsed ParseIndex(NodeId operand) {
    const int offset = Current().begin;
    ++at_;
    const NodeKind kind =
        Take("?") ? NodeKind::kOptionalIndex : NodeKind::kIndex;
    PISTIS_ASSIGN_OR_RETURN(const NodeId index, ParseExpr());
    PISTIS_RETURN_IF_ERROR(Expect("]"));
    return Add(Above(kind, offset, {operand, index}));
  }

  // Takes arguments and the closing bracket behind them.
  absl::Status ParseArguments(std::vector<NodeId>& arguments) {
    if (Take(")")) return absl::OkStatus();
    do {
      PISTIS_ASSIGN_OR_RETURN(const NodeId argument, ParseExpr());
      arguments.push_back(argument);
    } while (Take(","));
    return Expect(")");
  }

  Parsed ParsePrimary() {
    const int begin = Current().begin;
    if (Take("(")) {
      PISTIS_ASSIGN_OR_RETURN(const NodeId inner, ParseExpr());
      PISTIS_RETURN_IF_ERROR(Expect(")"));
      Node& node = ast_.nodes[static_cast<size_t>(inner)];
      node.begin = begin;
      node.end = tokens_[at_ - 1].end;
      return inner;
    }
    if (Sees("[")) return ParseList();
    if (Sees("{")) return ParseMap();
    const bool named = Sees(".") || Current().kind == TokenKind::kIdentifier;
    return named ? ParseName() : ParseLiteral();
  }

  Parsed ParseName() {
    const absl::string_view dot = Take(".") ? "." : "";
    const Token& name = Current();
    if (name.kind != TokenKind::kIdentifier) return ErrorHere("a name");
    if (IsReservedWord(name.text)) {
      return Error(name.begin,
                   absl::StrCat("`", name.text, "` is a reserved word"));
    }
    ++at_;
    Node node = At(NodeKind::kIdentifier, name);
    node.name = absl::StrCat(dot, name.text);
    if (Take("(")) {
      node.kind = NodeKind::kFunctionCall;
      PISTIS_RETURN_IF_ERROR(ParseArguments(node.children));
    }
    return Add(std::move(node));
  }

  Parsed AddOptionalItem(NodeId item) {
    return Add(Above(NodeKind::kOptionalItem, NodeAt(item).begin, {item}));
  }

  Parsed ParseList() {
    Node node = At(NodeKind::kList, Current());
    ++at_;
    while (!Sees("]")) {
      const bool optional = Take("?");
      PISTIS_ASSIGN_OR_RETURN(NodeId item, ParseExpr());
      if (optional) {
        PISTIS_ASSIGN_OR_RETURN(item, AddOptionalItem(item));
      }
      node.children.push_back(item);
      if (!Take(",")) break;
    }
    PISTIS_RETURN_IF_ERROR(Expect("]"));
    return Add(std::move(node));
  }

  Parsed ParseMap() {
    Node node = At(NodeKind::kMap, Current());
    ++at_;
    while (!Sees("}")) {
      const bool optional = Take("?");
      PISTIS_ASSIGN_OR_RETURN(const NodeId key, ParseExpr());
      PISTIS_RETURN_IF_ERROR(Expect(":"));
      PISTIS_ASSIGN_OR_RETURN(NodeId value, ParseExpr());
      if (optional) {
        PISTIS_ASSIGN_OR_RETURN(value, AddOptionalItem(value));
      }
      node.children.push_back(key);
      node.children.push_back(value);
      if (!Take(",")) break;
    }
    PISTIS_RETURN_IF_ERROR(Expect("}"));
    return Add(std::move(node));
  }

  Parsed ParseLiteral() {
    Node node = At(NodeKind::kLiteral, Current());
    const bool negative = Take("-");
    PISTIS_ASSIGN_OR_RETURN(node.literal,
                            LiteralHere(negative ? Sign::kMinus : Sign::kPlus));
    ++at_;
    return Add(std::move(node));
  }

  enum class Sign { kPlus, kMinus };

  [[nodiscard]] absl::StatusOr<Value> LiteralHere(Sign sign) const {
    const Token& token = Current();
    switch (token.kind) {
      case TokenKind::kInt:
        return IntLiteral(token, sign);
      case TokenKind::kUint:
        return Value::Uint(token.magnitude);
      case TokenKind::kDouble:
        return Value::Double(sign == Sign::kMinus ? -token.number
                                                  : token.number);
      case TokenKind::kString:
        return Value::String(token.content);
      case TokenKind::kBytes:
        return Value::Bytes(token.content);
      case TokenKind::kKeyword:
        if (token.text == "null") return Value();
        if (token.text != "in") return Value::Bool(token.text == "true");
        break;
      case TokenKind::kEnd:
      case TokenKind::kIdentifier:
      case TokenKind::kEscapedIdentifier:
      case TokenKind::kSymbol:
        break;
    }
    return ErrorHere("a value");
  }

  [[nodiscard]] absl::StatusOr<Value> IntLiteral(const Token& token,
                                                 Sign sign) const {
    if (sign == Sign::kMinus && token.magnitude == kIntMinMagnitude) {
      return Value::Int(std::numeric_limits<int64_t>::min());
    }
    if (token.magnitude >= kIntMinMagnitude) {
      return Error(token.begin, "this number does not fit an int");
    }
    const auto magnitude = static_cast<int64_t>(token.magnitude);
    return Value::Int(sign == Sign::kMinus ? -magnitude : magnitude);
  }

  Ast& ast_;
  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace

absl::string_view OperatorText(Operator operation) {
  if (operation == Operator::kNot) return "!";
  if (operation == Operator::kNegate) return "-";
  for (const BinaryOperator& candidate : kBinaryOperators) {
    if (candidate.operation == operation) return candidate.text;
  }
  std::abort();
}

absl::StatusOr<Ast> Parse(absl::string_view source) {
  Ast ast;
  ast.source = std::string(source.substr(0, kMaxSourceBytes));
  if (source.size() > kMaxSourceBytes) {
    return MakeExprError(
        ast.source, {kMaxSourceBytes, absl::StrCat("an expression has at most ",
                                                   kMaxSourceBytes, " bytes")});
  }
  PISTIS_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(ast.source));
  PISTIS_RETURN_IF_ERROR(Parser(ast, std::move(tokens)).Run());
  return ast;
}

}  // namespace pistis::expr
