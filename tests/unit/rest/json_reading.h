// How the tests of what reads JSON ask for it.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "service/rest/json_view.h"

namespace gw::rest {

/// More than any of their bodies has.
inline constexpr size_t kMax = 100'000'000;

/// What is wrong with `body`, without the words that all have in common.
inline std::string InvalidAt(absl::string_view body) {
  const auto json = ReadJson(body, kMax);
  const absl::string_view problem = json.status().message();
  return std::string(absl::StripPrefix(problem, "the body is not valid JSON at byte "));
}

}  // namespace gw::rest
