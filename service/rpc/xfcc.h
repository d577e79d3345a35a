// The header in which a proxy that ends TLS tells whose certificate it has seen
// (x-forwarded-client-cert, as Envoy writes it).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gw::rpc {

/// A longer header is not read.
inline constexpr size_t kMaxXfccBytes = 16 << 10;

/// The names of one certificate, in the order of the header.
struct XfccNames {
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
};

/// What the last element of the header says: the nearest proxy has added it, those before it are
/// hearsay. Elements are separated by commas, `KEY=VALUE` in them by semicolons, keys in any case;
/// a value may be in quotes, with `\` before what stands for itself. Nothing for a header that is
/// not written so, in whatever element, or over kMaxXfccBytes.
/// Thread safety: pure.
std::optional<XfccNames> LastXfccElement(absl::string_view header);

}  // namespace gw::rpc
