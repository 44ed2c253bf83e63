#include "engine/rulebook/diff.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

#include "engine/rulebook/positions.h"

namespace pistis {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxShownBytes = 160;
constexpr size_t kShownBeforeDifference = 20;
constexpr size_t kMaxShownItems = 5;
constexpr absl::string_view kStated = "stated";

// Something that a rulebook states: a value, or that there is an entry.
struct Statement {
  std::string path;
  // The same in words.
  std::string words;
  std::string value;
  bool is_entry = false;
  // Of a list in which the order says nothing: what is in it; `value` is empty.
  std::set<std::string> items = {};
};

// By the numbers of fields and the keys of entries on the way to it, so that an
// entry comes before what is in it.
using Statements = std::map<std::vector<std::string>, Statement>;

bool IsPlain(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxShownBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '%' || c == '-' ||
                  c == '_' || c == '/' || c == ':';
         });
}

// The beginning of the code point that byte `at` is of.
size_t Aligned(absl::string_view text, size_t at) {
  while (at > 0 && at < text.size() &&
         (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
    --at;
  return std::min(at, text.size());
}

// `text` as it is shown, where it is long from a little before `difference` on.
std::string ShownFrom(absl::string_view text, size_t difference) {
  if (IsPlain(text)) return std::string(text);
  size_t begin = 0;
  if (text.size() > kMaxShownBytes && difference > kMaxShownBytes / 2) {
    begin = Aligned(text, difference - kShownBeforeDifference);
  }
  const size_t end = Aligned(text, begin + kMaxShownBytes);
  return absl::StrCat("\"", begin > 0 ? "..." : "",
                      absl::Utf8SafeCHexEscape(text.substr(begin, end - begin)),
                      end < text.size() ? "..." : "", "\"");
}

std::string ScalarText(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(message, &field));
    default:
      return "";
  }
}

std::string ListText(const Message& message, const FieldDescriptor& list) {
  const auto& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &list);
  std::vector<std::string> texts;
  texts.reserve(static_cast<size_t>(size));
  for (int i = 0; i < size; ++i)
    texts.push_back(reflection.GetRepeatedString(message, &list, i));
  return absl::StrJoin(texts, ", ");
}

const FieldDescriptor* IdField(const FieldDescriptor& list) {
  return list.message_type()->FindFieldByName("id");
}

// Collects what a message states.
class StatementReader {
 public:
  // Where a message is.
  struct Place {
    std::vector<std::string> key;
    std::string path;
    std::string words;
  };

  void Read(const Message& message, const Place& place) {
    const auto& descriptor = *message.GetDescriptor();
    const auto& reflection = *message.GetReflection();
    for (int i = 0; i < descriptor.field_count(); ++i) {
      const FieldDescriptor& field = *descriptor.field(i);
      const Place inner = Below(place, field);
      if (field.is_repeated()) {
        ReadRepeated(message, field, inner);
      } else if (!reflection.HasField(message, &field)) {
        continue;
      } else if (field.message_type() == nullptr) {
        Add(inner, ScalarText(message, field));
      } else {
        ReadInner(reflection.GetMessage(message, &field), inner);
      }
    }
  }

  [[nodiscard]] Statements Take() && { return std::move(statements_); }

 private:
  static Place Below(const Place& place, const FieldDescriptor& field) {
    Place inner = place;
    inner.key.push_back(absl::StrFormat("%04d", field.number()));
    inner.path = KeyPath(place.path, field.name());
    inner.words = place.words.empty()
                      ? field.name()
                      : absl::StrCat(place.words, " ", field.name());
    const bool caps = field.message_type() == v1::MarginCaps::descriptor() ||
                      field.message_type() == v1::LineCaps::descriptor();
    if (caps) inner.words = absl::StrCat("cap ", field.name());
    return inner;
  }

  // The place of an entry of the list at `place`.
  static Place Entry(const Place& place, const FieldDescriptor& list,
                     const std::string& key) {
    Place inner = place;
    inner.key.push_back(key);
    inner.path = absl::StrCat(place.path, "[", key, "]");
    inner.words = absl::StrCat(place.words, " ", key);
    if (list.containing_type() == v1::Rulebook::descriptor() &&
        !list.is_map()) {
      inner.words = absl::StrCat(list.name().substr(0, list.name().size() - 1),
                                 " ", key, ":");
    }
    return inner;
  }

  void ReadInner(const Message& message, const Place& place) {
    const size_t before = statements_.size();
    Read(message, place);
    if (statements_.size() == before) Add(place, std::string(kStated));
  }

