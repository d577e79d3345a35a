#include "service/keys/watched_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/keys/key_file.h"
#include "service/observe/log.h"

namespace gw::keys {
namespace {

std::vector<std::string> PathsOf(const std::vector<KeyFile>& files) {
  std::vector<std::string> paths;
  for (const KeyFile& file : files) paths.push_back(file.path);
  return paths;
}

std::string NamesOf(const std::vector<KeyFile>& files) {
  return absl::StrJoin(files, ", ", [](std::string* out, const KeyFile& file) {
    absl::StrAppend(out, file.config_key);
  });
}

std::string FingerprintsOf(const Credential& credential) {
  return absl::StrJoin(credential, ", ", [](std::string* out, const Secret& secret) {
    absl::StrAppend(out, secret.Fingerprint());
  });
}

}  // namespace

absl::StatusOr<Credential> ReadCredential(const std::vector<KeyFile>& files) {
  Credential credential;
  for (const KeyFile& file : files) {
    auto secret = ReadKeyFile(file.path);
    if (!secret.ok()) {
      return absl::Status(secret.status().code(),
                          absl::StrCat(file.config_key, ": ", secret.status().message()));
    }
    credential.push_back(*std::move(secret));
  }
  return credential;
}

WatchedKeys::WatchedKeys(KeyRing& ring, std::vector<KeyFile> files, FileWatcher& watcher)
    : ring_(ring),
      files_(std::move(files)),
      watch_(watcher.Start(PathsOf(files_), [this] { return Reload(); })) {
  Reload();
}

// False: they cannot be used.
bool WatchedKeys::Reload() {
  std::lock_guard lock(mutex_);
  auto credential = ReadCredential(files_);
  if (!credential.ok()) {
    ++failures_;
    observe::Log(observe::LogLevel::kWarn, "key_file_refused",
                 {{"message", credential.status().message()},
                  {"advice", "the key in use stays; write a good one"}});
    return false;
  }
  // Before anything can be sent with it.
  for (const Secret& secret : *credential) observe::HideLatestInLogs(secret.Reveal());
  const std::string fingerprints = FingerprintsOf(*credential);
  if (ring_.Replace(*std::move(credential))) {
    observe::Log(observe::LogLevel::kInfo, "key_changed",
                 {{"key", NamesOf(files_)}, {"fingerprint", fingerprints}});
  }
  return true;
}

}  // namespace gw::keys
