#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/function_table.h"
#include "engine/expr/text_builder.h"
#include "engine/expr/utf8.h"

namespace pistis::expr {
namespace {

constexpr int64_t kNoLimit = -1;
// Comparing so many pairs of bytes is one step.
constexpr int64_t kPairsPerStep = 4096;

// White space of Unicode beside 9 to D and 2000 to 200A.
constexpr uint32_t kSpaces[] = {0x20,   0x85,   0xA0,   0x1680, 0x2028,
                                0x2029, 0x202F, 0x205F, 0x3000};
// What a literal escapes, and the letter of each.
constexpr absl::string_view kEscaped = "\a\b\f\n\r\t\v\\\"";
constexpr absl::string_view kLetters = "abfnrtv\\\"";

// What looking for one text in another costs at worst.
int64_t SearchCost(Arguments arguments) {
  return static_cast<int64_t>(arguments[0].text().size() + 1) *
         static_cast<int64_t>(arguments[1].text().size()) / kPairsPerStep;
}

int64_t SizeCost(Arguments arguments) {
  return static_cast<int64_t>(arguments[0].text().size());
}

absl::Status NoSuchPlace(const Value& place) {
  return absl::OutOfRangeError(
      absl::StrCat("the text has no place ", place.DebugText()));
}

Value Copied(absl::string_view text) {
  return Value::String(std::string(text));
}

Result SizeOfText(Arguments arguments) {
  return Value::Int(CountCodePoints(arguments[0].text()));
}

Result SizeOfBytes(Arguments arguments) {
  return Value::Int(static_cast<int64_t>(arguments[0].text().size()));
}

Result Contains(Arguments arguments) {
  return Value::Bool(
      absl::StrContains(arguments[0].text(), arguments[1].text()));
}

Result StartsWith(Arguments arguments) {
  return Value::Bool(
      absl::StartsWith(arguments[0].text(), arguments[1].text()));
}

Result EndsWith(Arguments arguments) {
  return Value::Bool(absl::EndsWith(arguments[0].text(), arguments[1].text()));
}

Result CharAt(Arguments arguments) {
  const absl::string_view text = arguments[0].text();
  const auto at = OffsetOfCodePoint(text, arguments[1].int_value());
  if (!at.has_value()) return NoSuchPlace(arguments[1]);
  if (*at == text.size()) return Value::StringView("");
  return Copied(FirstCodePoint(text.substr(*at)));
}

// A byte offset as a number of code points; -1 for none.
Value PlaceOf(absl::string_view text, size_t offset) {
  if (offset == absl::string_view::npos) return Value::Int(-1);
  return Value::Int(CountCodePoints(text.substr(0, offset)));
}

Result IndexOf(Arguments arguments) {
  const absl::string_view text = arguments[0].text();
  return PlaceOf(text, text.find(arguments[1].text()));
}

Result LastIndexOf(Arguments arguments) {
  const absl::string_view text = arguments[0].text();
  return PlaceOf(text, text.rfind(arguments[1].text()));
}

// Searches from a place on with `find`, a place that no text has being too far.
template <typename Find>
Result FindFrom(Arguments arguments, Find find) {
  const absl::string_view text = arguments[0].text();
  if (arguments[1].text().empty()) return arguments[2];
  if (arguments[2].int_value() < 0) return NoSuchPlace(arguments[2]);
  const auto from = OffsetOfCodePoint(text, arguments[2].int_value());
  if (!from.has_value() || *from == text.size()) return Value::Int(-1);
  return PlaceOf(text, find(text, *from));
}

Result IndexOfFrom(Arguments arguments) {
  return FindFrom(arguments, [&](absl::string_view text, size_t from) {
    return text.find(arguments[1].text(), from);
  });
}

Result LastIndexOfFrom(Arguments arguments) {
  return FindFrom(arguments, [&](absl::string_view text, size_t from) {
    return text.rfind(arguments[1].text(), from);
  });
}

// `text` with every byte as `change` makes it.
Value EachByte(absl::string_view text, char (*change)(unsigned char)) {
  std::string changed(text);
  for (char& byte : changed)
    byte = change(static_cast<unsigned char>(byte));
  return Value::String(std::move(changed));
}

Result LowerAscii(Arguments arguments) {
  return EachByte(arguments[0].text(), absl::ascii_tolower);
}

Result UpperAscii(Arguments arguments) {
  return EachByte(arguments[0].text(), absl::ascii_toupper);
}

// An empty `old` stands in front of each code point and at the end.
Value Replaced(absl::string_view text, absl::string_view old,
               absl::string_view fresh, int64_t limit) {
  TextBuilder result;
  while (limit != 0 && !result.full()) {
    const size_t at = text.find(old);
    if (at == absl::string_view::npos) break;
    result.Append(text.substr(0, at));
    result.Append(fresh);
    text.remove_prefix(at + old.size());
    if (limit > 0) --limit;
    if (!old.empty()) continue;
    if (text.empty()) break;
    const absl::string_view first = FirstCodePoint(text);
    result.Append(first);
    text.remove_prefix(first.size());
  }
  result.Append(text);
  return std::move(result).Finish();
}

Result Replace(Arguments arguments) {
  return Replaced(arguments[0].text(), arguments[1].text(), arguments[2].text(),
                  kNoLimit);
}

Result ReplaceSome(Arguments arguments) {
  return Replaced(arguments[0].text(), arguments[1].text(), arguments[2].text(),
                  arguments[3].int_value());
}

// At most `limit` parts; an empty separator parts every two code points.
Value SplitBy(absl::string_view text, absl::string_view separator,
              int64_t limit) {
  std::vector<Value> parts;
  if (limit == 0) return Value::List({});
  if (separator.empty() && text.empty()) return Value::List({});
  while (limit < 0 || static_cast<int64_t>(parts.size()) + 1 < limit) {
    size_t at = text.find(separator);
    if (separator.empty()) at = FirstCodePoint(text).size();
    const bool last =
        separator.empty() ? at == text.size() : at == absl::string_view::npos;
    if (last) break;
    parts.push_back(Copied(text.substr(0, at)));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(Copied(text));
  return Value::List(std::move(parts));
}

Result Split(Arguments arguments) {
  return SplitBy(arguments[0].text(), arguments[1].text(), kNoLimit);
}

Result SplitSome(Arguments arguments) {
  return SplitBy(arguments[0].text(), arguments[1].text(),
                 arguments[2].int_value());
}

Result JoinedBy(const ListValue& list, absl::string_view separator) {
  TextBuilder result;
  for (int64_t i = 0; i < list.size() && !result.full(); ++i) {
    const Value item = list.At(i);
    if (item.kind() != ValueKind::kString) {
      return Value::Error(ErrorCode::kNoSuchOverload);
    }
    if (i > 0) result.Append(separator);
    result.Append(item.text());
  }
  return std::move(result).Finish();
}

Result Join(Arguments arguments) {
  return JoinedBy(arguments[0].list(), "");
}

Result JoinWith(Arguments arguments) {
  return JoinedBy(arguments[0].list(), arguments[1].text());
}

Result SubstringBetween(absl::string_view text, const Value& begin,
                        const Value& end) {
  const auto from = OffsetOfCodePoint(text, begin.int_value());
  if (!from.has_value()) return NoSuchPlace(begin);
  const auto to = OffsetOfCodePoint(text, end.int_value());
  if (!to.has_value()) return NoSuchPlace(end);
  if (*to < *from) return NoSuchPlace(end);
  return Copied(text.substr(*from, *to - *from));
}

Result Substring(Arguments arguments) {
  const absl::string_view text = arguments[0].text();
  return SubstringBetween(text, arguments[1],
                          Value::Int(CountCodePoints(text)));
}

Result SubstringTo(Arguments arguments) {
  return SubstringBetween(arguments[0].text(), arguments[1], arguments[2]);
}

// White space of Unicode.
bool IsSpace(uint32_t code_point) {
  return (code_point >= 0x9 && code_point <= 0xD) ||
         (code_point >= 0x2000 && code_point <= 0x200A) ||
         std::find(std::begin(kSpaces), std::end(kSpaces), code_point) !=
             std::end(kSpaces);
}

Result Trim(Arguments arguments) {
  const absl::string_view text = arguments[0].text();
  size_t begin = text.size();
  size_t end = 0;
  for (size_t at = 0; at < text.size();) {
    const absl::string_view first = FirstCodePoint(text.substr(at));
    const bool kept = !IsSpace(DecodeUtf8(first));
    if (kept) begin = std::min(begin, at);
    at += first.size();
    if (kept) end = at;
  }
  return Copied(text.substr(std::min(begin, end), end - std::min(begin, end)));
}

Result Reverse(Arguments arguments) {
  const absl::string_view text = arguments[0].text();
  std::string reversed;
  reversed.reserve(text.size());
  size_t end = text.size();
  while (end > 0) {
    size_t begin = end - 1;
    while (begin > 0 && CountCodePoints(text.substr(begin, 1)) == 0)
      --begin;
    reversed.append(text.data() + begin, end - begin);
    end = begin;
  }
  return Value::String(std::move(reversed));
}

// The text as a literal, in quotes; what is no UTF-8 becomes U+FFFD.
Result Quote(Arguments arguments) {
  absl::string_view text = arguments[0].text();
  TextBuilder result;
  result.Append("\"");
  while (!text.empty()) {
    const absl::string_view first = FirstCodePoint(text);
    text.remove_prefix(first.size());
    const size_t escaped = kEscaped.find(first);
    if (FirstInvalidUtf8(first).has_value()) {
      result.Append("\xEF\xBF\xBD");
    } else if (escaped != absl::string_view::npos) {
      result.Append("\\");
      result.Append(kLetters.substr(escaped, 1));
    } else {
      result.Append(first);
    }
  }
  result.Append("\"");
  return std::move(result).Finish();
}

Result Base64Encode(Arguments arguments) {
  return Value::String(absl::Base64Escape(arguments[0].text()));
}

Result Base64Decode(Arguments arguments) {
  std::string bytes;
  if (!absl::Base64Unescape(arguments[0].text(), &bytes)) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments[0].DebugText(), " is not Base64"));
  }
  return Value::Bytes(std::move(bytes));
}

