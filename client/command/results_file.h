// The file with what became of each candidate, from before anything is sent.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "client/command/candidates.h"
#include "client/command/results.h"

namespace concero::command {

/// Begins with a line for each candidate, with its request_id and no outcome, which are on the
/// disk, all of them or none, before Create returns; a line more is appended for each outcome, and
/// the last one of a row counts. So however the program ends, the same candidates can be asked for
/// again with the same request_ids. Close leaves one line for each, in their order. Only its owner
/// may read the file: invitations are credentials. Nobody else may have it open for writing
/// meanwhile. Thread safety: none.
class ResultsFile {
 public:
  /// A new one. Candidates without a request_id get one. ALREADY_EXISTS when there is a file of
  /// this name, UNAVAILABLE when it cannot be written, naming it.
  static absl::StatusOr<std::unique_ptr<ResultsFile>> Create(const std::string& path,
                                                             std::vector<Candidate> candidates);
  /// One that is there, for the same candidates. NOT_FOUND, UNAVAILABLE (cannot be read, or another
  /// program has it), INVALID_ARGUMENT for what is no such file or is of other candidates, naming
  /// the first row that differs.
  static absl::StatusOr<std::unique_ptr<ResultsFile>> Resume(
      const std::string& name, const std::vector<Candidate>& candidates);
  ~ResultsFile();

  /// What is known of each candidate, in their order.
  const std::vector<Result>& results() const { return results_; }

  /// What became of one of the candidates. UNAVAILABLE when it cannot be written.
  absl::Status Add(const Result& result);
  /// Leaves the file in order.
  absl::Status Close();

 private:
  ResultsFile(std::string path, int fd, std::vector<Result> results, size_t whole);
  void Index();

  const std::string path_;
  const Format format_;
  int fd_;        // -1: closed
  size_t whole_;  // bytes, up to the end of the last whole line
  std::vector<Result> results_;
  std::unordered_map<int, size_t> by_row_;
};

}  // namespace concero::command
