#include "service/app/turn_watch.h"

#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace gw::app {
namespace {

// Turns are long when there are fewer than these while kHeldUp is used: a quarter of it each.
constexpr uint64_t kFewTurns = 4;
constexpr absl::Duration kSlow = absl::Milliseconds(200);
constexpr absl::Duration kHeldUp = absl::Seconds(1);

}  // namespace

std::optional<ThreadUse> ParseThreadStat(absl::string_view text) {
  // The second field is a name in parentheses, with whatever in it.
  const size_t name_end = text.rfind(')');
  if (name_end == absl::string_view::npos) return std::nullopt;
  const std::vector<absl::string_view> fields =
      absl::StrSplit(text.substr(name_end + 1), ' ', absl::SkipEmpty());
  constexpr size_t kState = 0, kUser = 11, kSystem = 12;  // from the third field on
  uint64_t user = 0, system = 0;
  if (fields.size() <= kSystem || !absl::SimpleAtoi(fields[kUser], &user) ||
      !absl::SimpleAtoi(fields[kSystem], &system)) {
    return std::nullopt;
  }
  static const auto per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ThreadUse{fields[kState] == "S",
                   absl::Seconds(static_cast<double>(user + system) / per_second)};
}

std::optional<ThreadUse> UseOf(pid_t number) {
  std::ifstream file(absl::StrCat("/proc/self/task/", number, "/stat"));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return ParseThreadStat(line);
}

TurnWatch::Pace TurnWatch::Seen(uint64_t turns, const ThreadUse& use) {
  if (!known_ || use.rests || turns - turns_ >= kFewTurns) {
    known_ = true;
    turns_ = turns;
    used_ = use.processor_time;
  }
  const absl::Duration used = use.processor_time - used_;
  if (used >= kHeldUp) return Pace::kHeldUp;
  return used >= kSlow ? Pace::kSlow : Pace::kWell;
}

}  // namespace gw::app
