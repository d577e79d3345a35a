// Failures as short texts, so that tables can name them.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/base/failure.h"

namespace gw::testing {

/// `NOT_FOUND UPSTREAM_NOT_FOUND`; `OK` for OK.
inline std::string CodeAndReason(const absl::Status& status) {
  if (status.ok()) return "OK";
  return absl::StrCat(absl::StatusCodeToString(status.code()), " ",
                      ReasonName(GetFailure(status).reason));
}

/// The value of a metadata key; `(none)` without it.
inline std::string Metadata(const absl::Status& status, absl::string_view key) {
  for (const auto& [name, value] : GetFailure(status).metadata) {
    if (name == key) return value;
  }
  return "(none)";
}

/// Everything that a caller is told, in one text to search.
inline std::string AllText(const absl::Status& status) {
  const Failure failure = GetFailure(status);
  std::string text(status.message());
  for (const auto& [key, value] : failure.metadata) absl::StrAppend(&text, "\n", key, "=", value);
  for (const auto& v : failure.violations)
    absl::StrAppend(&text, "\n", v.field, ":", v.description);
  return text;
}

}  // namespace gw::testing
