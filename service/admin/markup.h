// Pieces of HTML.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gw::admin {

/// `text` for between tags and for attributes in quotes. Thread safety: pure.
std::string Escaped(absl::string_view text);

/// A time span for people, in its two largest units: `340 ms`, `2.5 s`, `3 min 20 s`, `4 h 5 min`,
/// `12 d 3 h`. Thread safety: pure.
std::string SpanText(absl::Duration span);

/// A number with its thousands apart, and bytes in the unit that fits: `12 345` (the space is
/// thin), `1.5 MiB`. Thread safety: pure.
std::string NumberText(int64_t number);
std::string BytesText(int64_t bytes);

}  // namespace gw::admin
