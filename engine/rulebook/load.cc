#include "engine/rulebook/load.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

#include "engine/expr/utf8.h"
#include "engine/rulebook/problem.h"
#include "engine/rulebook/reporter.h"
#include "engine/rulebook/yaml_tree.h"

namespace pistis {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";

// The first character that a text file does not hold.
std::optional<size_t> FirstControlCharacter(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    const bool allowed = byte == '\t' || byte == '\n' || byte == '\r';
    if (!allowed && absl::ascii_iscntrl(static_cast<unsigned char>(byte))) {
      return i;
    }
  }
  return std::nullopt;
}

bool IsWholeNumber(absl::string_view text) {
  absl::ConsumePrefix(&text, "-");
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// Fills a message from a tree, by the message's descriptor.
class TreeReader {
 public:
  TreeReader(Positions& positions, Reporter& reporter)
      : positions_(positions), reporter_(reporter) {}

  void ReadMessage(const YamlNode& node, const std::string& path,
                   Message& message) {
    if (node.kind != YamlKind::kMap) {
      WrongKind(node, path, "takes keys with values, as in \"key: value\"");
      return;
    }
    std::unordered_set<std::string> seen;
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const std::optional<std::string> key =
          ReadKey(node.keys[i], node.values[i], path, seen);
      if (key.has_value()) {
        ReadEntry(node.keys[i], node.values[i], path, message);
      }
    }
  }

 private:
  // The key, where it is a text that was not seen before and has a value.
  std::optional<std::string> ReadKey(const YamlNode& key, const YamlNode& value,
                                     const std::string& path,
                                     std::unordered_set<std::string>& seen) {
    if (key.kind != YamlKind::kText) {
      reporter_.AddAt(path, key.offset, "a key must be a single word or text");
      return std::nullopt;
    }
    if (!seen.insert(key.text).second) {
      reporter_.AddAt(KeyPath(path, key.text), key.offset,
                      absl::StrCat("the key ", Shown(key.text),
                                   " is given twice; remove one of them"));
      return std::nullopt;
    }
    const bool empty = value.kind == YamlKind::kText && value.text.empty();
    if (value.kind == YamlKind::kNull || empty) {
      reporter_.AddAt(KeyPath(path, key.text), key.offset,
                      absl::StrCat("the key ", Shown(key.text),
                                   " has no value; write one or remove the "
                                   "key"));
      return std::nullopt;
    }
    return key.text;
  }

  void ReadEntry(const YamlNode& key, const YamlNode& value,
                 const std::string& path, Message& message) {
    const auto* descriptor = message.GetDescriptor();
    const FieldDescriptor* field = descriptor->FindFieldByName(key.text);
    if (field == nullptr) {
      UnknownKey(key, path, *descriptor);
      return;
    }
    const std::string inner = KeyPath(path, key.text);
    positions_.Set(inner, value.offset);
    if (field->is_map()) {
      ReadMap(value, inner, *field, message);
    } else if (field->is_repeated()) {
      ReadList(value, inner, *field, message);
    } else if (field->message_type() != nullptr) {
      ReadMessage(value, inner,
                  *message.GetReflection()->MutableMessage(&message, field));
    } else {
      ReadScalar(value, inner, *field, message);
    }
  }

  void UnknownKey(const YamlNode& key, const std::string& path,
                  const google::protobuf::Descriptor& descriptor) {
    std::vector<std::string> known;
    known.reserve(static_cast<size_t>(descriptor.field_count()));
    for (int i = 0; i < descriptor.field_count(); ++i) {
      known.push_back(descriptor.field(i)->name());
    }
    std::string mend = reporter_.Suggestion(key.text, known);
    if (mend.empty()) {
      mend = absl::StrCat("; known here: ", absl::StrJoin(known, ", "));
    }
    reporter_.AddAt(KeyPath(path, key.text), key.offset,
                    absl::StrCat("unknown key ", Shown(key.text), mend));
  }

  // A map from texts to texts or to messages.
  void ReadMap(const YamlNode& node, const std::string& path,
               const FieldDescriptor& field, Message& message) {
    if (node.kind != YamlKind::kMap) {
      WrongKind(node, path, "takes keys with values, as in \"key: value\"");
      return;
    }
    const auto* reflection = message.GetReflection();
    const auto& entry = *field.message_type();
    std::unordered_set<std::string> seen;
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const YamlNode& value = node.values[i];
      const std::optional<std::string> key =
          ReadKey(node.keys[i], value, path, seen);
      if (!key.has_value()) continue;
      const std::string inner = MapKeyPath(path, *key);
      positions_.Set(inner, value.offset);
      const FieldDescriptor* held = entry.map_value();
      if (held->message_type() == nullptr && value.kind != YamlKind::kText) {
        WrongKind(value, inner, "takes a single value");
        continue;
      }
      Message& added = *reflection->AddMessage(&message, &field);
      const auto* inside = added.GetReflection();
      inside->SetString(&added, entry.map_key(), *key);
      if (held->message_type() == nullptr) {
        inside->SetString(&added, held, value.text);
      } else {
        ReadMessage(value, inner, *inside->MutableMessage(&added, held));
      }
    }
  }

  // A list of messages or of texts.
  void ReadList(const YamlNode& node, const std::string& path,
                const FieldDescriptor& field, Message& message) {
    if (node.kind != YamlKind::kList) {
      WrongKind(node, path, "takes a list; begin each entry with \"- \"");
      return;
    }
    const auto* reflection = message.GetReflection();
    for (size_t i = 0; i < node.values.size(); ++i) {
      const std::string inner = EntryPath(path, i);
      positions_.Set(inner, node.values[i].offset);
      if (field.message_type() != nullptr) {
        ReadMessage(node.values[i], inner,
                    *reflection->AddMessage(&message, &field));
      } else if (node.values[i].kind == YamlKind::kText) {
        reflection->AddString(&message, &field, node.values[i].text);
      } else {
        WrongKind(node.values[i], inner, "takes a single value");
      }
    }
  }

  void ReadScalar(const YamlNode& node, const std::string& path,
                  const FieldDescriptor& field, Message& message) {
    if (node.kind != YamlKind::kText) {
      WrongKind(node, path,
                "takes a single value; put a text that begins with [ or { in "
                "quotes");
      return;
    }
    const auto* reflection = message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(&message, &field, node.text);
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (const auto truth = ReadBool(node, path)) {
          reflection->SetBool(&message, &field, *truth);
        }
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        if (const auto number = ReadNumber<int64_t>(node, path)) {
          reflection->SetInt64(&message, &field, *number);
        }
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        if (const auto number = ReadNumber<int32_t>(node, path)) {
          reflection->SetInt32(&message, &field, *number);
        }
        return;
      default:
        reporter_.Add(path, "cannot be given in YAML");
    }
  }

  std::optional<bool> ReadBool(const YamlNode& node, const std::string& path) {
    if (!node.quoted && node.text == "true") return true;
    if (!node.quoted && node.text == "false") return false;
    reporter_.Add(path, absl::StrCat(Shown(node.text),
                                     " is not a truth value; write true or "
                                     "false, without quotes"));
    return std::nullopt;
  }

  template <typename Number>
  std::optional<Number> ReadNumber(const YamlNode& node,
                                   const std::string& path) {
    if (!IsWholeNumber(node.text)) {
      reporter_.Add(path, absl::StrCat(Shown(node.text),
                                       " is not a whole number; write digits "
                                       "only, such as 100"));
      return std::nullopt;
    }
    Number number = 0;
    if (!absl::SimpleAtoi(node.text, &number)) {
      reporter_.Add(path, absl::StrCat(Shown(node.text),
                                       " is too large; write a smaller "
                                       "number"));
      return std::nullopt;
    }
    return number;
  }

  void WrongKind(const YamlNode& node, const std::string& path,
                 absl::string_view wanted) {
    reporter_.AddAt(path, node.offset, wanted);
  }

  Positions& positions_;
  Reporter& reporter_;
};

