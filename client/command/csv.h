// CSV, by libcsv.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concero::command {

/// The rows of a text (RFC 4180, lines may end in LF), the head among them; empty lines
/// do not count. What separates fields is a comma, or the semicolon or tab that stands in the first
/// line when no comma does. A line `sep=;` before it says so, too. A byte order mark does not
/// count. INVALID_ARGUMENT for a quote at a
/// wrong place or that is never closed. Thread safety: pure.
absl::StatusOr<std::vector<std::vector<std::string>>> ParseCsv(absl::string_view text);

/// One row and its end. A field is quoted where it must be. Thread safety: pure.
std::string CsvRow(const std::vector<std::string>& fields);

}  // namespace concero::command
