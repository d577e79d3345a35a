// What became of the candidates of a file, and how that is written down.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/command/candidates.h"
#include "concero/v1/assessment.pb.h"

namespace concero::command {

enum class Outcome {
  kNone,         ///< nothing is known: not sent yet, or the answer did not arrive
  kSucceeded,    ///< invited
  kReplayed,     ///< invited, by an earlier call with this request_id
  kCancelled,    ///< it was, and the invitation has been cancelled since
  kRefused,      ///< by what the row says; the same again will be, too
  kNotAllowed,   ///< this caller may not
  kUnavailable,  ///< no invitation is known; the same again may succeed
  kInDoubt,      ///< sent, and nobody knows whether it was executed
  kFailed,       ///< not invited, and the same again will not help
};

/// `succeeded`, `in_doubt`; empty for kNone. Thread safety: pure.
std::string OutcomeName(Outcome outcome);

/// Whether it makes sense to ask again, with the same request_id, what became of it. Thread safety:
/// pure.
bool IsOpen(Outcome outcome);

/// One candidate, and what became of them.
struct Result {
  Candidate candidate;
  Outcome outcome = Outcome::kNone;
  int64_t invite_id = 0;
  std::string invite_link;  ///< a credential
  std::string reason;       ///< of the failure: gateway.v1.Reason's, or the code
  std::string message;

  friend bool operator==(const Result&, const Result&) = default;
};

/// Whether it is an answer about an allocation, and not what ended the stream before there was one:
/// then nothing is known. Thread safety: pure.
bool IsAboutIt(const absl::StatusOr<v1::AllocateCandidateResponse>& answer);

/// The same, of an answer about it. Thread safety: pure.
Result ResultOf(const Candidate& candidate,
                const absl::StatusOr<v1::AllocateCandidateResponse>& answer);

enum class Format { kCsv, kJsonLines };

/// By the end of a file's name: JSON for `.json`, `.jsonl` and `.ndjson`, else CSV. Thread safety:
/// pure.
Format FormatOf(absl::string_view path);

/// What stands first in a file; one result and its line's end. Thread safety: pure.
std::string ResultsHead(Format format);
std::string EncodeResult(const Result& result, Format format);

/// The results of a file, in their order; a last line that is cut off is none, and only it may be.
/// INVALID_ARGUMENT, naming the row, for what is no such file. Thread safety: pure.
absl::StatusOr<std::vector<Result>> DecodeResults(absl::string_view text, Format format);

}  // namespace concero::command
