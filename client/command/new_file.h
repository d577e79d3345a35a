// A file that gets its name when it is whole.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concero::command {

/// `cannot WHAT PATH: …`, with what errno says: UNAVAILABLE. Thread safety: pure.
absl::Status CannotDo(absl::string_view what, absl::string_view path);

/// Writes all of it. UNAVAILABLE, naming `path`. Thread safety: any thread.
absl::Status WriteAll(int fd, absl::string_view text, absl::string_view path);

/// All that is left to read of it. UNAVAILABLE, naming `path`. Thread safety: any thread.
absl::StatusOr<std::string> ReadAll(int fd, absl::string_view path);

/// Lies beside the file that it will be, for its owner only; is removed when it never gets its
/// name. Thread safety: none.
class NewFile {
 public:
  /// Of `text`, and on the disk. UNAVAILABLE, naming `path`.
  static absl::StatusOr<NewFile> Write(const std::string& path, const std::string& text);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  /// Gives it its name. ALREADY_EXISTS when there is such a file and it is not to be replaced.
  absl::Status Name(bool replace);
  /// Open for appending; the caller's from now on.
  int Release();

 private:
  NewFile(std::string path, std::string name, int fd);

  const std::string path_;
  std::string name_;  // empty: it has its own
  int fd_;
};

}  // namespace concero::command
