#include "service/rest/json_view.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/rest/json_scanner.h"

namespace gw::rest {
namespace {

using internal::JsonNode;

/// The keys of an object with more members are hashed.
constexpr uint32_t kFewMembers = 16;

/// Puts the values of a body onto the tape. Functions return false at the first thing that is not
/// as it must be, and problem() says what it is.
class Reader {
 public:
  explicit Reader(absl::string_view body) : in_(body) {
    nodes_.reserve(std::min<size_t>(body.size() / 16 + 4, kMaxJsonValues));  // may grow
  }

  bool Read();
  ParsedJson Take() { return ParsedJson(std::move(nodes_), in_.TakeUnescaped()); }
  const std::string& problem() const { return in_.problem(); }

 private:
  /// A container that is not closed yet.
  struct Open {
    uint64_t keys;  // a bit for each key of few: one without its bit is new
    uint32_t node;
    bool is_object;
  };

  bool ReadValue();
  bool ReadMember();
  bool IsNewKey();
  bool OpenContainer(JsonKind kind);
  bool Place(const JsonNode& node);

  internal::JsonScanner in_;
  std::vector<JsonNode> nodes_;
  absl::string_view key_;                                             // of the next value
  absl::flat_hash_set<std::pair<uint32_t, absl::string_view>> keys_;  // of objects with many
  int depth_ = 0;
  Open open_[kMaxJsonDepth];  // the first `depth_`, outermost first
};

bool Reader::Read() {
  if (in_.At('\xEF') && !in_.Take("\xEF\xBB\xBF")) return false;
  while (true) {
    in_.SkipBlanks();
    if (!ReadValue()) return false;
    // Behind a value, or behind the bracket that opens one.
    while (true) {
      in_.SkipBlanks();
      if (depth_ == 0) return in_.AtEnd() || in_.RefuseToken();
      const Open& open = open_[depth_ - 1];
      if (in_.At(open.is_object ? '}' : ']')) {
        in_.Skip();
        nodes_[open.node].span = static_cast<uint32_t>(nodes_.size() - open.node);
        --depth_;
        continue;
      }
      const bool is_first = nodes_[open.node].size == 0;
      if (!is_first && !in_.At(',')) return in_.RefuseToken();
      if (!is_first) in_.Skip();
      if (open.is_object && !ReadMember()) return false;
      break;
    }
  }
}

/// Of a container only the opening bracket.
bool Reader::ReadValue() {
  if (in_.At('{')) return OpenContainer(JsonKind::kObject);
  if (in_.At('[')) return OpenContainer(JsonKind::kArray);
  JsonNode node;
  return in_.ReadScalar(node) && Place(node);
}

/// A key and the colon behind it.
bool Reader::ReadMember() {
  in_.SkipBlanks();
  if (!in_.At('"')) return in_.RefuseToken();
  if (!in_.ReadString(key_)) return false;
  if (!IsNewKey()) return in_.Refuse("has a key twice in one object");
  in_.SkipBlanks();
  if (!in_.At(':')) return in_.RefuseToken();
  in_.Skip();
  return true;
}

bool Reader::IsNewKey() {
  Open& open = open_[depth_ - 1];
  JsonNode& object = nodes_[open.node];
  object.span = static_cast<uint32_t>(nodes_.size() - open.node);  // so far
  const JsonView members(&object);
  if (members.size() < kFewMembers) {
    const size_t last = key_.empty() ? 0 : static_cast<unsigned char>(key_.back());
    const uint64_t bit = uint64_t{1} << ((key_.size() * 5 + last) % 64);
    const bool may_be_there = (open.keys & bit) != 0;
    open.keys |= bit;
    return !may_be_there || !members.Find(key_);
  }
  if (members.size() == kFewMembers) {
    for (const JsonView member : members) keys_.emplace(open.node, member.key());
  }
  return keys_.emplace(open.node, key_).second;
}

bool Reader::OpenContainer(JsonKind kind) {
  if (depth_ == kMaxJsonDepth) return in_.Refuse("is nested too deeply");
  JsonNode node;
  node.kind = kind;
  node.whole = 0;
  node.size = 0;
  open_[depth_] = {0, static_cast<uint32_t>(nodes_.size()), kind == JsonKind::kObject};
  if (!Place(node)) return false;
  ++depth_;
  in_.Skip();
  return true;
}

/// Puts a value where it belongs.
bool Reader::Place(const JsonNode& node) {
  if (nodes_.size() == kMaxJsonValues) return in_.Refuse("has too many values");
  if (depth_ > 0) ++nodes_[open_[depth_ - 1].node].size;
  JsonNode& placed = nodes_.emplace_back(node);
  placed.key = key_.data();
  placed.key_size = static_cast<uint32_t>(key_.size());
  placed.span = 1;
  key_ = absl::string_view();
  return true;
}

}  // namespace

double JsonView::number() const {
  switch (kind()) {
    case JsonKind::kUnsigned:
      return static_cast<double>(whole());
    case JsonKind::kNegative:
      return static_cast<double>(negative());
    default:
      return node_->real;
  }
}

std::optional<int64_t> JsonView::integer() const {
  if (kind() == JsonKind::kNegative) return negative();
  if (kind() != JsonKind::kUnsigned) return std::nullopt;
  if (whole() > uint64_t{std::numeric_limits<int64_t>::max()}) return std::nullopt;
  return static_cast<int64_t>(whole());
}

std::optional<JsonView> JsonView::Find(absl::string_view key) const {
  for (const JsonView member : *this) {
    if (member.key() == key) return member;
  }
  return std::nullopt;
}

absl::StatusOr<ParsedJson> ReadJson(absl::string_view body, size_t max_bytes) {
  // Places within a body are kept in 32 bits.
  if (body.size() > std::min<size_t>(max_bytes, std::numeric_limits<uint32_t>::max())) {
    return absl::InvalidArgumentError("the body is too large");
  }
  if (absl::StrContains(body, '\0')) {
    return absl::InvalidArgumentError("the body has a NUL byte");
  }
  Reader reader(body);
  if (!reader.Read()) {
    return absl::InvalidArgumentError(absl::StrCat("the body ", reader.problem()));
  }
  return reader.Take();
}

absl::StatusOr<ParsedJson> ReadJsonObject(absl::string_view body, size_t max_bytes) {
  absl::StatusOr<ParsedJson> json = ReadJson(body, max_bytes);
  if (json.ok() && !json->root().is_object()) {
    return absl::InvalidArgumentError("the body: expects an object");
  }
  return json;
}

}  // namespace gw::rest
