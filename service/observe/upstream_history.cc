#include "service/observe/upstream_history.h"

#include <algorithm>
#include <iterator>

namespace gw::observe {
namespace {

// The answer's class, or that there was none in time: what did not get to the upstream took no time
// of its own.
bool TookTime(absl::string_view result) {
  return (result.size() == 3 && result.substr(1) == "xx") || result == "timeout" ||
         result == "deadline";
}

History::Ended EndedOf(absl::string_view result) {
  if (result == "2xx") return History::Ended::kWell;
  if (result == "4xx") return History::Ended::kRefused;
  return History::Ended::kFailed;
}

bool IsNotOfTheUpstream(absl::string_view result) {
  constexpr absl::string_view kOurs[] = {"cancelled", "refused",  "overloaded",
                                         "memory",    "shutdown", "bad_request"};
  return std::find(std::begin(kOurs), std::end(kOurs), result) != std::end(kOurs);
}

}  // namespace

void UpstreamHistory::Finished(absl::string_view result, absl::Duration took) {
  --active_;
  metrics_.Finished(result, took);
  if (IsNotOfTheUpstream(result)) return;
  history_.Add(EndedOf(result), TookTime(result) ? took : absl::InfiniteDuration());
}

}  // namespace gw::observe
