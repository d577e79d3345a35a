// An address as services tell it that say where a request came from.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace gw::rest {

/// The IPv4 or IPv6 address that `body` consists of, in its canonical form: as plain text with
/// blanks around it, or as the member `ip` or `origin` of a JSON object; none for anything else.
/// Thread safety: pure.
std::optional<std::string> DecodeAddress(absl::string_view body);

}  // namespace gw::rest
