#include "service/base/field_rules.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gw {
namespace {

constexpr size_t kMaxLocalPart = 64;
constexpr size_t kMaxLabel = 63;

bool IsAtomChar(unsigned char c) {
  return absl::ascii_isalnum(c) || c >= 0x80 ||
         absl::string_view("!#$%&'*+-/=?^_`{|}~").find(static_cast<char>(c)) !=
             absl::string_view::npos;
}

bool IsLocalPart(absl::string_view text) {
  if (text.empty() || text.size() > kMaxLocalPart) return false;
  for (const absl::string_view atom : absl::StrSplit(text, '.')) {
    if (atom.empty() || !std::all_of(atom.begin(), atom.end(), IsAtomChar)) return false;
  }
  return true;
}

bool IsHostName(absl::string_view text) {
  bool letters = false;
  for (const absl::string_view label : absl::StrSplit(text, '.')) {
    if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') {
      return false;
    }
    for (const char c : label) {
      const auto byte = static_cast<unsigned char>(c);
      if (!absl::ascii_isalnum(byte) && c != '-' && byte < 0x80) return false;
      letters |= absl::ascii_isalpha(byte) || byte >= 0x80;
    }
  }
  return letters;
}

}  // namespace

void Violations::Add(absl::string_view field, absl::string_view description) {
  list_.push_back({std::string(field), std::string(description)});
}

void Violations::ExpectId(absl::string_view field, int64_t id) {
  if (id <= 0) Add(field, "must be above 0");
}

absl::Status Violations::Result() const {
  if (list_.empty()) return absl::OkStatus();
  Failure failure;
  failure.reason = Reason::kInvalidField;
  failure.metadata = {{"field", list_.front().field}};
  failure.violations = list_;
  std::string message;
  for (const FieldViolation& v : list_) {
    absl::StrAppend(&message, message.empty() ? "" : "; ", v.field, ": ", v.description);
  }
  return MakeFailure(absl::StatusCode::kInvalidArgument, message, failure);
}

bool IsEmail(absl::string_view text) {
  const size_t at = text.rfind('@');
  return at != absl::string_view::npos && text.size() <= kMaxEmail && !HasControls(text) &&
         IsLocalPart(text.substr(0, at)) && IsHostName(text.substr(at + 1));
}

bool HasControls(absl::string_view text) {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (before == 0xC2 && byte >= 0x80 && byte < 0xA0) return true;
    before = byte;
  }
  return false;
}

bool IsUtf8(absl::string_view bytes) {
  // By the number of bytes that follow the first.
  constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    if (first < 0x80) continue;
    if (first < 0xC0 || first > 0xF4) return false;
    const size_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    if (bytes.size() - i <= more) return false;
    uint32_t code = first & (0x3F >> more);
    for (size_t left = more; left > 0; --left) {
      const auto next = static_cast<unsigned char>(bytes[++i]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3F);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < kSmallest[more] || surrogate || code > 0x10FFFF) return false;
  }
  return true;
}

size_t Characters(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace gw
