#include "client/command/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace concero::command {
namespace {

// The name of a new file is on the disk only with its directory.
void SyncDirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

bool Renamed(const std::string& from, const std::string& to) {
  return rename(from.c_str(), to.c_str()) == 0;
}

// Fails with EEXIST.
bool RenamedToNew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  // NFS and others know no such flag.
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (link(from.c_str(), to.c_str()) != 0) return false;
  unlink(from.c_str());  // else it has two, and is whole all the same
  return true;
}

}  // namespace

absl::Status CannotDo(absl::string_view what, absl::string_view path) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

absl::Status WriteAll(int fd, absl::string_view text, absl::string_view path) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return CannotDo("write", path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(int fd, absl::string_view path) {
  constexpr size_t kPiece = size_t{64} << 10;
  std::string text;
  while (true) {
    const size_t before = text.size();
    text.resize(before + kPiece);
    const ssize_t got = read(fd, text.data() + before, kPiece);
    text.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && errno != EINTR) return CannotDo("read", path);
    if (got == 0) return text;
  }
}

NewFile::NewFile(std::string path, std::string name, int fd)
    : path_(std::move(path)), name_(std::move(name)), fd_(fd) {}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(other.path_),
      name_(std::exchange(other.name_, "")),
      fd_(std::exchange(other.fd_, -1)) {}

NewFile::~NewFile() {
  if (!name_.empty()) unlink(name_.c_str());
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<NewFile> NewFile::Write(const std::string& path, const std::string& text) {
  std::string name = path + ".XXXXXX";
  const int fd = mkostemp(name.data(), O_APPEND | O_CLOEXEC);
  if (fd < 0) return CannotDo("make", path);
  NewFile file(path, std::move(name), fd);
  if (absl::Status status = WriteAll(fd, text, path); !status.ok()) return status;
  if (fsync(fd) != 0) return CannotDo("write", path);
  return file;
}

absl::Status NewFile::Name(bool replace) {
  if (!(replace ? Renamed(name_, path_) : RenamedToNew(name_, path_))) {
    if (errno == EEXIST) return absl::AlreadyExistsError(absl::StrCat(path_, " exists already"));
    return CannotDo("make", path_);
  }
  name_.clear();
  SyncDirectoryOf(path_);
  return absl::OkStatus();
}

int NewFile::Release() { return std::exchange(fd_, -1); }

}  // namespace concero::command
