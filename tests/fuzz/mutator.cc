#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <iterator>

#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

// What parsers stumble over.
constexpr absl::string_view kWords[] = {
    kMarker,
    absl::string_view("\0", 1),
    "\xFF",
    "\xC2\x85",
    "\xEF\xBB\xBF",
    "\"",
    "\\",
    "\\u0000",
    "\\ud83d",
    "\r\n",
    "\n",
    " ",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "-1",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "4294967296",
    "1e400",
    "-0.0",
    "%40",
    "&#64;",
    "@",
    "://",
};

}  // namespace

std::string Mutator::Mutate(const std::vector<std::string>& inputs) {
  std::string text = OneOf(inputs);
  for (size_t left = 1 + Below(8); left > 0; --left) Change(text, inputs);
  text.resize(std::min(text.size(), kLongest));
  return text;
}

absl::string_view Mutator::PieceOf(absl::string_view text) {
  if (text.empty()) return text;
  const size_t begin = Below(text.size());
  return text.substr(begin, 1 + Below(Below(4) == 0 ? text.size() : 16));
}

void Mutator::Change(std::string& text, const std::vector<std::string>& inputs) {
  const size_t at = Below(text.size() + 1);
  const absl::string_view piece = PieceOf(absl::string_view(text).substr(at));
  switch (Below(8)) {
    case 0:  // a bit
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << Below(8)));
      break;
    case 1:  // a byte
      if (at < text.size()) text[at] = static_cast<char>(Below(256));
      break;
    case 2:
      text.insert(at, 1, static_cast<char>(Below(256)));
      break;
    case 3:
      text.erase(at, piece.size());
      break;
    case 4:  // again, and perhaps often
      if (const std::string repeated(piece); text.size() < kLongest) {
        for (size_t times = 1 + Below(Below(8) == 0 ? 100 : 2); times > 0; --times) {
          text.insert(at, repeated);
        }
      }
      break;
    case 5:  // the end of another one
      text.resize(at);
      if (const std::string& other = OneOf(inputs); !other.empty()) {
        text.append(other, Below(other.size()));
      }
      break;
    case 6:
      text.insert(at, std::string(PieceOf(OneOf(inputs))));
      break;
    default:
      text.insert(at, std::string(kWords[Below(std::size(kWords))]));
      break;
  }
}

}  // namespace gw::fuzz
