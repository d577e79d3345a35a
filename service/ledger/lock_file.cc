#include "service/ledger/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace gw::ledger {
namespace {

constexpr absl::Duration kBetweenTries = absl::Milliseconds(50);

// Who holds it, as they wrote there.
std::string Holder(int fd) {
  char text[32] = {};
  const ssize_t size = pread(fd, text, sizeof text - 1, 0);
  int pid = 0;
  if (size <= 0 || !absl::SimpleAtoi(absl::string_view(text, static_cast<size_t>(size)), &pid)) {
    return "another process";
  }
  return absl::StrCat("process ", pid);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LockFile>> LockFile::Take(const std::string& path,
                                                         absl::Duration patience) {
  const int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": cannot be opened: ", strerror(errno)));
  }
  std::unique_ptr<LockFile> file(new LockFile(fd));
  const absl::Time end = absl::Now() + patience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": cannot be locked: ", strerror(errno)));
    }
    if (absl::Now() >= end) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": is locked by ", Holder(fd), ", which uses the same ledger"));
    }
    absl::SleepFor(kBetweenTries);
  }
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) == 0) static_cast<void>(!pwrite(fd, pid.data(), pid.size(), 0));
  return file;
}

LockFile::~LockFile() { close(fd_); }

}  // namespace gw::ledger
