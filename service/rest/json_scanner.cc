#include "service/rest/json_scanner.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw::rest::internal {
namespace {

/// Any number of so many digits fits into 64 bits.
constexpr int64_t kSafeDigits = 19;
/// Every whole number up to this is a double, and so are these powers of ten: dividing one by the
/// other rounds once, which makes the nearest double.
constexpr uint64_t kExactlyDouble = uint64_t{1} << 53;
constexpr double kPowersOfTen[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                   1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};

unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

/// What stands for itself in a string: ASCII but for controls, the quote and the backslash.
bool IsPlain(char c) { return Byte(c) >= ' ' && Byte(c) < 0x80 && c != '"' && c != '\\'; }

/// The first byte from `at` on that does not stand for itself, or `end`.
const char* SkipPlain(const char* at, const char* end) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  for (; end - at >= 8; at += 8) {
    uint64_t bytes;
    std::memcpy(&bytes, at, 8);
    // The top bit of a byte is set when the byte is beyond ASCII, and when a difference is below
    // zero; that borrows from the bytes above, so the lowest mark is right and those above it need
    // not be.
    const uint64_t marks = (bytes | (bytes - kOnes * ' ') | ((bytes ^ (kOnes * '"')) - kOnes) |
                            ((bytes ^ (kOnes * '\\')) - kOnes)) &
                           (kOnes << 7);
    if (marks == 0) continue;
    if constexpr (std::endian::native == std::endian::little) {
      return at + std::countr_zero(marks) / 8;
    }
    break;
  }
  while (at != end && IsPlain(*at)) ++at;
  return at;
}

/// A digit's value, or -1.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char* PutUtf8(uint32_t c, char* out) {
  const auto put = [&out](uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
    return out;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  put((0xFF00u >> (more + 1) & 0xFF) | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) put(0x80 | (c >> (6 * i) & 0x3F));
  return out;
}

}  // namespace

