#include "tests/bench/overload_chart.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"

namespace gw::bench {
namespace {

constexpr double kWidth = 400, kHeight = 240;  // of a panel's field
constexpr double kLeft = 60, kTop = 60, kGap = 90;
constexpr double kPage = kLeft + 2 * kWidth + kGap + 30;

constexpr const char* kHead = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g">
<title>concero-gateway under overload</title>
<style>
  svg { color: #24292f; font: 13px system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) { svg { color: #e6edf3; } }
  text { fill: currentColor; }
  .axis { stroke: currentColor; stroke-opacity: 0.25; }
  .goal { stroke: #d29922; stroke-width: 1.5; stroke-dasharray: 6 4; }
  .seen { stroke: #2f81f7; stroke-width: 2.5; fill: none; }
  .dot { fill: #2f81f7; }
</style>
)";

struct Panel {
  std::string title;
  std::string goal_title;
  double goal;
  bool at_most;                                   // the goal: to stay below it
  std::vector<std::pair<double, double>> points;  // times capacity, value
};

/// The smallest of 1, 2, 5, 10, 20 … with which at most 5 steps reach `top`.
double StepFor(double top) {
  double step = std::pow(10, std::floor(std::log10(std::max(top, 1.0) / 5)));
  for (const double factor : {2.0, 2.5, 2.0}) {
    if (step * 5 >= top) break;
    step *= factor;
  }
  return step;
}

class Drawing {
 public:
  Drawing(const Panel& panel, double left) : panel_(panel), left_(left) {
    double top = panel.goal;
    for (const auto& point : panel.points) top = std::max(top, point.second);
    step_ = StepFor(top * 1.05);
    top_ = step_ * std::ceil(top * 1.05 / step_);
  }

  std::string Text() {
    Label(left_, kTop - 22, "start", panel_.title);
    for (int i = 0; i * step_ <= top_; ++i) {
      const double value = i * step_;
      Line("axis", left_, Y(value), left_ + kWidth, Y(value));
      Label(left_ - 8, Y(value) + 4, "end", absl::StrFormat("%g", value));
    }
    for (const auto& [times, value] : panel_.points) {
      Label(X(times), kTop + kHeight + 20, "middle", absl::StrFormat("%g ×", times));
    }
    Label(left_ + kWidth / 2, kTop + kHeight + 42, "middle", "offered load, in capacities");
    Line("goal", left_, Y(panel_.goal), left_ + kWidth, Y(panel_.goal));
    Label(left_ + kWidth, Y(panel_.goal) + (panel_.at_most ? -7 : 17), "end", panel_.goal_title);
    std::string path;
    for (const auto& [times, value] : panel_.points) {
      absl::StrAppendFormat(&path, "%.1f,%.1f ", X(times), Y(value));
    }
    absl::StrAppendFormat(&text_, "<polyline class=\"seen\" points=\"%s\"/>\n", path);
    for (const auto& [times, value] : panel_.points) {
      absl::StrAppendFormat(&text_, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n",
                            X(times), Y(value));
      Label(X(times), Y(value) + (panel_.at_most ? 20 : -10), "middle",
            absl::StrFormat("%.0f", value));
    }
    return std::move(text_);
  }

 private:
  /// The loads are each about the double of the one before: a logarithmic axis, with some room.
  double X(double times) const {
    const double first = std::log(panel_.points.front().first);
    const double last = std::log(panel_.points.back().first);
    return left_ + 25 + (kWidth - 50) * (std::log(times) - first) / (last - first);
  }
  double Y(double value) const { return kTop + kHeight * (1 - value / top_); }

  void Line(const char* kind, double x1, double y1, double x2, double y2) {
    absl::StrAppendFormat(&text_,
                          "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                          kind, x1, y1, x2, y2);
  }
  void Label(double x, double y, const char* anchor, const std::string& words) {
    absl::StrAppendFormat(&text_, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x,
                          y, anchor, words);
  }

  const Panel& panel_;
  const double left_;
  double step_ = 1, top_ = 1;
  std::string text_;
};

}  // namespace

std::string ChartOf(const std::vector<OverloadRound>& rounds) {
  const Bounds bounds = BoundsOf(rounds);
  Panel goodput{"goodput: OK calls a second", "90 % of the peak", bounds.least_goodput, false, {}};
  Panel p99{"p99 of accepted calls, ms", "twice the unloaded p99", bounds.most_p99, true, {}};
  for (const OverloadRound& round : rounds) {
    goodput.points.emplace_back(round.times_capacity, round.load.goodput);
    p99.points.emplace_back(round.times_capacity, round.load.of_accepted.p99);
  }
  std::string svg = absl::StrFormat(kHead, kPage, kTop + kHeight + 60);
  svg += Drawing(goodput, kLeft).Text();
  svg += Drawing(p99, kLeft + kWidth + kGap).Text();
  return svg + "</svg>\n";
}

}  // namespace gw::bench
