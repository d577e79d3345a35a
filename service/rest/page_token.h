// Page tokens: a short text of ours that callers hand back without looking into it.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gw::rest {

/// `text` as callers get it, safe in a URL. Thread safety: pure.
std::string SealPageToken(absl::string_view text);

/// The text that was sealed; none for what is too long (over 128 bytes) or no seal of anything.
/// Whether the text is one of ours is for the caller to find out, best by sealing what was read in
/// it again: one position has one token. Thread safety: pure.
std::optional<std::string> OpenPageToken(absl::string_view token);

/// INVALID_ARGUMENT, PAGE_TOKEN_INVALID.
absl::Status PageTokenInvalid();

}  // namespace gw::rest
