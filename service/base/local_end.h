// From where connections leave this machine.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw {

/// A network interface or a local address; neither: as the system chooses. Thread safety: a value.
struct LocalEnd {
  std::string interface;  ///< `eth1`
  std::string address;    ///< `192.0.2.1`, or IPv6 in its canonical form without brackets

  friend bool operator==(const LocalEnd&, const LocalEnd&) = default;
};

/// Reads the name of an interface or an address. INVALID_ARGUMENT with a message that says what to
/// write and quotes nothing of `text`. Thread safety: pure.
absl::StatusOr<LocalEnd> ParseLocalEnd(absl::string_view text);

/// Whether this machine has it now; it may come and go. Thread safety: any thread.
bool IsHere(const LocalEnd& end);

}  // namespace gw
