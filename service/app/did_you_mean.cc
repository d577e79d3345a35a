#include "service/app/did_you_mean.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"

namespace gw::app {
namespace {

// The least number of letters to insert, drop or replace (Levenshtein), one row of the table at a
// time.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const bool same = absl::ascii_tolower(a[i]) == absl::ascii_tolower(b[j]);
      const size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string ClosestName(absl::string_view written, const std::vector<std::string>& names) {
  std::string closest;
  size_t closest_distance = 0;
  for (const std::string& name : names) {
    const size_t allowed = name.size() / 3;
    if (written.size() > name.size() + allowed) continue;  // a long text is not worth the table
    const size_t distance = EditDistance(written, name);
    if (distance > allowed || (!closest.empty() && distance >= closest_distance)) continue;
    closest = name;
    closest_distance = distance;
  }
  return closest;
}

}  // namespace gw::app
