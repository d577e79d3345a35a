// Whether a file of trusted certificates is one.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace gw::http {

/// Reads a PEM file as the engine will: OK when it has a certificate and nothing that cannot be
/// read. Errors name the path and say what to put there: NOT_FOUND, PERMISSION_DENIED, … as the
/// system says, INVALID_ARGUMENT for one that is no file or has no usable certificate.
/// Thread safety: any thread; blocks for the read.
absl::Status CheckCaFile(const std::string& path);

}  // namespace gw::http