  void ReadRepeated(const Message& message, const FieldDescriptor& list,
                    const Place& place) {
    const auto& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &list);
    if (list.containing_type() == v1::ItemList::descriptor()) {
      const auto& skus = static_cast<const v1::ItemList&>(message).skus();
      Add(place, "").items = {skus.begin(), skus.end()};
      return;
    }
    if (list.message_type() == nullptr) {
      if (size > 0) Add(place, ListText(message, list));
      return;
    }
    const FieldDescriptor* id =
        list.is_map() ? list.message_type()->map_key() : IdField(list);
    for (int i = 0; i < size; ++i) {
      const Message& entry = reflection.GetRepeatedMessage(message, &list, i);
      Place inner =
          Entry(place, list,
                id == nullptr ? absl::StrCat(i) : ScalarText(entry, *id));
      if (id == nullptr) inner.key.back() = absl::StrFormat("%06d", i);
      if (list.is_map()) {
        Add(inner, ScalarText(entry, *list.message_type()->map_value()));
      } else {
        Add(inner, std::string(kStated)).is_entry = true;
        Read(entry, inner);
      }
    }
  }

  Statement& Add(const Place& place, std::string value) {
    Statement& statement = statements_[place.key];
    statement = {
        .path = place.path, .words = place.words, .value = std::move(value)};
    return statement;
  }

  Statements statements_;
};

Statements StatementsOf(const v1::Rulebook& rulebook) {
  StatementReader reader;
  reader.Read(rulebook, {});
  return std::move(reader).Take();
}

RulebookChange Changed(const Statement& from, const Statement& to) {
  const auto differ = std::mismatch(from.value.begin(), from.value.end(),
                                    to.value.begin(), to.value.end());
  const auto at = static_cast<size_t>(differ.first - from.value.begin());
  return {to.path, absl::StrCat(to.words, " ", ShownFrom(from.value, at),
                                " -> ", ShownFrom(to.value, at))};
}

// "2 added (a, b)", with the first few of what is in the one and not in the
// other; empty where nothing is.
std::string Beside(const std::set<std::string>& in,
                   const std::set<std::string>& not_in,
                   absl::string_view what) {
  std::vector<std::string> beside;
  std::set_difference(in.begin(), in.end(), not_in.begin(), not_in.end(),
                      std::back_inserter(beside));
  if (beside.empty()) return "";
  const size_t shown = std::min(beside.size(), kMaxShownItems);
  std::vector<std::string> texts;
  for (size_t i = 0; i < shown; ++i)
    texts.push_back(ShownFrom(beside[i], 0));
  if (shown < beside.size()) texts.emplace_back("...");
  return absl::StrCat(beside.size(), " ", what, " (",
                      absl::StrJoin(texts, ", "), ")");
}

// Nothing where both hold the same.
std::optional<RulebookChange> ChangedItems(const Statement& from,
                                           const Statement& to) {
  if (from.items == to.items) return std::nullopt;
  const std::string added = Beside(to.items, from.items, "added");
  const std::string removed = Beside(from.items, to.items, "removed");
  return RulebookChange{
      to.path,
      absl::StrCat(to.words, " ", added,
                   added.empty() || removed.empty() ? "" : ", ", removed)};
}

// One side of a comparison, on its way through the statements in their order.
class Side {
 public:
  explicit Side(const Statements& statements)
      : at_(statements.begin()), end_(statements.end()) {}

  [[nodiscard]] bool done() const { return at_ == end_; }
  [[nodiscard]] const std::vector<std::string>& key() const {
    return at_->first;
  }
  [[nodiscard]] const Statement& statement() const { return at_->second; }

  void Next() { ++at_; }
  // Past what is in the entry at hand, too.
  void NextBeside() {
    const std::vector<std::string> entry = at_->first;
    const bool whole = at_->second.is_entry;
    ++at_;
    while (whole && at_ != end_ && at_->first.size() > entry.size() &&
           std::equal(entry.begin(), entry.end(), at_->first.begin()))
      ++at_;
  }

 private:
  Statements::const_iterator at_;
  Statements::const_iterator end_;
};

RulebookChange Gone(const Statement& statement) {
  return {statement.path,
          statement.is_entry
              ? absl::StrCat(statement.words, " removed")
              : absl::StrCat(statement.words, " ",
                             ShownFrom(statement.value, 0), " -> none")};
}

RulebookChange New(const Statement& statement) {
  return {statement.path, statement.is_entry
                              ? absl::StrCat(statement.words, " added")
                              : absl::StrCat(statement.words, " none -> ",
                                             ShownFrom(statement.value, 0))};
}

}  // namespace

std::vector<RulebookChange> Differences(const v1::Rulebook& from,
                                        const v1::Rulebook& to) {
  const Statements before = StatementsOf(from);
  const Statements after = StatementsOf(to);
  std::vector<RulebookChange> changes;
  Side left(before);
  Side right(after);
  while (!left.done() || !right.done()) {
    if (right.done() || (!left.done() && left.key() < right.key())) {
      changes.push_back(Gone(left.statement()));
      left.NextBeside();
    } else if (left.done() || right.key() < left.key()) {
      changes.push_back(New(right.statement()));
      right.NextBeside();
    } else {
      if (left.statement().value != right.statement().value) {
        changes.push_back(Changed(left.statement(), right.statement()));
      } else if (const auto items =
                     ChangedItems(left.statement(), right.statement())) {
        changes.push_back(*items);
      }
      left.Next();
      right.Next();
    }
  }
  return changes;
}

}  // namespace pistis
