#include "service/keys/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace gw::keys {
namespace {

absl::Status SystemError(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot be read"));
}

}  // namespace

absl::StatusOr<Secret> ReadKeyFile(const std::string& path) {
  // Not blocking: opening a pipe that nobody writes to would wait for ever.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return SystemError(path, errno);
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(fd);
    return absl::InvalidArgumentError(absl::StrCat(path, ": is not a file"));
  }
  // One byte over the limit shows that there is more. White space may surround a key of the full
  // length.
  std::string text(kMaxKeyBytes + 3, '\0');
  size_t size = 0;
  ssize_t n;
  while (size < text.size() && (n = read(fd, text.data() + size, text.size() - size)) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      close(fd);
      return SystemError(path, error);
    }
    size += static_cast<size_t>(n);
  }
  close(fd);
  const Secret whole(std::move(text));
  const absl::string_view key = absl::StripAsciiWhitespace(whole.Reveal().substr(0, size));
  if (key.empty())
    return absl::InvalidArgumentError(absl::StrCat(path, ": is empty; it must hold a key"));
  if (key.size() > kMaxKeyBytes || size == kMaxKeyBytes + 3) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is longer than a key can be (", kMaxKeyBytes, " bytes)"));
  }
  if (!std::all_of(key.begin(), key.end(), [](char c) { return absl::ascii_isgraph(c); })) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": has a byte within the key that is not printable ASCII"));
  }
  return Secret(std::string(key));
}

}  // namespace gw::keys
