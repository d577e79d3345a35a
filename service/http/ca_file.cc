#include "service/http/ca_file.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"

namespace gw::http {
namespace {

// OpenSSL alone would wait for ever for a pipe, and say of most failures only that it had one.
absl::Status CheckReadable(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot be read"));
  struct stat info;
  const bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  close(fd);
  return is_file ? absl::OkStatus()
                 : absl::InvalidArgumentError(absl::StrCat(path, ": is not a file"));
}

int Certificates(X509_STORE* store) {
  const STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(store);
  int count = 0;
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    count += X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i)) == X509_LU_X509 ? 1 : 0;
  }
  return count;
}

}  // namespace

absl::Status CheckCaFile(const std::string& path) {
  if (auto status = CheckReadable(path); !status.ok()) return status;
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                      &X509_STORE_free);
  const bool loaded = store != nullptr && X509_STORE_load_file(store.get(), path.c_str()) == 1;
  ERR_clear_error();
  if (loaded && Certificates(store.get()) > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": ", loaded ? "has no certificate" : "is not a file of certificates that can be read",
      "; it must hold those to trust, in PEM form (BEGIN CERTIFICATE)"));
}

}  // namespace gw::http
