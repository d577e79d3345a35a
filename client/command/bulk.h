// `concero allocate --file`: many candidates, with a file of what became of each.
#pragma once

#include <cstdint>
#include <string>

#include "client/command/exit_code.h"
#include "client/command/session.h"

namespace concero::command {

struct BulkOptions {
  std::string file;     ///< `-`: stdin
  std::string results;  ///< empty: beside the file, `NAME.results.csv`
  int64_t examination_id = 0;
  bool resume = false;
  bool repeats = false;
  bool dry_run = false;
  bool yes = false;
};

/// The exit code is that of the candidate who fared worst; a summary goes to stdout.
ExitCode AllocateFile(Session& session, const BulkOptions& options);

/// Where the results go. Thread safety: pure.
std::string ResultsPathOf(const BulkOptions& options);

}  // namespace concero::command
