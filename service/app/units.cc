#include "service/app/units.h"

#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw::app {
namespace {

struct DurationUnit {
  absl::string_view name;
  absl::Duration length;
};

// Largest first: the order in which a text may use them.
const std::array<DurationUnit, 4> kDurationUnits = {{{"h", absl::Hours(1)},
                                                     {"m", absl::Minutes(1)},
                                                     {"s", absl::Seconds(1)},
                                                     {"ms", absl::Milliseconds(1)}}};
const absl::Duration kLongest = absl::Hours(10 * 365 * 24);

// Takes the digits that `text` begins with. Nothing: there are none, or the number does not fit.
std::optional<int64_t> ConsumeNumber(absl::string_view* text) {
  size_t digits = 0;
  while (digits < text->size() && absl::ascii_isdigit((*text)[digits])) ++digits;
  int64_t number = 0;
  if (!absl::SimpleAtoi(text->substr(0, digits), &number)) return std::nullopt;
  text->remove_prefix(digits);
  return number;
}

absl::string_view ConsumeLetters(absl::string_view* text) {
  size_t letters = 0;
  while (letters < text->size() && absl::ascii_isalpha((*text)[letters])) ++letters;
  const absl::string_view taken = text->substr(0, letters);
  text->remove_prefix(letters);
  return taken;
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDurationText(absl::string_view text) {
  const auto refuse = [] {
    return absl::InvalidArgumentError("expects a duration such as 300ms, 10s, 5m, 24h");
  };
  if (text.empty()) return refuse();
  absl::Duration sum;
  const DurationUnit* next = kDurationUnits.begin();
  while (!text.empty()) {
    const std::optional<int64_t> number = ConsumeNumber(&text);
    if (!number) return refuse();
    const absl::string_view name = ConsumeLetters(&text);
    if (name.empty() && text.empty()) {
      return absl::InvalidArgumentError("expects a duration with its unit, such as 10s or 300ms");
    }
    while (next != kDurationUnits.end() && next->name != name) ++next;
    if (next == kDurationUnits.end()) return refuse();
    sum += *number * next->length;
    ++next;
  }
  if (sum > kLongest) {
    return absl::InvalidArgumentError("expects a duration of at most 10 years, that is 87600h");
  }
  return sum;
}

absl::StatusOr<int64_t> ParseSizeText(absl::string_view text) {
  const auto refuse = [] {
    return absl::InvalidArgumentError(
        "expects a size such as 64KiB, 8MiB, 1GiB, or a number of bytes");
  };
  const std::optional<int64_t> number = ConsumeNumber(&text);
  if (!number) return refuse();
  int shift = 0;
  if (text == "KiB") {
    shift = 10;
  } else if (text == "MiB") {
    shift = 20;
  } else if (text == "GiB") {
    shift = 30;
  } else if (!text.empty()) {
    return refuse();
  }
  if (*number > std::numeric_limits<int64_t>::max() >> shift) return refuse();
  return *number << shift;
}

std::string DurationText(absl::Duration duration) {
  std::string text;
  for (const DurationUnit& unit : kDurationUnits) {
    const int64_t count = absl::IDivDuration(duration, unit.length, &duration);
    if (count != 0) absl::StrAppend(&text, count, unit.name);
  }
  return text.empty() ? "0s" : text;
}

std::string SizeText(int64_t bytes) {
  for (const auto& [name, shift] : {std::pair{"GiB", 30}, {"MiB", 20}, {"KiB", 10}}) {
    const int64_t unit = int64_t{1} << shift;
    if (bytes != 0 && bytes % unit == 0) return absl::StrCat(bytes / unit, name);
  }
  return absl::StrCat(bytes);
}

}  // namespace gw::app
