// Reads the small files that a configuration names: keys, certificates, policies.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "service/base/secret.h"

namespace gw::keys {

/// The whole content of a file of at most `most` bytes. Errors name the path, never the content:
/// those of the system; INVALID_ARGUMENT for what is no file (it is not waited for) or longer.
/// Thread safety: any thread; blocks for the read.
absl::StatusOr<Secret> ReadSmallFile(const std::string& path, size_t most);

}  // namespace gw::keys
