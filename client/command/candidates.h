// The candidates of a file: who is to be invited to what.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concero::command {

struct Candidate {
  int row = 0;  ///< from 1 on; the head and empty lines do not count
  int64_t examination_id = 0;
  std::string email;
  std::string request_id;  ///< empty: one is to be made

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// Reads CSV (RFC 4180; commas, semicolons or tabs, UTF-8) with a head that names the columns:
/// `email`; `examination_id`, unless `examination_id` is not 0, which is then for rows without one;
/// and, if the rows have theirs, `request_id`. Other columns do not matter, nor do empty rows.
///
/// INVALID_ARGUMENT with a line for each bad row, ten at most: a field that is missing, too long,
/// no UTF-8 or has control characters (sent, it would end the stream of all), the same candidate
/// and examination twice (two invitations are hardly meant; `repeats` allows them), a request_id
/// twice. Each line begins with `name`. Thread safety: pure.
absl::StatusOr<std::vector<Candidate>> ReadCandidates(absl::string_view text,
                                                      absl::string_view name,
                                                      int64_t examination_id = 0,
                                                      bool repeats = false);

}  // namespace concero::command
