#include "service/rest/body_excerpt.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/observe/log.h"

namespace gw::rest {
namespace {

constexpr size_t kScanned = 4096;
constexpr size_t kLongest = 256;
constexpr absl::string_view kEllipsis = "...";
// What ends a URL or an e-mail address (quoted ones aside), and what ends an address but not a URL.
constexpr absl::string_view kChunkEnds = " \"<>";
constexpr absl::string_view kWordEnds = "()[],;";

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

/// The number in the hexadecimal digits that `text` begins with, `count` of them; -1 when there are
/// fewer.
int Hex(absl::string_view text, size_t count) {
  uint32_t number = 0;
  if (text.size() < count) return -1;
  for (char c : text.substr(0, count)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return -1;
  }
  return absl::SimpleHexAtoi(text.substr(0, count), &number) ? static_cast<int>(number) : -1;
}

/// JSON's escapes undone, once or more often escaped, and control characters made spaces. What is
/// not ASCII stays beyond ASCII.
std::string Unescape(absl::string_view text) {
  std::string out;
  const auto add = [&out](int c) {
    out += c >= 0x80 ? '\x80' : c < 0x20 || c == 0x7f ? ' ' : static_cast<char>(c);
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      add(static_cast<unsigned char>(text[i]));
      continue;
    }
    size_t next = i + 1;
    while (next < text.size() && text[next] == '\\') ++next;
    const bool once = next == i + 1;
    const char c = next < text.size() ? text[next] : '\0';
    const int code = c == 'u' ? Hex(text.substr(next + 1), 4) : -1;
    i = next - 1;
    if (code >= 0) {
      add(code);
      i = next + 4;
    } else if (once && c != '\0' && absl::StrContains("nrtbf", c)) {
      add(' ');
      i = next;
    } else if (c != '/' && c != '"') {
      add('\\');
    }
  }
  return out;
}

/// `%40` and `&#64;` (or `&#x40;`) undone where they stand for a character that addresses are told
/// by.
std::string DecodeReferences(absl::string_view text) {
  std::string out;
  const auto is_telling = [](int c) {
    return c > 0 && c < 0x80 &&
           (IsAlnum(static_cast<char>(c)) || absl::StrContains("@:/._-+=&", static_cast<char>(c)));
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const absl::string_view rest = text.substr(i);
    int code = -1;
    size_t length = 1;
    if (rest.front() == '%') {
      code = Hex(rest.substr(1), 2);
      length = 3;
    } else if (const size_t end = rest.substr(0, 8).find(';');
               absl::StartsWith(rest, "&#") && end != absl::string_view::npos) {
      absl::string_view number = rest.substr(2, end - 2);
      const bool is_hex = absl::ConsumePrefix(&number, "x") || absl::ConsumePrefix(&number, "X");
      if (is_hex ? !absl::SimpleHexAtoi(number, &code) : !absl::SimpleAtoi(number, &code))
        code = -1;
      length = end + 1;
    }
    if (!is_telling(code)) {
      out += rest.front();
      continue;
    }
    out += static_cast<char>(code);
    i += length - 1;
  }
  return out;
}

/// Where an address of a page begins in `chunk`; npos without one.
size_t FindUrl(absl::string_view chunk) {
  constexpr size_t kNone = absl::string_view::npos;
  const std::string lower = absl::AsciiStrToLower(chunk);
  // The path of invite links [doc], whatever stands before it.
  if (absl::StrContains(lower, "exam/start/")) return 0;
  size_t begin = lower.find("//");
  if (begin == kNone) begin = lower.find("www.");
  if (begin == kNone) {
    // A host and a path: `portal.example/x`, but neither `/var/log.d/x` nor `../x`.
    const size_t slash = lower.find('/');
    if (slash == kNone) return kNone;
    const size_t dot = lower.rfind('.', slash);
    if (dot == kNone || dot == 0 || dot + 1 == slash) return kNone;
    begin = dot;
  }
  while (begin > 0 && (IsAlnum(chunk[begin - 1]) || absl::StrContains(":+.-", chunk[begin - 1]))) {
    --begin;
  }
  return begin;
}

void AppendWords(absl::string_view text, std::string& out) {
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(kWordEnds), text.size());
    const absl::string_view word = text.substr(0, end);
    if (absl::StrContains(word, '@')) {
      absl::StrAppend(&out, "[e-mail]");
    } else {
      for (char c : word) out += absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
    }
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void AppendChunk(absl::string_view chunk, std::string& out) {
  // "a b"@c: the local part stands in quotes and has been written already.
  if (chunk.front() == '@' && absl::EndsWith(out, "\"") && out.size() > 1) {
    const size_t quote = out.rfind('"', out.size() - 2);
    if (quote != std::string::npos) out.resize(quote);
  }
  const size_t url = FindUrl(chunk);
  AppendWords(chunk.substr(0, url), out);
  if (url != absl::string_view::npos) absl::StrAppend(&out, "[url]");
}

}  // namespace

std::string DescribeForLog(absl::string_view body) {
  // A key is looked for as it came and as it reads, and before anything is cut.
  const std::string decoded = observe::WithoutSecrets(
      DecodeReferences(Unescape(observe::WithoutSecrets(body.substr(0, kScanned)))));
  absl::string_view text = decoded;
  const bool is_cut = body.size() > kScanned;
  std::string out;
  while (!text.empty() && out.size() <= 2 * kLongest) {
    const size_t end = std::min(text.find_first_of(kChunkEnds), text.size());
    // The last chunk of a cut text may be the first half of an address.
    if (end == text.size() && is_cut) break;
    if (end > 0) AppendChunk(text.substr(0, end), out);
    if (end < text.size() && (text[end] != ' ' || (!out.empty() && out.back() != ' '))) {
      out += text[end];
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  absl::StripTrailingAsciiWhitespace(&out);
  if (is_cut || out.size() > kLongest) {
    out.resize(std::min(out.size(), kLongest - kEllipsis.size()));
    absl::StrAppend(&out, kEllipsis);
  }
  return out;
}

}  // namespace gw::rest
