// The tokens of JSON, for json_view.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "service/rest/json_view.h"

namespace gw::rest::internal {

/// Goes through a body from left to right, up to the first thing that is not JSON. Functions return
/// false then, and problem() says what it is. Thread safety: one thread.
class JsonScanner {
 public:
  /// `body` has no NUL byte; it has to outlive the scanner and what that reads.
  explicit JsonScanner(absl::string_view body)
      : begin_(body.data()), at_(begin_), end_(begin_ + body.size()) {}

  /// Makes `problem` what is wrong; false.
  bool Refuse(std::string problem);
  /// Refuses what stands here, as a token that may not stand here.
  bool RefuseToken();
  const std::string& problem() const { return problem_; }

  /// The next byte that is not a blank, which then is where we are; 0 at the end.
  char Next() {
    const char* at = at_;
    while (at != end_ && IsBlank(*at)) ++at;
    at_ = at;
    return at == end_ ? '\0' : *at;
  }
  /// The byte where we are; 0 at the end.
  char Here() const { return at_ == end_ ? '\0' : *at_; }
  /// Only where there is a byte.
  void Skip() { ++at_; }

  /// Reads `text`, which must be there.
  bool Take(absl::string_view text);
  /// A string, at its opening quote. It stands in the body or, when it has escapes, in what
  /// TakeUnescaped() is.
  bool ReadString(absl::string_view& text);
  /// Any value but arrays and objects, into `node`, which has none yet.
  bool ReadScalar(JsonNode& node);

  /// The strings that had escapes, which then have to outlive what was read.
  std::unique_ptr<char[]> TakeUnescaped() { return std::move(unescaped_); }

 private:
  static bool IsBlank(char c) {
    return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t');
  }
  bool RefuseAt(const char* last);
  bool At(char c) const { return Here() == c; }
  bool AtDigit() const { return Here() >= '0' && Here() <= '9'; }
  bool ReadNumber(JsonNode& node);
  bool TakeDigits(uint64_t& number);
  bool ReadEscaped(const char* from, absl::string_view& text);
  bool ReadEscape(char*& out);
  bool ReadUnit(uint32_t& unit);
  bool SkipBeyondAscii();

  const char* const begin_;
  const char* at_;
  const char* const end_;
  std::unique_ptr<char[]> unescaped_;
  char* next_unescaped_ = nullptr;
  std::string problem_;
};

}  // namespace gw::rest::internal