bool JsonScanner::Refuse(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

/// `last` is the last byte that was looked at, or the end.
bool JsonScanner::RefuseAt(const char* last) {
  return Refuse(absl::StrCat("is not valid JSON at byte ", last - begin_ + 1));
}

/// What stands here may not stand here. All of it counts as looked at.
bool JsonScanner::RefuseToken() {
  constexpr absl::string_view kMarks = "{}[],:";
  if (absl::StrContains(kMarks, Here())) return RefuseAt(at_);
  JsonNode ignored;
  return ReadScalar(ignored) && RefuseAt(at_ - 1);
}

bool JsonScanner::Take(absl::string_view text) {
  for (const char c : text) {
    if (!At(c)) return RefuseAt(at_);
    ++at_;
  }
  return true;
}

bool JsonScanner::ReadScalar(JsonNode& node) {
  switch (Here()) {
    case '"': {
      absl::string_view text;
      if (!ReadString(text)) return false;
      node.kind = JsonKind::kString;
      node.text = text.data();
      node.size = static_cast<uint32_t>(text.size());
      return true;
    }
    case 't':
    case 'f':
      node.kind = JsonKind::kBoolean;
      node.whole = *at_ == 't' ? 1 : 0;
      return Take(*at_ == 't' ? "true" : "false");
    case 'n':
      node.kind = JsonKind::kNull;
      return Take("null");
    default:
      return At('-') || AtDigit() ? ReadNumber(node) : RefuseAt(at_);
  }
}

bool JsonScanner::ReadNumber(JsonNode& node) {
  const char* const from = at_;
  const bool is_negative = At('-');
  if (is_negative) ++at_;
  // All digits in front of an exponent. It wraps when there are too many, and is not used then.
  uint64_t number = 0;
  const char* const first_digit = at_;
  if (At('0')) {
    ++at_;
  } else if (!TakeDigits(number)) {
    return false;
  }
  int64_t digits = at_ - first_digit;
  bool is_whole = true;
  bool has_exponent = false;
  int64_t decimals = 0;
  if (At('.')) {
    is_whole = false;
    const char* const point = at_++;
    if (!TakeDigits(number)) return false;
    decimals = at_ - point - 1;
    digits += decimals;
  }
  if (At('e') || At('E')) {
    is_whole = false;
    has_exponent = true;
    ++at_;
    if (At('+') || At('-')) ++at_;
    uint64_t exponent = 0;
    if (!TakeDigits(exponent)) return false;
  }
  const absl::string_view text(from, static_cast<size_t>(at_ - from));
  const bool is_exact = digits <= kSafeDigits;
  if (is_whole && !is_negative && (is_exact || absl::SimpleAtoi(text, &number))) {
    node.kind = JsonKind::kUnsigned;
    node.whole = number;
    return true;
  }
  if (is_whole && is_negative && is_exact && number <= uint64_t{1} << 63) {
    node.kind = JsonKind::kNegative;
    node.negative = static_cast<int64_t>(0 - number);
    return true;
  }
  node.kind = JsonKind::kFloat;
  if (is_exact && !has_exponent && number <= kExactlyDouble) {
    const double real = static_cast<double>(number) / kPowersOfTen[decimals];
    node.real = is_negative ? -real : real;
    return true;
  }
  if (!absl::SimpleAtod(text, &node.real) || !std::isfinite(node.real)) return RefuseAt(at_ - 1);
  return true;
}

/// At least one digit, put behind those that `number` has.
bool JsonScanner::TakeDigits(uint64_t& number) {
  if (!AtDigit()) return RefuseAt(at_);
  for (; AtDigit(); ++at_) number = number * 10 + static_cast<uint64_t>(*at_ - '0');
  return true;
}

bool JsonScanner::ReadString(absl::string_view& text) {
  const char* const from = ++at_;
  while (true) {
    at_ = SkipPlain(at_, end_);
    if (at_ == end_) return RefuseAt(at_);
    if (*at_ == '"') break;
    if (*at_ == '\\') return ReadEscaped(from, text);
    if (!SkipBeyondAscii()) return false;
  }
  text = absl::string_view(from, static_cast<size_t>(at_ - from));
  ++at_;
  return true;
}

/// The string that begins at `from` and has its first escape here.
bool JsonScanner::ReadEscaped(const char* from, absl::string_view& text) {
  if (unescaped_ == nullptr) {
    // No string is longer without its escapes.
    unescaped_.reset(new char[static_cast<size_t>(end_ - from)]);
    next_unescaped_ = unescaped_.get();
  }
  char* out = next_unescaped_;
  const auto copy = [&] {
    const auto size = static_cast<size_t>(at_ - from);
    std::memcpy(out, from, size);
    out += size;
  };
  while (!At('"')) {
    if (At('\\')) {
      copy();
      if (!ReadEscape(out)) return false;
      from = at_;
    } else if (!SkipBeyondAscii()) {
      return false;
    }
    at_ = SkipPlain(at_, end_);
    if (at_ == end_) return RefuseAt(at_);
  }
  copy();
  text = absl::string_view(next_unescaped_, static_cast<size_t>(out - next_unescaped_));
  next_unescaped_ = out;
  ++at_;
  return true;
}

bool JsonScanner::ReadEscape(char*& out) {
  constexpr absl::string_view kNames = "\"\\/bfnrtu";
  constexpr absl::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const size_t i = ++at_ == end_ ? absl::string_view::npos : kNames.find(*at_);
  if (i == absl::string_view::npos) return RefuseAt(at_);
  ++at_;
  if (i < kMeanings.size()) {
    *out++ = kMeanings[i];
    return true;
  }
  uint32_t c = 0;
  if (!ReadUnit(c)) return false;
  if (c >= 0xD800 && c <= 0xDBFF) {
    uint32_t low = 0;
    if (!Take("\\u") || !ReadUnit(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return RefuseAt(at_ - 1);
    c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
  } else if (c >= 0xDC00 && c <= 0xDFFF) {
    return RefuseAt(at_ - 1);
  }
  out = PutUtf8(c, out);
  return true;
}

/// Four hexadecimal digits.
bool JsonScanner::ReadUnit(uint32_t& unit) {
  for (int i = 0; i < 4; ++i, ++at_) {
    const int digit = at_ == end_ ? -1 : HexDigit(*at_);
    if (digit < 0) return RefuseAt(at_);
    unit = unit << 4 | static_cast<uint32_t>(digit);
  }
  return true;
}

/// A character of several bytes. Refuses control characters, overlong forms, surrogates and what is
/// beyond U+10FFFF.
bool JsonScanner::SkipBeyondAscii() {
  const unsigned char lead = Byte(*at_);
  if (lead < 0xC2 || lead > 0xF4) return RefuseAt(at_);
  int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (++at_; more > 0; --more, ++at_) {
    if (at_ == end_ || Byte(*at_) < least || Byte(*at_) > most) return RefuseAt(at_);
    least = 0x80;
    most = 0xBF;
  }
  return true;
}

}  // namespace gw::rest::internal
