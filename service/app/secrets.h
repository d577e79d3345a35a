// What the files hold that the configuration names.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "gateway/config/v1/config.pb.h"
#include "service/base/secret.h"
#include "service/keys/key_ring.h"
#include "service/keys/watched_keys.h"

namespace gw::app {

/// The files that an upstream's credential stands in. Thread safety: pure.
std::vector<keys::KeyFile> KeyFilesOf(const gateway::config::v1::ConceroConfig& config);
std::vector<keys::KeyFile> KeyFilesOf(const gateway::config::v1::ProctorExamConfig& config);

/// Of an upstream that is not configured the credential is empty. Thread safety: a value.
struct Secrets {
  keys::Credential concero;
  keys::Credential proctorexam;
  Secret log_hash_key;       ///< random without `log.hash_key_file`
  Secret ledger_hash_key;    ///< empty without `log.hash_key_file`
  Secret ledger_url;         ///< of PostgreSQL
  Secret proxy_credentials;  ///< `USER:PASSWORD`; empty without `egress.proxy_credentials_file`
};

/// Reads the keys, and checks the other files, which are read again where they are used. Error:
/// names the configuration key and the file, and what is wrong with it.
/// Thread safety: any thread; blocks while it reads.
absl::StatusOr<Secrets> ReadSecrets(const gateway::config::v1::Config& config);

/// From now on no secret stands in the log, whoever repeats it.
void HideInLogs(const Secrets& secrets);

}  // namespace gw::app
