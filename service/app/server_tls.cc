#include "service/app/server_tls.h"

#include <fcntl.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/observe/log.h"

namespace gw::app {
namespace {

// How often gRPC looks at its files.
constexpr unsigned kRefreshSeconds = 1;

absl::Status OfTls(const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("grpc.tls.", status.message()));
}

int NewMemory() {
  const int fd = memfd_create("grpc-tls", MFD_CLOEXEC);
  if (fd < 0) std::abort();  // there is no descriptor left at the start, or no memory
  return fd;
}

}  // namespace

// A file that only this process can open, replaced as a whole.
class ServerTls::MemoryFile {
 public:
  MemoryFile() : fd_(NewMemory()) {}
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return absl::StrCat("/proc/self/fd/", fd_); }

  // gRPC takes files that it reads one after another for belonging together when the second of
  // their modification did not change meanwhile; so each version has another. False: no memory.
  bool Replace(absl::string_view content, int version) const {
    const int next = memfd_create("grpc-tls", MFD_CLOEXEC);
    if (next < 0) return false;
    const timespec changed[2] = {{version, 0}, {version, 0}};
    const bool replaced =
        write(next, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
        futimens(next, changed) == 0 && dup3(next, fd_, O_CLOEXEC) >= 0;
    close(next);
    return replaced;
  }

 private:
  const int fd_;
};

absl::StatusOr<std::unique_ptr<ServerTls>> ServerTls::Load(
    const keys::ServerCertificateFiles& files, keys::FileWatcher& watcher, Clock& clock) {
  std::unique_ptr<ServerTls> tls(new ServerTls(files, clock));
  std::vector<std::string> paths = {files.cert_file, files.key_file};
  if (!files.client_ca_file.empty()) paths.push_back(files.client_ca_file);
  // Held back until there is something that can be kept: the first reading is the one that counts.
  std::lock_guard lock(tls->mutex_);
  tls->watch_ = watcher.Start(paths, [made = tls.get()] { return made->ReloadOrWarn(); });
  auto read = keys::ReadServerCertificate(files);
  if (!read.ok()) return OfTls(read.status());
  if (!read->ValidAt(clock.WallNow())) {
    observe::Log(observe::LogLevel::kWarn, "certificate_not_valid",
                 {{"message", absl::StrCat("grpc.tls.cert_file: ", files.cert_file,
                                           ": is expired, or not valid yet; callers will refuse "
                                           "it")}});
  }
  if (absl::Status status = tls->Publish(*read); !status.ok()) return status;
  return tls;
}

ServerTls::ServerTls(const keys::ServerCertificateFiles& files, Clock& clock)
    : files_(files),
      clock_(clock),
      identity_(std::make_unique<MemoryFile>()),
      caller_ca_(std::make_unique<MemoryFile>()) {}

ServerTls::~ServerTls() { watch_.reset(); }

// False: they cannot be used.
bool ServerTls::ReloadOrWarn() {
  std::lock_guard lock(mutex_);
  const absl::Status status = Reload();
  if (status.ok()) return true;
  ++failures_;
  observe::Log(observe::LogLevel::kWarn, "certificate_refused",
               {{"message", status.message()},
                {"advice", "what is served stays; write files that belong together"}});
  return false;
}

absl::Status ServerTls::Reload() {
  auto read = keys::ReadServerCertificate(files_);
  if (!read.ok()) return OfTls(read.status());
  if (!read->ValidAt(clock_.WallNow())) {
    return absl::FailedPreconditionError(
        absl::StrCat("grpc.tls.cert_file: ", files_.cert_file, ": is expired, or not valid yet"));
  }
  if (read->chain == served_.chain && read->caller_ca == served_.caller_ca &&
      read->private_key.Reveal() == served_.private_key.Reveal()) {
    return absl::OkStatus();
  }
  if (absl::Status status = Publish(*read); !status.ok()) return status;
  observe::Log(
      observe::LogLevel::kInfo, "certificate_changed",
      {{"not_after", absl::FormatTime(absl::RFC3339_sec, read->not_after, absl::UTCTimeZone())}});
  return absl::OkStatus();
}

absl::Status ServerTls::Publish(const keys::ServerCertificate& certificate) {
  ++version_;
  const Secret identity(absl::StrCat(certificate.private_key.Reveal(), certificate.chain));
  if (!caller_ca_->Replace(certificate.caller_ca, version_) ||
      !identity_->Replace(identity.Reveal(), version_)) {
    return absl::ResourceExhaustedError(
        "grpc.tls: there is no memory or no descriptor left for what the files hold");
  }
  served_ = certificate;
  return absl::OkStatus();
}

absl::Time ServerTls::not_after() const {
  std::lock_guard lock(mutex_);
  return served_.not_after;
}

std::shared_ptr<grpc::ServerCredentials> ServerTls::Credentials() const {
  using grpc::experimental::FileWatcherCertificateProvider;
  const bool asks_callers = !files_.client_ca_file.empty();
  auto provider =
      asks_callers ? std::make_shared<FileWatcherCertificateProvider>(
                         identity_->path(), identity_->path(), caller_ca_->path(), kRefreshSeconds)
                   : std::make_shared<FileWatcherCertificateProvider>(
                         identity_->path(), identity_->path(), kRefreshSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(std::move(provider));
  options.watch_identity_key_cert_pairs();
  if (asks_callers) options.watch_root_certs();
  options.set_cert_request_type(asks_callers
                                    ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                    : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace gw::app
