#include "service/rest/json_view.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
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
    uint32_t size;  // so far
    char close;     // its bracket
  };

  bool ReadValue();
  bool ReadMember();
  bool IsNewKey();
  bool OpenContainer(JsonKind kind, char close);
  JsonView SoFar(const Open& open);
  JsonNode& Add();
  bool IsWithinLimit();

  internal::JsonScanner in_;
  std::vector<JsonNode> nodes_;
  absl::string_view key_;                                             // of the next value
  absl::flat_hash_set<std::pair<uint32_t, absl::string_view>> keys_;  // of objects with many
  int depth_ = 0;
  Open open_[kMaxJsonDepth];  // the first `depth_`, outermost first
};

bool Reader::Read() {
  if (in_.Here() == '\xEF' && !in_.Take("\xEF\xBB\xBF")) return false;
  while (true) {
    if (!ReadValue()) return false;
    // Behind a value, or behind the bracket that opens one.
    while (true) {
      const char next = in_.Next();
      if (depth_ == 0) return next == '\0' || in_.RefuseToken();
      Open& open = open_[depth_ - 1];
      if (next == open.close) {
        in_.Skip();
        SoFar(open);
        --depth_;
        continue;
      }
      if (open.size > 0) {
        if (next != ',') return in_.RefuseToken();
        in_.Skip();
      }
      if (open.close == '}' && !ReadMember()) return false;
      ++open.size;
      break;
    }
  }
}

/// Of a container only the opening bracket.
bool Reader::ReadValue() {
  const char next = in_.Next();
  if (next == '{') return OpenContainer(JsonKind::kObject, '}');
  if (next == '[') return OpenContainer(JsonKind::kArray, ']');
  return in_.ReadScalar(Add()) && IsWithinLimit();
}

/// A key and the colon behind it.
bool Reader::ReadMember() {
  if (in_.Next() != '"') return in_.RefuseToken();
  if (!in_.ReadString(key_)) return false;
  if (!IsNewKey()) return in_.Refuse("has a key twice in one object");
  if (in_.Next() != ':') return in_.RefuseToken();
  in_.Skip();
  return true;
}

bool Reader::IsNewKey() {
  Open& open = open_[depth_ - 1];
  if (open.size < kFewMembers) {
    const size_t last = key_.empty() ? 0 : static_cast<unsigned char>(key_.back());
    const uint64_t bit = uint64_t{1} << ((key_.size() * 5 + last) % 64);
    const bool may_be_there = (open.keys & bit) != 0;
    open.keys |= bit;
    return !may_be_there || !SoFar(open).Find(key_);
  }
  if (open.size == kFewMembers) {
    for (const JsonView member : SoFar(open)) keys_.emplace(open.node, member.key());
  }
  return keys_.emplace(open.node, key_).second;
}

bool Reader::OpenContainer(JsonKind kind, char close) {
  if (depth_ == kMaxJsonDepth) return in_.Refuse("is nested too deeply");
  open_[depth_++] = {0, static_cast<uint32_t>(nodes_.size()), 0, close};
  Add().kind = kind;
  in_.Skip();
  return IsWithinLimit();
}

/// A container with all that has been read of it.
JsonView Reader::SoFar(const Open& open) {
  JsonNode& node = nodes_[open.node];
  node.size = open.size;
  node.span = static_cast<uint32_t>(nodes_.size() - open.node);
  return JsonView(&node);
}

/// The next value, which has its key only.
JsonNode& Reader::Add() {
  JsonNode& node = nodes_.emplace_back();
  node.key = key_.data();
  node.key_size = static_cast<uint32_t>(key_.size());
  node.span = 1;
  key_ = absl::string_view();
  return node;
}

bool Reader::IsWithinLimit() {
  return nodes_.size() <= kMaxJsonValues || in_.Refuse("has too many values");
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
  const JsonNode* member = node_ + 1;
  for (size_t left = size(); left > 0; --left, member += member->span) {
    if (member->key_size == key.size() && JsonView(member).key() == key) return JsonView(member);
  }
  return std::nullopt;
}

absl::StatusOr<ParsedJson> ReadJson(absl::string_view body, size_t max_bytes) {
  // Places within a body are kept in 32 bits.
  if (body.size() > std::min<size_t>(max_bytes, std::numeric_limits<uint32_t>::max())) {
    return absl::InvalidArgumentError("the body is too large");
  }
  if (!body.empty() && std::memchr(body.data(), '\0', body.size()) != nullptr) {
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
