// The files with which a server proves who it is, and knows its callers.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/secret.h"

namespace gw::keys {

/// What is read of them. Everything is in PEM form, written anew from what was understood, so that
/// whoever reads it next finds nothing that this has not seen. Thread safety: a value.
struct ServerCertificate {
  std::string chain;      ///< the certificate, and those between it and a root
  Secret private_key;     ///< belongs to the certificate
  std::string caller_ca;  ///< who vouches for callers; empty: callers are not asked
  absl::Time not_before;  ///< of the certificate
  absl::Time not_after;

  bool ValidAt(absl::Time now) const { return not_before <= now && now <= not_after; }
};

struct ServerCertificateFiles {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;  ///< empty: there is none
};

/// Reads and checks all of them. INVALID_ARGUMENT or what the system says, `NAME: PATH: …` with the
/// name that the file has above, and nothing of its content: no certificate, or one that cannot be
/// read; no private key, one with a passphrase, or one of another certificate. Whether it is valid
/// now is not looked at.
/// Thread safety: any thread; blocks while it reads.
absl::StatusOr<ServerCertificate> ReadServerCertificate(const ServerCertificateFiles& files);

}  // namespace gw::keys
