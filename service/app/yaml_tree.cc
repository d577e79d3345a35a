#include "service/app/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/field_rules.h"

namespace gw::app {
namespace {

// How the handler leaves the parser; never leaves this file.
struct Refusal {
  int line;
  std::string why;
};

int LineOf(const YAML::Mark& mark) { return mark.is_null() ? 1 : mark.line + 1; }

// The parser's events, not its node tree: the tree follows aliases silently, so that a few lines
// can stand for gigabytes, and drops repeated keys.
class TreeBuilder : public YAML::EventHandler {
 public:
  YamlNode Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw Refusal{LineOf(mark), "only one YAML document may be in the file"};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(Begin(YamlNode::Kind::kNull, mark, "", anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { RefuseAnchor(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = Begin(YamlNode::Kind::kScalar, mark, tag, anchor);
    // The parser takes any bytes for characters.
    if (!IsUtf8(value)) throw Refusal{node.line, "a text must be in UTF-8"};
    node.text = value;
    node.quoted = tag == "!";
    Add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Begin(YamlNode::Kind::kSequence, mark, tag, anchor));
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Begin(YamlNode::Kind::kMapping, mark, tag, anchor));
  }
  void OnMapEnd() override { Close(); }

 private:
  // A mapping or sequence whose end has not come; `key` is set while a mapping's value is awaited.
  struct OpenNode {
    YamlNode node;
    std::optional<YamlEntry> key;
  };

  [[noreturn]] static void RefuseAnchor(const YAML::Mark& mark) {
    throw Refusal{LineOf(mark),
                  "anchors and aliases (& and *) are not allowed; write the value out"};
  }

  static YamlNode Begin(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
                        YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) RefuseAnchor(mark);
    // The parser's own marks: none, "?" for plain and "!" for quoted scalars.
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refusal{LineOf(mark), "tags (a word after !) are not allowed; put the value in quotes"};
    }
    YamlNode node;
    node.kind = kind;
    node.line = LineOf(mark);
    return node;
  }

  bool AwaitsKey() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMapping &&
           !open_.back().key;
  }

  void Open(YamlNode node) {
    if (AwaitsKey()) throw Refusal{node.line, "a key must be a plain name"};
    if (open_.size() == kMaxYamlDepth) {
      throw Refusal{node.line,
                    absl::StrCat("must not be nested more than ", kMaxYamlDepth, " deep")};
    }
    open_.push_back({std::move(node), std::nullopt});
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (AwaitsKey()) {
      if (node.kind != YamlNode::Kind::kScalar) {
        throw Refusal{node.line, "a key must be a plain name"};
      }
      open_.back().key = YamlEntry{std::move(node.text), node.line, {}};
    } else if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.kind == YamlNode::Kind::kSequence) {
      open_.back().node.items.push_back(std::move(node));
    } else {
      open_.back().key->value = std::move(node);
      open_.back().node.entries.push_back(*std::move(open_.back().key));
      open_.back().key.reset();
    }
  }

  int documents_ = 0;
  YamlNode root_;
  std::vector<OpenNode> open_;
};

absl::Status Refuse(absl::string_view name, int line, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(name, ":", line, ": ", why));
}

}  // namespace

absl::StatusOr<YamlNode> ParseYamlTree(absl::string_view text, absl::string_view name) {
  if (text.size() > kMaxYamlBytes) return Refuse(name, 1, "the file is larger than 1 MiB");
  TreeBuilder builder;
  try {
    // The parser takes a quote that is open at the end of the text for closed, with all that
    // follows inside; before an end-of-document mark it does not.
    std::istringstream stream(absl::StrCat(text, absl::EndsWith(text, "\n") ? "" : "\n", "...\n"));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return Refuse(name, refusal.line, refusal.why);
  } catch (const YAML::Exception& e) {
    if (e.msg == YAML::ErrorMsg::DOC_IN_SCALAR) {
      return Refuse(name, LineOf(e.mark),
                    "not valid YAML: a quote that begins above is not closed");
    }
    // Some of the parser's messages contain a character of the text, which may be a line's end.
    return Refuse(name, LineOf(e.mark), absl::StrCat("not valid YAML: ", absl::CHexEscape(e.msg)));
  } catch (const std::exception&) {
    return Refuse(name, 1, "not valid YAML");
  }
  YamlNode root = builder.Take();
  if (root.kind == YamlNode::Kind::kNull) {
    return Refuse(name, 1, "the file is empty; it needs at least a section `concero:`");
  }
  return root;
}

}  // namespace gw::app
