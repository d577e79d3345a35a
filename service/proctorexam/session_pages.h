// Pages of student sessions: ProctorExam counts them by number and size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/http/transport.h"

namespace gw::proctorexam {

/// Which page of which list.
struct PagePosition {
  int64_t exam_id = 0;  ///< 0: the sessions of all exams
  int32_t page = 1;     ///< from 1
  int32_t size = 100;
  friend bool operator==(const PagePosition&, const PagePosition&) = default;
};

/// ProctorExam gives so many at most [vendor].
inline constexpr int32_t kMaxPageSize = 300;

// Thread safety: pure functions.

/// Opaque to callers; safe in a URL.
std::string EncodePageToken(const PagePosition& position);

/// The page to fetch for a valid request. Error: INVALID_ARGUMENT, PAGE_TOKEN_INVALID, for a token
/// that EncodePageToken does not make, and for one of another exam's list.
absl::StatusOr<PagePosition> PositionOf(int64_t exam_id, int32_t page_size,
                                        absl::string_view page_token);

/// What the `X-Pagination-` headers of an answer say [vendor].
struct PageCount {
  int32_t items = 0;  ///< in all pages; 0 when it is not said
  bool more = false;  ///< there is another page after this one
};

/// `got` is how many sessions the answer has. Without usable headers a full page is taken for a
/// sign of more; behind an empty one there is nothing, whatever they say.
PageCount CountOf(const http::Response& response, const PagePosition& position, size_t got);

}  // namespace gw::proctorexam
