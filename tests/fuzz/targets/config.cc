// The configuration file.
#include "service/app/config.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "service/app/yaml_tree.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

// A key is repeated in messages, escaped and cut.
bool IsInAKey(const app::YamlNode& node) {
  return std::any_of(node.items.begin(), node.items.end(), &IsInAKey) ||
         std::any_of(node.entries.begin(), node.entries.end(), [](const app::YamlEntry& entry) {
           return absl::StrContains(entry.key, kMarker) || IsInAKey(entry.value);
         });
}

}  // namespace

FUZZ_TARGET(config) {
  std::vector<std::string> warnings;
  const auto config = app::ParseConfig(input, "gateway.yaml", &warnings);
  for (const std::string& warning : warnings) ExpectQuotesNothing(absl::UnknownError(warning));
  if (config.ok()) {
    Expect(config->has_concero() || config->has_proctorexam(), "there is an upstream");
    gateway::config::v1::Config again;
    Expect(again.ParseFromString(config->SerializeAsString()), "every text is UTF-8");
    return;
  }
  Expect(absl::StartsWith(config.status().message(), "gateway.yaml:"), "an error names the file");
  const auto tree = app::ParseYamlTree(input, "gateway.yaml");
  if (tree.ok() && IsInAKey(*tree)) return;
  ExpectQuotesNothing(config.status());
}

}  // namespace gw::fuzz
