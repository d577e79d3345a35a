#include "service/ledger/sqlite_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "service/ledger/sqlite_schema.h"
#include "service/observe/log.h"

namespace gw::ledger {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;
constexpr uintmax_t kSmallestPage = 512;

absl::Status Refuse(const std::string& path, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", why));
}

}  // namespace

std::string RealSqlitePath(const std::string& path) {
  std::error_code error;
  fs::path real(path);
  for (int links = 0; links < kMaxLinks && fs::is_symlink(real, error); ++links) {
    const fs::path target = fs::read_symlink(real, error);
    if (error) return path;
    real = target.is_absolute() ? target : real.parent_path() / target;
  }
  real = fs::weakly_canonical(real, error);
  return error ? path : real.string();
}

absl::Status MakeSqliteFolder(const std::string& path) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  return error ? Refuse(path, absl::StrCat("its folder cannot be made: ", error.message()))
               : absl::OkStatus();
}

absl::Status MakeSqliteFileIfNew(const std::string& path, const std::string& vfs, bool in_use) {
  std::error_code error;
  if (fs::exists(path, error)) {
    if (!fs::is_regular_file(path, error)) return Refuse(path, "is not a file");
    // To SQLite a file without a whole header is a new database.
    if (fs::file_size(path, error) >= kSmallestPage || error) return absl::OkStatus();
    return Refuse(path,
                  "is empty or cut off; restore it from a backup, or remove it if there never was "
                  "a ledger here");
  }
  if (error) return Refuse(path, absl::StrCat("cannot be read: ", error.message()));
  const std::string log = absl::StrCat(path, "-wal");
  if (fs::exists(log, error) && fs::file_size(log, error) != 0) {
    return Refuse(path, absl::StrCat("is not there, but its log ", log,
                                     " is: restore both, or remove the log if what it holds is "
                                     "known to be of no use"));
  }
  if (in_use) {
    return Refuse(path, absl::StrCat("is not there, and a gateway that did not end in order used "
                                     "it; restore it, or remove ",
                                     path,
                                     ".lock if it is known to "
                                     "be gone"));
  }
  observe::Log(observe::LogLevel::kInfo, "ledger_made", {{"path", path}});
  const absl::Status status = MakeSqliteFile(path, vfs);
  return status.ok() ? status : Refuse(path, status.message());
}

FileId SqliteFileId(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return {0, 0};
  return {found.st_dev, found.st_ino};
}

}  // namespace gw::ledger
