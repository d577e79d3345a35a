// The ledger in a file of this machine.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "service/ledger/store.h"

namespace gw::ledger {

/// One process at a time has the file, by a lock file beside it (`PATH.lock`) that it holds for
/// life; so it owns everything that it began, for as long as it lives, and what it finds PENDING
/// when it opens the file was begun by one that has died: it becomes IN_DOUBT there and then. All
/// works of a Run are one commit.
class SqliteStore {
 public:
  struct Options {
    std::string path;
    absl::Duration lock_timeout = absl::Seconds(10);
    /// By which erased addresses are hashed; empty: by a key that is kept in the file.
    Secret hash_key;
    std::string vfs;  ///< Of sqlite3_vfs_register; empty: SQLite's own.
  };

  /// Opens the file, or makes it, with its folder, when there is none. Blocks up to `lock_timeout`.
  /// `clock` outlives the store. Errors: FAILED_PRECONDITION, naming the file: it is locked, is
  /// damaged, empty, not a ledger, or of a newer version, or its log is there and it is not. A file
  /// that is refused stays as it is.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const Options& options, Clock& clock,
                                                     Random& random);
};

}  // namespace gw::ledger