// What must be right before the text is parsed.
void CheckText(absl::string_view text, Reporter& reporter) {
  if (const auto invalid = expr::FirstInvalidUtf8(text)) {
    reporter.AddAt("", *invalid, "this is not UTF-8; save the file as UTF-8");
  } else if (const auto control = FirstControlCharacter(text)) {
    reporter.AddAt("", *control, "a control character; remove it");
  }
}

// The tree of the text; nothing, with problems reported, where it has none.
std::optional<YamlNode> ReadTree(const std::string& text, Reporter& reporter) {
  YamlTree tree = ParseYamlTree(text);
  for (const YamlFault& fault : tree.faults) {
    reporter.AddAt("", fault.offset, fault.message);
  }
  if (!tree.faults.empty()) return std::nullopt;
  if (tree.root.kind == YamlKind::kNull) {
    reporter.AddAt("", 0, "the rulebook is empty");
    return std::nullopt;
  }
  return std::move(tree.root);
}

}  // namespace

Checked<LoadedRulebook> CheckForm(absl::string_view yaml) {
  if (yaml.size() > kMaxYamlBytes) {
    Problem problem;
    problem.message =
        absl::StrCat("the YAML has ", yaml.size(), " bytes; at most ",
                     kMaxYamlBytes, " are allowed");
    return {.findings = {.problems = {problem}}};
  }
  absl::ConsumePrefix(&yaml, kByteOrderMark);
  const std::string text(yaml);
  LoadedRulebook loaded{.rulebook = {}, .positions = Positions(text)};
  Reporter reporter(&loaded.positions);
  CheckText(yaml, reporter);
  if (!reporter.ok()) return {.findings = reporter.Take()};
  const std::optional<YamlNode> root = ReadTree(text, reporter);
  if (root.has_value()) {
    TreeReader(loaded.positions, reporter)
        .ReadMessage(*root, "", loaded.rulebook);
  }
  if (!reporter.ok()) return {.findings = reporter.Take()};
  return {.made = std::move(loaded)};
}

absl::StatusOr<LoadedRulebook> LoadYaml(absl::string_view yaml) {
  return MadeOrInvalid(CheckForm(yaml));
}

}  // namespace pistis
