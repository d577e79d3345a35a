// How the command ends, and what it says when a call failed.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace concero::command {

/// What a caller in a script can tell apart.
enum ExitCode {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kRefused = 3,      ///< by what the request says: a field, an id that is none
  kNotAllowed = 4,   ///< this caller
  kUnavailable = 5,  ///< the same again may succeed later
  kInDoubt = 6,      ///< sent, and nobody knows whether it was executed
  kInterrupted = 130,
};

/// Thread safety: pure functions.
ExitCode ExitCodeOf(const absl::Status& status);

/// The code of several: the one that somebody must look at first.
ExitCode Worse(ExitCode one, ExitCode other);

/// `NOT_FOUND (UPSTREAM_NOT_FOUND): concero does not know this id`.
std::string Describe(const absl::Status& status);

/// What to do about it, a line each; empty when there is nothing to say.
std::vector<std::string> AdviceFor(const absl::Status& status);

}  // namespace concero::command
