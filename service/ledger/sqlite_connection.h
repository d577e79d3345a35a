// A connection to SQLite and its statements.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gw::ledger {

/// Keeps the first error since ClearError; after it statements do nothing and find nothing.
/// Thread safety: none.
class SqliteConnection {
 public:
  /// `vfs` empty: SQLite's default. When it is closed, the log stays beside the file, until
  /// EmptyLogOnClose. Error: says what SQLite says.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path,
                                                                const std::string& vfs);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  /// A statement under way; it ends when this is destroyed. Parameters are bound in order.
  class Query {
   public:
    Query(SqliteConnection& connection, sqlite3_stmt* statement)
        : connection_(connection), statement_(statement) {}
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    Query& Bind(int64_t value);
    Query& Bind(absl::string_view value);
    /// As Bind, without a copy: `value` outlives the query.
    Query& BindKept(absl::string_view value);
    Query& BindBlob(absl::string_view value);

    /// The next row, or the effect of a statement that has none. False: there is none.
    bool Next();
    int64_t Number(int column) const { return sqlite3_column_int64(statement_, column); }
    std::string Text(int column) const;

   private:
    SqliteConnection& connection_;
    sqlite3_stmt* const statement_;  // null after an error
    int bound_ = 0;
  };

  /// `sql` is one statement; it is kept compiled.
  Query Ask(absl::string_view sql);
  /// One or more statements without parameters and results.
  void Execute(const char* sql);
  /// The first column of the first row; empty without one.
  std::string Value(const std::string& sql);

  /// Whether statements wait for a moment, as at first, when others hold the file.
  void WaitForOthers(bool wait);

  /// From now on closing writes what the log holds into the file.
  void EmptyLogOnClose();

  /// How many rows the last statement changed.
  int changes() const { return sqlite3_changes(handle_); }
  int64_t last_seq() const { return sqlite3_last_insert_rowid(handle_); }

  /// SQLITE_OK or the first error's (primary) code; its text holds no row's content.
  int error() const { return error_ & 0xff; }
  std::string ErrorText() const;
  void ClearError() { error_ = SQLITE_OK; }

 private:
  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}
  void Note(int code);

  sqlite3* const handle_;
  int error_ = SQLITE_OK;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

}  // namespace gw::ledger
