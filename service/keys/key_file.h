// Keys are files: a mounted Kubernetes Secret, or any file that only the gateway may read.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "service/base/secret.h"

namespace gw::keys {

/// The longest key, in bytes, that a file may hold.
inline constexpr size_t kMaxKeyBytes = 4096;

/// Reads a key; white space around it does not count. Errors name the path, never the content:
/// NOT_FOUND or PERMISSION_DENIED as the system says, INVALID_ARGUMENT for an empty file, one over
/// kMaxKeyBytes, or one with a byte inside that is not printable ASCII. Thread safety: any thread;
/// blocks for the read.
absl::StatusOr<Secret> ReadKeyFile(const std::string& path);

}  // namespace gw::keys
