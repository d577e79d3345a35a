#include "client/library/backoff.h"

#include <algorithm>

namespace concero {
namespace {

constexpr absl::Duration kFirst = absl::Milliseconds(200), kLongest = absl::Seconds(5);
constexpr int kDoublings = 5;  // by then it is the longest

}  // namespace

absl::Duration Backoff(int failures, uint64_t random) {
  const int doublings = std::clamp(failures - 1, 0, kDoublings);
  const absl::Duration whole = std::min(kFirst * (1 << doublings), kLongest);
  const double part = static_cast<double>(random >> 11) / static_cast<double>(uint64_t{1} << 53);
  return whole * (1 - part / 2);
}

}  // namespace concero
