// Where the parameters of a signed request go: a JSON body for POST, PATCH and PUT, the query for
// GET and DELETE [vendor].
#pragma once

#include <string>
#include <vector>

#include "service/http/transport.h"

namespace gw::proctorexam {

// Thread safety: pure functions. Parameters that stand in the path are left out.

/// A JSON object: integers and booleans as such, texts in UTF-8.
std::string EncodeBody(const std::vector<http::Parameter>& parameters);

/// `name=value&…`, percent-encoded but for letters, digits and `-._~` (RFC 3986, section 2.3).
std::string EncodeQuery(const std::vector<http::Parameter>& parameters);

}  // namespace gw::proctorexam
