#include "service/app/config_support.h"

#include "absl/strings/str_cat.h"
#include "service/app/field_path.h"

namespace gw::app {
namespace {

struct Row {
  absl::string_view key;
  absl::string_view consequence;
};

constexpr Row kRows[] = {
    {"concero.report", "has no effect yet, reports cannot be watched"},
};

}  // namespace

std::vector<std::string> WarnOfNoEffect(const gateway::config::v1::Config& user) {
  std::vector<std::string> warnings;
  for (const Row& row : kRows) {
    if (FindField(user, row.key).IsSet()) {
      warnings.push_back(absl::StrCat(row.key, ": ", row.consequence));
    }
  }
  if (!user.egress().proxy().empty() && user.egress().allow_private_size() > 0) {
    warnings.emplace_back(
        "egress.allow_private: has no effect with egress.proxy, which looks the names of the "
        "upstreams up itself");
  }
  return warnings;
}

}  // namespace gw::app
