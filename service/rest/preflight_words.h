// Words that the judges of a preflight share.
#pragma once

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/rest/preflight.h"

namespace gw::rest {

// Thread safety: pure functions.

inline PreflightCheck Ok(absl::string_view name, std::string seen, std::string advice = "") {
  return {std::string(name), PreflightResult::kOk, std::move(seen), std::move(advice)};
}
inline PreflightCheck Failed(absl::string_view name, std::string seen, std::string advice) {
  return {std::string(name), PreflightResult::kFailed, std::move(seen), std::move(advice)};
}
inline PreflightCheck Skipped(absl::string_view name, std::string seen, std::string advice = "") {
  return {std::string(name), PreflightResult::kSkipped, std::move(seen), std::move(advice)};
}
/// Not made because of an earlier one, `step`; empty: there was no time for it.
inline PreflightCheck Needs(absl::string_view name, absl::string_view step) {
  if (!step.empty()) return Skipped(name, absl::StrCat("needs ", step));
  return Skipped(name, "no time was left for it", "give the call a longer deadline");
}

/// `12ms`, `3s`: no finer than is worth reading.
inline std::string Took(absl::Duration duration) {
  if (duration < absl::Milliseconds(1)) return "less than 1ms";
  const absl::Duration step =
      duration < absl::Seconds(1) ? absl::Milliseconds(1) : absl::Milliseconds(100);
  return absl::FormatDuration(absl::Trunc(duration + step / 2, step));
}
/// `concero.base_url`.
inline std::string BaseUrlKey(const PreflightTarget& target) {
  return absl::StrCat(target.name, ".base_url");
}

}  // namespace gw::rest
