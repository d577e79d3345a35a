// The credential of an upstream that is in use, and for a while the one before it.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/secret.h"

namespace gw::keys {

/// What stands in the key files of one upstream, in their order: an API key; a token and the secret
/// key that signs. They are of use together only. Thread safety: a value.
using Credential = std::vector<Secret>;

/// Thread safety: all functions may be called from any thread.
class KeyRing {
 public:
  /// The previous credential is of use for `overlap` after a change. `clock` outlives it.
  KeyRing(Credential first, absl::Duration overlap, Clock& clock);

  struct Keys {
    std::shared_ptr<const Credential> current;
    std::shared_ptr<const Credential> previous;  ///< null: there is none to be tried
  };
  Keys Now() const;

  /// `next` is in use from now on. False, and nothing changes: it is already. What was in use is
  /// the previous one from now on, unless the upstream is not known to have taken it while the
  /// overlap of the one before lasts: of two files that change one after the other, or of a key
  /// that was wrong, the one before is worth more.
  bool Replace(Credential next);

  /// The upstream took a request with it.
  void SetProven(const Credential& credential);

  /// How long ago the `i`-th secret of the credential in use came into use.
  absl::Duration age(size_t i) const;

 private:
  const absl::Duration overlap_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Credential> current_;
  std::shared_ptr<const Credential> previous_;
  bool proven_ = false;         // the one in use
  std::vector<Instant> since_;  // when each secret of it came into use
  Instant previous_until_;
};

}  // namespace gw::keys