void AddSearches(FunctionTable& table) {
  const Type text = Type::String();
  const Type whole = Type::Int();
  table.Method("contains", {text, text}, Type::Bool(), Contains).cost =
      SearchCost;
  table.Method("startsWith", {text, text}, Type::Bool(), StartsWith);
  table.Method("endsWith", {text, text}, Type::Bool(), EndsWith);
  table.Method("indexOf", {text, text}, whole, IndexOf).cost = SearchCost;
  table.Method("indexOf", {text, text, whole}, whole, IndexOfFrom).cost =
      SearchCost;
  table.Method("lastIndexOf", {text, text}, whole, LastIndexOf).cost =
      SearchCost;
  table.Method("lastIndexOf", {text, text, whole}, whole, LastIndexOfFrom)
      .cost = SearchCost;
  table.Method("charAt", {text, whole}, text, CharAt);
  table.Method("substring", {text, whole}, text, Substring);
  table.Method("substring", {text, whole, whole}, text, SubstringTo);
}

void AddChanges(FunctionTable& table) {
  const Type text = Type::String();
  const Type whole = Type::Int();
  const Type texts = Type::List(text);
  const auto search_and_split = [](Arguments arguments) {
    return SearchCost(arguments) + SizeCost(arguments);
  };
  table.Method("lowerAscii", {text}, text, LowerAscii);
  table.Method("upperAscii", {text}, text, UpperAscii);
  table.Method("trim", {text}, text, Trim);
  table.Method("reverse", {text}, text, Reverse);
  table.Method("replace", {text, text, text}, text, Replace).cost = SearchCost;
  table.Method("replace", {text, text, text, whole}, text, ReplaceSome).cost =
      SearchCost;
  table.Method("split", {text, text}, texts, Split).cost = search_and_split;
  table.Method("split", {text, text, whole}, texts, SplitSome).cost =
      search_and_split;
  table.Method("join", {texts}, text, Join);
  table.Method("join", {texts, text}, text, JoinWith);
  table.Global("strings.quote", {text}, text, Quote);
}

}  // namespace

void AddTextFunctions(FunctionTable& table) {
  const Type text = Type::String();
  const Type bytes = Type::Bytes();
  table.Global("size", {text}, Type::Int(), SizeOfText);
  table.Method("size", {text}, Type::Int(), SizeOfText);
  table.Global("size", {bytes}, Type::Int(), SizeOfBytes);
  table.Method("size", {bytes}, Type::Int(), SizeOfBytes);
  AddSearches(table);
  AddChanges(table);
  table.Global("base64.encode", {bytes}, text, Base64Encode);
  table.Global("base64.decode", {text}, bytes, Base64Decode);
}

}  // namespace pistis::expr
