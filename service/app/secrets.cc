#include "service/app/secrets.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/app/settings.h"
#include "service/base/random.h"
#include "service/http/ca_file.h"
#include "service/keys/key_file.h"
#include "service/ledger/postgres_connection.h"
#include "service/observe/keyed_hash.h"
#include "service/observe/log.h"

namespace gw::app {
namespace {

absl::Status Named(absl::string_view key, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(key, ": ", status.message()));
}

absl::Status ReadKey(absl::string_view key, const std::string& path, Secret& out) {
  auto secret = keys::ReadKeyFile(path);
  if (!secret.ok()) return Named(key, secret.status());
  out = *std::move(secret);
  return absl::OkStatus();
}

absl::Status ReadKeys(const std::vector<keys::KeyFile>& files, keys::Credential& out) {
  auto credential = keys::ReadCredential(files);
  if (!credential.ok()) return credential.status();
  out = *std::move(credential);
  return absl::OkStatus();
}

absl::Status ReadHashKey(const std::string& path, Secret& out) {
  constexpr absl::string_view kKey = "log.hash_key_file";
  if (path.empty()) {
    out = observe::RandomHashKey(SystemRandom());
    return absl::OkStatus();
  }
  absl::Status status = ReadKey(kKey, path, out);
  if (status.ok() && out.Reveal().size() < observe::kMinHashKeyBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(kKey, ": ", path, ": is shorter than ", observe::kMinHashKeyBytes,
                     " bytes; write random ones in hexadecimal or base64"));
  }
  return status;
}

absl::Status ReadProxyCredentials(const std::string& path, Secret& out) {
  constexpr absl::string_view kKey = "egress.proxy_credentials_file";
  if (path.empty()) return absl::OkStatus();
  absl::Status status = ReadKey(kKey, path, out);
  if (!status.ok()) return status;
  const size_t colon = out.Reveal().find(':');
  if (colon > 0 && colon < out.Reveal().size() - 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(kKey, ": ", path, ": must hold USER:PASSWORD, with a colon between the two"));
}

}  // namespace

std::vector<keys::KeyFile> KeyFilesOf(const gateway::config::v1::ConceroConfig& config) {
  return {{"concero.api_key_file", config.api_key_file()}};
}

std::vector<keys::KeyFile> KeyFilesOf(const gateway::config::v1::ProctorExamConfig& config) {
  return {{"proctorexam.api_token_file", config.api_token_file()},
          {"proctorexam.secret_key_file", config.secret_key_file()}};
}

absl::StatusOr<Secrets> ReadSecrets(const gateway::config::v1::Config& config) {
  if (const std::string& ca_file = config.egress().ca_file(); !ca_file.empty()) {
    if (auto status = http::CheckCaFile(ca_file); !status.ok()) {
      return Named("egress.ca_file", status);
    }
  }
  if (config.grpc().has_tls()) {
    if (const auto read = keys::ReadServerCertificate(CertificateFilesOf(config.grpc().tls()));
        !read.ok()) {
      return absl::Status(read.status().code(), absl::StrCat("grpc.tls.", read.status().message()));
    }
  }
  Secrets secrets;
  absl::Status status = absl::OkStatus();
  if (config.has_concero()) status = ReadKeys(KeyFilesOf(config.concero()), secrets.concero);
  if (status.ok() && config.has_proctorexam()) {
    status = ReadKeys(KeyFilesOf(config.proctorexam()), secrets.proctorexam);
  }
  if (status.ok()) status = ReadHashKey(config.log().hash_key_file(), secrets.log_hash_key);
  if (!config.log().hash_key_file().empty()) secrets.ledger_hash_key = secrets.log_hash_key;
  if (status.ok() && config.has_concero() && config.ledger().has_postgres()) {
    status = ReadKey("ledger.postgres.url_file", config.ledger().postgres().url_file(),
                     secrets.ledger_url);
    if (status.ok()) {
      status = Named("ledger.postgres.url_file",
                     ledger::PostgresConnection::CheckUrl(secrets.ledger_url));
    }
  }
  if (status.ok()) {
    status =
        ReadProxyCredentials(config.egress().proxy_credentials_file(), secrets.proxy_credentials);
  }
  if (!status.ok()) return status;
  return secrets;
}

void HideInLogs(const Secrets& secrets) {
  for (const keys::Credential* credential : {&secrets.concero, &secrets.proctorexam}) {
    for (const Secret& secret : *credential) observe::HideInLogs(secret.Reveal());
  }
  observe::HideInLogs(secrets.log_hash_key.Reveal());
  observe::HideInLogs(secrets.ledger_url.Reveal());
  const absl::string_view proxy = secrets.proxy_credentials.Reveal();
  observe::HideInLogs(proxy.substr(proxy.find(':') + 1));
}

}  // namespace gw::app
