// Where a list goes on: which version of it, and from which place.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw::concero {

struct PagePosition {
  std::string version;
  size_t offset = 0;
  friend bool operator==(const PagePosition&, const PagePosition&) = default;
};

/// Opaque to callers; safe in a URL. Thread safety: pure.
std::string EncodePageToken(const PagePosition& position);

/// Error: INVALID_ARGUMENT, PAGE_TOKEN_INVALID, for what EncodePageToken does not make.
absl::StatusOr<PagePosition> DecodePageToken(absl::string_view token);

/// ABORTED, PAGE_TOKEN_EXPIRED.
absl::Status PageTokenExpired();

}  // namespace gw::concero
