#include "service/ledger/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "service/base/clock.h"

namespace gw::ledger {
namespace {

constexpr absl::Duration kBetweenTries = absl::Milliseconds(50);

// What the last holder wrote: its process id, and its mark.
std::vector<std::string> WordsIn(int fd) {
  char text[128] = {};
  const ssize_t size = pread(fd, text, sizeof text - 1, 0);
  if (size <= 0) return {};
  return absl::StrSplit(absl::string_view(text, static_cast<size_t>(size)), absl::ByAnyChar(" \n"),
                        absl::SkipEmpty());
}

std::string Holder(int fd) {
  const std::vector<std::string> words = WordsIn(fd);
  int pid = 0;
  if (words.empty() || !absl::SimpleAtoi(words[0], &pid)) return "another process";
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
  // Real time, whatever a test's clock says: another process is waited for.
  const Instant end = SystemClock().Now() + patience;
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": cannot be locked: ", strerror(errno)));
    }
    if (SystemClock().Now() >= end) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": is locked by ", Holder(fd), ", which uses the same ledger"));
    }
    absl::SleepFor(kBetweenTries);
  }
  const std::vector<std::string> words = WordsIn(fd);
  if (words.size() > 1) file->mark_before_ = words[1];
  // Until it is marked anew, what it was left like is kept.
  file->SetMark(file->mark_before_);
  return file;
}

LockFile::~LockFile() { close(fd_); }

bool LockFile::SetMark(absl::string_view mark) {
  const std::string text = absl::StrCat(getpid(), mark.empty() ? "" : " ", mark, "\n");
  return ftruncate(fd_, 0) == 0 &&
         pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
         fsync(fd_) == 0;
}

bool LockFile::StillThere() const {
  struct stat found = {};
  return fstat(fd_, &found) == 0 && found.st_nlink > 0;
}

}  // namespace gw::ledger
