// What of an upstream's body an operator may read in the log.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace gw::rest {

/// The beginning of `body` in at most 256 characters of printable ASCII, on one line, of whatever
/// it is: JSON, HTML, SQL text, nothing. Words with an `@` are `[e-mail]` and addresses of pages
/// `[url]` (an invite link is a credential), also where they are written with the escapes of JSON,
/// HTML or URLs; when in doubt more is taken out than needed. So are hidden texts
/// (observe::HideInLogs). Personal data of other shapes, a name
/// for one, is not recognised. For the log only, never for a caller. Thread safety: pure. Looks at
/// the first 4 KiB.
std::string DescribeForLog(absl::string_view body);

}  // namespace gw::rest
