// The files of TlsOptions, read and looked at before gRPC gets them, which only says when it calls
// that something is wrong, and not what.
// Thread safety: a pure function of the files.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "concero_gateway/options.h"

namespace concero {

/// PEM. Certificate and key are both empty or both there.
struct KeyMaterial {
  std::string ca;
  std::string certificates;
  std::string key;
};

/// INVALID_ARGUMENT naming the option and its file, never what is in it.
absl::StatusOr<KeyMaterial> ReadKeyMaterial(const TlsOptions& options);

}  // namespace concero
