#include "service/app/config_support.h"

#include "absl/strings/str_cat.h"
#include "service/app/field_path.h"

namespace gw::app {
namespace {

enum class Answer {
  kRefuse,  // when the key is set
  kWarn,    // when the operator sets the key
};

struct Row {
  absl::string_view key;
  Answer answer;
  absl::string_view consequence;
};

constexpr Row kRows[] = {
    {"egress.proxy", Answer::kRefuse, "not supported by this version; remove it"},
    {"egress.proxy_credentials_file", Answer::kRefuse, "not supported by this version; remove it"},
    {"egress.interface", Answer::kRefuse, "not supported by this version; remove it"},

    {"concero.report", Answer::kWarn, "has no effect yet, reports cannot be watched"},
    {"egress.allow_private", Answer::kWarn,
     "has no effect yet, a name may resolve to a private address"},
};

}  // namespace

absl::Status RefuseUnsupported(const gateway::config::v1::Config& config) {
  for (const Row& row : kRows) {
    if (row.answer == Answer::kRefuse && FindField(config, row.key).IsSet()) {
      return absl::InvalidArgumentError(absl::StrCat(row.key, ": ", row.consequence));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> WarnOfNoEffect(const gateway::config::v1::Config& user) {
  std::vector<std::string> warnings;
  for (const Row& row : kRows) {
    if (row.answer == Answer::kWarn && FindField(user, row.key).IsSet()) {
      warnings.push_back(absl::StrCat(row.key, ": ", row.consequence));
    }
  }
  return warnings;
}

}  // namespace gw::app
