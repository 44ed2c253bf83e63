// One YAML document as a tree, read by yaml-cpp's event parser.
#ifndef PISTIS_ENGINE_RULEBOOK_YAML_TREE_H_
#define PISTIS_ENGINE_RULEBOOK_YAML_TREE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace pistis {

enum class YamlKind { kNull, kText, kList, kMap };

// A value and what it holds. Value type.
struct YamlNode {
  YamlKind kind = YamlKind::kNull;
  // The first byte of the value in the text.
  size_t offset = 0;
  // kText: the text, and whether it stood in quotes or as a block (| or >).
  std::string text;
  bool quoted = false;
  // kList and kMap: the values in the order of the text.
  std::vector<YamlNode> values;
  // kMap: the key of each value; a key may be of any kind, and repeat.
  std::vector<YamlNode> keys;
};

// Something that YAML or the rules for rulebooks do not allow.
struct YamlFault {
  size_t offset = 0;
  std::string message;
};

// The outcome: `root` counts only where there is no fault.
struct YamlTree {
  YamlNode root;
  std::vector<YamlFault> faults;
};

// How deep lists and maps may stand in one another.
inline constexpr int kMaxYamlDepth = 16;
// How many values, keys included, one text may hold: each takes memory beside
// the text's own.
inline constexpr size_t kMaxYamlValues = 400'000;

// Parses UTF-8 without a byte order mark. Faults: bad syntax, nesting beyond
// kMaxYamlDepth, more than kMaxYamlValues, anchors, aliases, tags, more than
// one document, none. Takes time and memory in proportion to the text, whatever
// it is.
[[nodiscard]] YamlTree ParseYamlTree(const std::string& text);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_YAML_TREE_H_
