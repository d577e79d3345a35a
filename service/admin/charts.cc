#include "service/admin/charts.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/admin/markup.h"

namespace gw::admin {
namespace {

using observe::History;
using Minute = History::Minute;

constexpr int kBar = 4;  // and the gap behind it
constexpr int kHeight = 48;

std::string MinuteText(size_t i, size_t minutes) {
  const size_t ago = minutes - 1 - i;
  return ago == 0 ? "this minute" : absl::StrCat(ago, " min ago");
}

// From `from` to `to` of the height, 0 at the bottom, both parts of 1.
void AddRect(std::string* svg, const char* color, size_t i, double from, double to) {
  if (to <= from) return;
  // What is there is seen, however little it is.
  const double height = std::max((to - from) * kHeight, 1.5);
  absl::StrAppendFormat(
      svg, "<rect class=\"%s\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>", color,
      static_cast<int>(i) * kBar, kHeight - from * kHeight - height, kBar - 1, height);
}

std::string Chart(const std::vector<Minute>& hour, const std::string& label,
                  const std::function<void(std::string*, size_t)>& bar,
                  const std::function<std::string(const Minute&)>& title) {
  const int width = static_cast<int>(hour.size()) * kBar;
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%s\">",
      width, kHeight, Escaped(label));
  absl::StrAppendFormat(&svg, "<line class=\"base\" x1=\"0\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                        width, kHeight - 0.5, kHeight - 0.5);
  for (size_t i = 0; i < hour.size(); ++i) {
    if (hour[i].total() == 0) continue;
    absl::StrAppend(&svg, "<g><title>", MinuteText(i, hour.size()), ": ", Escaped(title(hour[i])),
                    "</title>");
    bar(&svg, i);
    svg += "</g>";
  }
  return svg + "</svg>";
}

}  // namespace

std::string CountChart(const std::vector<Minute>& hour, const std::string& what) {
  int64_t most = 0;
  for (const Minute& minute : hour) most = std::max(most, minute.total());
  // Asked only of minutes that have something.
  const auto part = [most](int64_t n) {
    return static_cast<double>(n) / static_cast<double>(most);
  };
  return Chart(
      hour, absl::StrCat(what, " in each minute of the last hour, at most ", most),
      [&](std::string* svg, size_t i) {
        const Minute& minute = hour[i];
        const double failed = part(minute.of(History::Ended::kFailed));
        const double refused = failed + part(minute.of(History::Ended::kRefused));
        AddRect(svg, "well", i, refused, part(minute.total()));
        AddRect(svg, "refused", i, failed, refused);
        AddRect(svg, "failed", i, 0, failed);
      },
      [](const Minute& minute) {
        return absl::StrCat(NumberText(minute.total()), " in all, ",
                            NumberText(minute.of(History::Ended::kRefused)), " refused, ",
                            NumberText(minute.of(History::Ended::kFailed)), " failed");
      });
}

std::string TimeChart(const std::vector<Minute>& hour, const std::string& what) {
  absl::Duration longest;
  for (const Minute& minute : hour) longest = std::max(longest, minute.p99);
  const auto part = [longest](absl::Duration took) {
    return longest > absl::ZeroDuration() ? absl::FDivDuration(took, longest) : 0;
  };
  return Chart(
      hour, absl::StrCat(what, " in each minute of the last hour, p99 at most ", SpanText(longest)),
      [&](std::string* svg, size_t i) {
        AddRect(svg, "p99", i, 0, part(hour[i].p99));
        AddRect(svg, "p50", i, 0, part(hour[i].p50));
      },
      [](const Minute& minute) {
        if (minute.p99 == absl::ZeroDuration()) return std::string("none took time");
        return absl::StrCat("p50 ", SpanText(minute.p50), ", p99 ", SpanText(minute.p99));
      });
}

}  // namespace gw::admin
