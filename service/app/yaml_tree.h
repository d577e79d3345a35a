// YAML text as a tree that remembers its lines. What a configuration does not need is refused:
// several documents, anchors, aliases, tags, keys that are not plain names.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw::app {

/// The longest text that is read, in bytes.
inline constexpr size_t kMaxYamlBytes = 1 << 20;
/// How deep mappings and lists may stand in each other.
inline constexpr int kMaxYamlDepth = 32;

struct YamlEntry;

/// One value. Thread safety: a value.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMapping };
  Kind kind = Kind::kNull;
  /// From 1.
  int line = 1;
  /// Of a scalar: its text, and whether it stands in quotes (or is a block), so that it can only be
  /// text.
  std::string text;
  bool quoted = false;
  /// Of a sequence.
  std::vector<YamlNode> items;
  /// Of a mapping, in the order of the text; keys may repeat.
  std::vector<YamlEntry> entries;
};

struct YamlEntry {
  std::string key;
  int line = 1;
  YamlNode value;
};

/// Reads the one document in `text`. INVALID_ARGUMENT, in one line that begins with `name:LINE:
/// ` and quotes no value, for everything that is wrong with it, an empty document included.
/// Thread safety: pure.
absl::StatusOr<YamlNode> ParseYamlTree(absl::string_view text, absl::string_view name);

}  // namespace gw::app
