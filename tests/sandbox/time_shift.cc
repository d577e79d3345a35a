#include "tests/sandbox/time_shift.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace sandbox {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMost = std::chrono::years(10);

constexpr std::pair<std::string_view, milliseconds> kUnits[] = {
    {"ms", std::chrono::milliseconds(1)},
    {"s", std::chrono::seconds(1)},
    {"m", std::chrono::minutes(1)},
    {"h", std::chrono::hours(1)},
};

}  // namespace

std::optional<milliseconds> ParseTimeShift(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::uint32_t count = 0;  // so that no product overflows
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, unit] : kUnits) {
    if (name != text) continue;
    const milliseconds shift = std::int64_t{count} * unit;
    if (shift > kMost) return std::nullopt;
    return negative ? -shift : shift;
  }
  return std::nullopt;
}

}  // namespace sandbox
