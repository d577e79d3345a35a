#include "tests/sandbox/query.h"

#include <charconv>
#include <utility>

namespace sandbox {
namespace {

std::optional<std::string> Decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const auto digits = text.substr(i + 1, 2);
      unsigned byte = 0;
      const auto* const end = digits.data() + digits.size();
      const auto parsed = std::from_chars(digits.data(), end, byte, 16);
      if (digits.size() != 2 || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
      out += static_cast<char>(byte);
      i += 2;
    }
  }
  return out;
}

}  // namespace

std::optional<std::map<std::string, std::string>> ParseQuery(std::string_view target) {
  std::map<std::string, std::string> values;
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return values;
  target.remove_prefix(mark + 1);
  if (target.empty()) return values;
  while (true) {
    const auto item = target.substr(0, target.find('&'));
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    auto name = Decoded(item.substr(0, equals));
    auto value = Decoded(item.substr(equals + 1));
    if (!name || name->empty() || !value) return std::nullopt;
    if (!values.emplace(std::move(*name), std::move(*value)).second) return std::nullopt;
    if (item.size() == target.size()) return values;
    target.remove_prefix(item.size() + 1);
  }
}

}  // namespace sandbox
