#include "engine/rulebook/yaml_tree.h"

#include <array>
#include <exception>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace pistis {
namespace {

constexpr size_t kMaxFaults = 50;
constexpr absl::string_view kPlainTag = "?";
constexpr absl::string_view kQuotedTag = "!";

size_t OffsetOf(const YAML::Mark& mark) {
  return mark.pos < 0 ? 0 : static_cast<size_t>(mark.pos);
}

YamlNode NodeOf(YamlKind kind, const YAML::Mark& mark) {
  YamlNode node;
  node.kind = kind;
  node.offset = OffsetOf(mark);
  return node;
}

constexpr absl::string_view kUnclosedQuote =
    "a quote is opened and not closed; add the closing quote";

// What yaml-cpp says, and what the writer can do about it.
struct Mend {
  absl::string_view said;
  absl::string_view advice;
};

constexpr std::array kMends = {
    Mend{"illegal map value",
         "a second \": \" on one line; put a text that holds \": \" in quotes"},
    Mend{"illegal EOF in scalar", kUnclosedQuote},
    Mend{"end of map not found",
         "this does not belong to the keys above; align it with them, and "
         "where it follows a closing quote or bracket, put the whole value in "
         "quotes"},
    Mend{"end of sequence not found",
         "this does not belong to the list above; begin each entry with \"- \""
         " in the same column"},
    Mend{"end of map flow not found",
         "a brace { is opened and not closed here; add } or a comma"},
    Mend{"end of sequence flow not found",
         "a bracket [ is opened and not closed here; add ] or a comma"},
    Mend{"illegal flow end",
         "a closing bracket without its opening one; remove it or put the text "
         "in quotes"},
    Mend{"illegal block entry",
         "\"- \" is not allowed here; begin the list on a new line"},
    Mend{"illegal map key",
         "a key is not allowed here; begin it on a new line"},
    Mend{"unknown token",
         "a value cannot begin with this character; put it in quotes"},
    Mend{"illegal tab when looking for indentation",
         "a tab in the indentation; indent with spaces"},
    Mend{"illegal character in scalar",
         "a character that is not allowed here; put the value in quotes"},
    Mend{"illegal document indicator in scalar",
         "\"---\" or \"...\" inside a quoted text; indent it"},
};

std::string Advice(const std::string& said) {
  for (const Mend& mend : kMends) {
    if (said == mend.said) return std::string(mend.advice);
  }
  if (absl::string_view(said).substr(0, 14) == "unknown escape") {
    return "an unknown escape after \\; write \\\\ for a backslash";
  }
  return absl::StrCat("this is not YAML: ", said);
}

// True where the quoted text that begins at `start` has no end: yaml-cpp takes
// the end of the file for one.
bool IsUnclosed(absl::string_view text, size_t start) {
  const char quote = start < text.size() ? text[start] : '\0';
  if (quote != '"' && quote != '\'') return false;
  for (size_t at = start + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      const bool doubled = quote == '\'' && text.substr(at + 1, 1) == "'";
      if (!doubled) return false;
      ++at;
    }
  }
  return true;
}

// Builds the tree; remembers faults and goes on where it can.
class TreeBuilder final : public YAML::EventHandler {
 public:
  // `text` is what is parsed; it must outlive the builder.
  explicit TreeBuilder(absl::string_view text) : text_(text) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) {
      Fault(mark,
            "a second document; a rulebook is one document, remove the "
            "\"---\" or what follows");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    Place(NodeOf(YamlKind::kNull, mark));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Fault(mark,
          "an alias (*name) is not allowed; write the value out, and put "
          "a text that begins with * in quotes");
    Place(NodeOf(YamlKind::kNull, mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    YamlNode node = NodeOf(YamlKind::kText, mark);
    if (IsUnclosed(text_, node.offset)) {
      Fault(mark, kUnclosedQuote);
    }
    node.text = value;
    node.quoted = tag == kQuotedTag;
    Place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    Open(NodeOf(YamlKind::kList, mark));
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    Open(NodeOf(YamlKind::kMap, mark));
  }
  void OnMapEnd() override { Close(); }

  void Fault(const YAML::Mark& mark, absl::string_view message) {
    if (tree_.faults.size() >= kMaxFaults) return;
    tree_.faults.push_back({OffsetOf(mark), std::string(message)});
  }

  [[nodiscard]] int documents() const { return documents_; }
  [[nodiscard]] bool faulty() const { return !tree_.faults.empty(); }
  [[nodiscard]] YamlTree Take() { return std::move(tree_); }

 private:
  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == 0) return;
    Fault(mark,
          "an anchor (&name) is not allowed; remove it, and put a text "
          "that begins with & in quotes");
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == kPlainTag || tag == kQuotedTag) return;
    Fault(mark,
          "a tag (!name) is not allowed; put a value that begins with ! "
          "in quotes");
  }

  [[nodiscard]] bool ignoring() const {
    return documents_ > 1 || skipped_ > 0 || faulty();
  }

  void Open(YamlNode node) {
    if (skipped_ > 0 || open_.size() >= kMaxYamlDepth) {
      if (!too_deep_) {
        tree_.faults.push_back(
            {node.offset, absl::StrCat("more than ", kMaxYamlDepth,
                                       " lists and maps in one another; a "
                                       "rulebook needs fewer")});
      }
      too_deep_ = true;
      ++skipped_;
      return;
    }
    open_.push_back(std::move(node));
  }

  void Close() {
    if (skipped_ > 0) {
      --skipped_;
      return;
    }
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    Place(std::move(node));
  }

  void Place(YamlNode node) {
    if (ignoring()) return;
    if (++values_ > kMaxYamlValues) {
      tree_.faults.push_back(
          {node.offset, absl::StrCat("more than ", kMaxYamlValues,
                                     " values; a rulebook may hold fewer")});
      return;
    }
    if (open_.empty()) {
      tree_.root = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    const bool is_key = parent.kind == YamlKind::kMap &&
                        parent.keys.size() == parent.values.size();
    (is_key ? parent.keys : parent.values).push_back(std::move(node));
  }

  absl::string_view text_;
  YamlTree tree_;
  // The lists and maps that are not finished, the innermost last.
  std::vector<YamlNode> open_;
  size_t values_ = 0;
  int skipped_ = 0;
  int documents_ = 0;
  bool too_deep_ = false;
};

}  // namespace

YamlTree ParseYamlTree(const std::string& text) {
  TreeBuilder builder(text);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    // The second call finds a second document; there is no third, because some
    // texts hold endlessly many empty ones.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    // After another fault the parser's is a consequence.
    if (!builder.faulty()) builder.Fault(error.mark, Advice(error.msg));
  } catch (const std::exception& error) {
    builder.Fault(YAML::Mark(),
                  absl::StrCat("this is not YAML: ", error.what()));
  }
  if (builder.documents() == 0) {
    builder.Fault(YAML::Mark(), "the rulebook is empty");
  }
  return builder.Take();
}

}  // namespace pistis
