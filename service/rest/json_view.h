// JSON that somebody else wrote, read in one strict pass and looked at where it stands. For codecs
// only; json_codec.h has the typed getters.
//
// Errors are INVALID_ARGUMENT and never quote the body: it may hold an e-mail address or an invite
// link. Nothing here throws. Thread safety: ReadJson is pure; what it returns is never changed, so
// any threads may look at it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw::rest {

/// Deeper nesting is refused while reading, so nobody recurses deeper than this.
inline constexpr int kMaxJsonDepth = 64;
/// More values in one body are refused: what is 8 MiB of brackets on the wire is many times that in
/// memory.
inline constexpr int kMaxJsonValues = 500'000;

enum class JsonKind : uint8_t {
  kNull,
  kBoolean,
  kUnsigned,  // a whole number without a sign, up to 2^64-1
  kNegative,  // one with a minus sign, down to -2^63
  kFloat,     // any other number
  kString,
  kArray,
  kObject,
};

namespace internal {

/// A value; what is within it follows it.
struct JsonNode {
  const char* key;  // in an object
  union {
    const char* text;
    uint64_t whole;  // also true and false
    int64_t negative;
    double real;
  };
  uint32_t key_size;
  uint32_t size;  // bytes of a string, elements, members
  uint32_t span;  // nodes from here to the next value beside this one
  JsonKind kind;
};

}  // namespace internal

/// A value within a ParsedJson, as cheap to copy as a pointer; texts and keys are views, too. All
/// of them are good for as long as the ParsedJson and the body that it was read from.
class JsonView {
 public:
  class Iterator;

  explicit JsonView(const internal::JsonNode* node) : node_(node) {}

  JsonKind kind() const { return node_->kind; }
  bool is_null() const { return kind() == JsonKind::kNull; }
  bool is_boolean() const { return kind() == JsonKind::kBoolean; }
  bool is_number() const { return kind() >= JsonKind::kUnsigned && kind() <= JsonKind::kFloat; }
  bool is_string() const { return kind() == JsonKind::kString; }
  bool is_array() const { return kind() == JsonKind::kArray; }
  bool is_object() const { return kind() == JsonKind::kObject; }
  /// Whether it is the value `expected`, not just something like it.
  bool Is(bool expected) const { return is_boolean() && boolean() == expected; }

  // Each for its kind only.
  bool boolean() const { return node_->whole != 0; }
  uint64_t whole() const { return node_->whole; }
  int64_t negative() const { return node_->negative; }
  absl::string_view text() const { return {node_->text, node_->size}; }

  /// Of any number: the nearest double, which is finite.
  double number() const;

  /// A whole number of either sign that an int64 can hold; none for anything else.
  std::optional<int64_t> integer() const;

  /// The name that a member has in its object; empty for elements.
  absl::string_view key() const { return {node_->key, node_->key_size}; }

  /// The member `key` of an object. Its cost grows with the number of members.
  std::optional<JsonView> Find(absl::string_view key) const;

  // The elements of an array or the members of an object, in the order of the body; nothing else
  // has any.
  size_t size() const { return is_array() || is_object() ? node_->size : 0; }
  bool empty() const { return size() == 0; }
  Iterator begin() const;
  Iterator end() const;

 private:
  const internal::JsonNode* node_;
};

class JsonView::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = JsonView;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = JsonView;

  explicit Iterator(const internal::JsonNode* node) : node_(node) {}
  JsonView operator*() const { return JsonView(node_); }
  Iterator& operator++() {
    node_ += node_->span;
    return *this;
  }
  bool operator==(const Iterator& other) const { return node_ == other.node_; }
  bool operator!=(const Iterator& other) const { return node_ != other.node_; }

 private:
  const internal::JsonNode* node_;
};

inline JsonView::Iterator JsonView::begin() const { return Iterator(node_ + 1); }
inline JsonView::Iterator JsonView::end() const { return Iterator(node_ + node_->span); }

/// What a body says. Moving it leaves its views good.
class ParsedJson {
 public:
  ParsedJson(std::vector<internal::JsonNode> nodes, std::unique_ptr<char[]> unescaped)
      : nodes_(std::move(nodes)), unescaped_(std::move(unescaped)) {}

  JsonView root() const { return JsonView(nodes_.data()); }

 private:
  std::vector<internal::JsonNode> nodes_;
  std::unique_ptr<char[]> unescaped_;  // the strings that had escapes
};

/// The value that `body` is, the whole of it; `body` has to outlive it. A UTF-8 byte order mark is
/// skipped.
/// Errors: over `max_bytes` or the limits above, invalid JSON or UTF-8, a NUL byte, anything after
/// the value, a number that no double can hold (1e400), and the same key twice in one object, which
/// could mean either value.
absl::StatusOr<ParsedJson> ReadJson(absl::string_view body, size_t max_bytes);

/// As ReadJson, and an object is expected at the top.
absl::StatusOr<ParsedJson> ReadJsonObject(absl::string_view body, size_t max_bytes);

}  // namespace gw::rest
