#include "tests/integration/ledger_sqlite/failing_vfs.h"

#include <sqlite3.h>

#include <cstring>
#include <new>

#include "absl/strings/match.h"

namespace gw::testing {
namespace {

using Kind = FailingVfs::Kind;

sqlite3_vfs* Real() {
  static sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  return real;
}

// Followed by the real file in the same allocation, which SQLite makes and frees.
struct File {
  sqlite3_file base;
  const char* name;  // SQLite's, longer-lived; null: of no interest
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

int Ask(Kind kind, sqlite3_file* file) {
  const char* const name = Of(file)->name;
  return name == nullptr ? SQLITE_OK : FailingVfs::Get().Ask(kind, name);
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
  sqlite3_file* const real = Of(file)->real();
  const int code = Ask(Kind::kWrite, file);
  if (code == SQLITE_OK) return real->pMethods->xWrite(real, bytes, size, at);
  real->pMethods->xWrite(real, bytes, size / 2, at);
  return code;
}

// Nobody's power fails here.
int Sync(sqlite3_file* file, int /*flags*/) { return Ask(Kind::kSync, file); }

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code = Ask(Kind::kTruncate, file);
  sqlite3_file* const real = Of(file)->real();
  return code != SQLITE_OK ? code : real->pMethods->xTruncate(real, size);
}

// What is handed on as it is.
template <auto kMethod, class... Args>
auto HandOn(sqlite3_file* file, Args... args) {
  sqlite3_file* const real = Of(file)->real();
  return (real->pMethods->*kMethod)(real, args...);
}

using M = sqlite3_io_methods;

const sqlite3_io_methods* Methods() {
  static const sqlite3_io_methods methods = {
      2,
      HandOn<&M::xClose>,
      HandOn<&M::xRead, void*, int, sqlite3_int64>,
      Write,
      Truncate,
      Sync,
      HandOn<&M::xFileSize, sqlite3_int64*>,
      HandOn<&M::xLock, int>,
      HandOn<&M::xUnlock, int>,
      HandOn<&M::xCheckReservedLock, int*>,
      HandOn<&M::xFileControl, int, void*>,
      HandOn<&M::xSectorSize>,
      HandOn<&M::xDeviceCharacteristics>,
      HandOn<&M::xShmMap, int, int, int, void volatile**>,
      HandOn<&M::xShmLock, int, int, int>,
      HandOn<&M::xShmBarrier>,
      HandOn<&M::xShmUnmap, int>,
      nullptr,
      nullptr,
  };
  return &methods;
}

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  File* const ours = new (file) File{};
  constexpr int kInteresting = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
  if ((flags & kInteresting) != 0) ours->name = name;
  const int code = Real()->xOpen(Real(), name, ours->real(), flags, out_flags);
  if (ours->real()->pMethods != nullptr) ours->base.pMethods = Methods();
  return code;
}

}  // namespace

FailingVfs& FailingVfs::Get() {
  static auto* const vfs = new FailingVfs();
  return *vfs;
}

FailingVfs::FailingVfs() {
  static sqlite3_vfs vfs = *Real();
  vfs.szOsFile = static_cast<int>(sizeof(File)) + Real()->szOsFile;
  vfs.zName = name();
  vfs.pNext = nullptr;
  vfs.xOpen = Open;
  sqlite3_vfs_register(&vfs, 0);
}

void FailingVfs::Fail(std::set<Kind> kinds, int code, int nth, int times) {
  kinds_ = std::move(kinds);
  code_ = code;
  until_ = nth;
  times_ = times;
}

void FailingVfs::Heal() {
  kinds_.clear();
  suffix_.clear();
  failed_ = 0;
  synced_.clear();
}

int FailingVfs::synced(const std::string& suffix) const {
  int count = 0;
  for (const std::string& file : synced_) count += absl::EndsWith(file, suffix) ? 1 : 0;
  return count;
}

int FailingVfs::Ask(Kind kind, const std::string& file) {
  if (kinds_.contains(kind) && absl::EndsWith(file, suffix_) && times_ > 0 && --until_ <= 0) {
    --times_;
    ++failed_;
    return code_;
  }
  if (kind == Kind::kSync) synced_.insert(file);
  return SQLITE_OK;
}

}  // namespace gw::testing
