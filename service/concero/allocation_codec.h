// The bodies of `POST /allocate-candidate` and `POST /cancel-allocation` [doc].
//
// Thread safety: pure functions. Decoding fails with INVALID_ARGUMENT; messages never quote the
// body. Whether an answer is about what was asked (the echoed candidate, examination, invitation)
// is for the caller to compare.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw::concero {

/// {"candidate_email": …, "examination_id": …} [doc]. Bytes that are not UTF-8 become U+FFFD.
std::string EncodeAllocation(int64_t examination_id, absl::string_view candidate_email);

/// What Concero says it did.
struct AllocationAnswer {
  std::string candidate_email;  // as echoed
  int64_t examination_id = 0;   // as echoed
  int64_t invite_id = 0;        // above 0
  std::string invite_link;      // a credential; empty when Concero gave none
};

/// Reads the documented 201. `success` must be the JSON value true and `data` have both ids (as
/// integers or strings of digits) and the e-mail. A link that is null or missing is empty: the
/// invitation exists and its id is known. Strings with control characters are refused: no database
/// column or log line downstream has to expect them.
absl::StatusOr<AllocationAnswer> DecodeAllocation(absl::string_view body);

/// {"invite_id": …} [doc].
std::string EncodeCancellation(int64_t invite_id);

/// What Concero says of the cancelled invitation.
struct CancellationAnswer {
  int64_t invite_id = 0;  // as echoed
  std::string status;     // in Concero's words (`inValid` [doc]); empty when it says none
};

/// Reads the documented 200, under the same rules as DecodeAllocation; `data.status` may be null or
/// missing.
absl::StatusOr<CancellationAnswer> DecodeCancellation(absl::string_view body);

}  // namespace gw::concero
