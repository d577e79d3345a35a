#include "service/admin/markup.h"

#include <array>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace gw::admin {
namespace {

struct Unit {
  absl::Duration length;
  const char* name;
};

}  // namespace

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string SpanText(absl::Duration span) {
  if (span < absl::ZeroDuration()) return absl::StrCat("-", SpanText(-span));
  if (span == absl::ZeroDuration()) return "0 s";
  if (span < absl::Seconds(1)) {
    const double ms = absl::ToDoubleMilliseconds(span);
    return absl::StrFormat("%.*f ms", ms < 1 ? 2 : ms < 10 ? 1 : 0, ms);
  }
  if (span < absl::Seconds(10)) return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(span));
  static const std::array<Unit, 4> kUnits = {{{absl::Hours(24), "d"},
                                              {absl::Hours(1), "h"},
                                              {absl::Minutes(1), "min"},
                                              {absl::Seconds(1), "s"}}};
  size_t largest = 0;
  while (span < kUnits[largest].length) ++largest;
  const int64_t count = absl::IDivDuration(span, kUnits[largest].length, &span);
  std::string text = absl::StrCat(count, " ", kUnits[largest].name);
  if (largest + 1 < kUnits.size()) {
    const int64_t rest = absl::IDivDuration(span, kUnits[largest + 1].length, &span);
    if (rest > 0) absl::StrAppend(&text, " ", rest, " ", kUnits[largest + 1].name);
  }
  return text;
}

std::string NumberText(int64_t number) {
  constexpr char kThinSpace[] = "\u2009";
  const std::string digits = absl::StrCat(number);
  const size_t sign = number < 0 ? 1 : 0;
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > sign && (digits.size() - i) % 3 == 0) text += kThinSpace;
    text += digits[i];
  }
  return text;
}

std::string BytesText(int64_t bytes) {
  for (const auto& [name, shift] : {std::pair{"GiB", 30}, {"MiB", 20}, {"KiB", 10}}) {
    const double unit = static_cast<double>(int64_t{1} << shift);
    if (static_cast<double>(bytes) >= unit) {
      return absl::StrFormat("%.1f %s", static_cast<double>(bytes) / unit, name);
    }
  }
  return absl::StrCat(bytes, " bytes");
}

}  // namespace gw::admin
