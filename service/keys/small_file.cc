#include "service/keys/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/unique_fd.h"

namespace gw::keys {
namespace {

absl::Status SystemError(const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot be read"));
}

}  // namespace

absl::StatusOr<Secret> ReadSmallFile(const std::string& path, size_t most) {
  // Not blocking: opening a pipe that nobody writes to would wait for ever.
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return SystemError(path, errno);
  struct stat info;
  if (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is not a file"));
  }
  std::string text(most + 1, '\0');  // one byte over the limit shows that there is more
  size_t size = 0;
  ssize_t n;
  while (size < text.size() &&
         (n = read(file.get(), text.data() + size, text.size() - size)) != 0) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(path, errno);
    size += static_cast<size_t>(n);
  }
  const Secret whole(std::move(text));
  if (size > most) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is longer than the ", most, " bytes that it may have"));
  }
  return Secret(std::string(whole.Reveal().substr(0, size)));
}

}  // namespace gw::keys
