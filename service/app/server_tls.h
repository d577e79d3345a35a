// TLS towards callers: certificates that change while it serves.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/keys/file_watcher.h"
#include "service/keys/server_certificate.h"

namespace gw::app {

/// The files of `grpc.tls`, from its making to its end. gRPC serves what it reads at once, also
/// what is not a certificate; so it does not see the files, but what was read of them and checked,
/// in memory that has a path only for this process. Files that change are taken up within some
/// seconds; when they cannot be used, what is served stays, the log says why
/// (`certificate_refused`), it is counted, and they are read again later.
///
/// With `client_ca_file` callers must show a certificate that one in it vouches for. gRPC 1.51
/// speaks TLS 1.2 and 1.3 and does not let the choice be limited.
/// Thread safety: all functions may be called from any thread.
class ServerTls {
 public:
  /// Error: that of ReadServerCertificate, after `grpc.tls.`; RESOURCE_EXHAUSTED. `watcher` and
  /// `clock` outlive it. A certificate that is not valid now is served with a warning: at the start
  /// there is no other.
  static absl::StatusOr<std::unique_ptr<ServerTls>> Load(const keys::ServerCertificateFiles& files,
                                                         keys::FileWatcher& watcher, Clock& clock);
  ~ServerTls();

  /// For one server. What is made of it must not outlive this.
  std::shared_ptr<grpc::ServerCredentials> Credentials() const;

  uint64_t failures() const { return failures_; }
  /// Until when the certificate in use is valid.
  absl::Time not_after() const;

 private:
  class MemoryFile;
  ServerTls(const keys::ServerCertificateFiles& files, Clock& clock);
  absl::Status Reload();
  bool ReloadOrWarn();
  absl::Status Publish(const keys::ServerCertificate& certificate);

  const keys::ServerCertificateFiles files_;
  Clock& clock_;
  const std::unique_ptr<MemoryFile> identity_;  // key and chain: they change together
  const std::unique_ptr<MemoryFile> caller_ca_;
  std::atomic<uint64_t> failures_{0};
  mutable std::mutex mutex_;
  keys::ServerCertificate served_;
  int version_ = 0;
  std::unique_ptr<keys::FileWatcher::Watch> watch_;
};

}  // namespace gw::app
