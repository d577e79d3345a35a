#include "service/ledger/sqlite_connection.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace gw::ledger {
namespace {

// Readers from outside (a backup, somebody who looks) hold the file for moments only.
constexpr int kBusyMillis = 5000;

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path,
                                                                         const std::string& vfs) {
  // SQLite would count its memory, under a lock, for nobody. Refused once it is in use.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  if (code != SQLITE_OK) {
    sqlite3_close(handle);
    return absl::FailedPreconditionError(absl::StrCat("cannot be opened: ", sqlite3_errstr(code)));
  }
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(handle));
  connection->WaitForOthers(true);
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

void SqliteConnection::WaitForOthers(bool wait) {
  sqlite3_busy_timeout(handle_, wait ? kBusyMillis : 0);
}

void SqliteConnection::EmptyLogOnClose() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void SqliteConnection::Note(int code) {
  const bool fine = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE;
  if (!fine && error_ == SQLITE_OK) error_ = code;
}

std::string SqliteConnection::ErrorText() const {
  return absl::StrCat(sqlite3_errstr(error_), " (SQLite error ", error_, ")");
}

SqliteConnection::Query SqliteConnection::Ask(absl::string_view sql) {
  if (error_ != SQLITE_OK) return Query(*this, nullptr);
  auto at = statements_.find(std::string_view(sql.data(), sql.size()));
  if (at == statements_.end()) at = statements_.emplace(std::string(sql), nullptr).first;
  if (at->second == nullptr) {
    Note(sqlite3_prepare_v3(handle_, at->first.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &at->second,
                            nullptr));
  }
  return Query(*this, at->second);
}

void SqliteConnection::Execute(const char* sql) {
  if (error_ == SQLITE_OK) Note(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

std::string SqliteConnection::Value(const std::string& sql) {
  Query query = Ask(sql);
  return query.Next() ? query.Text(0) : "";
}

SqliteConnection::Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

SqliteConnection::Query& SqliteConnection::Query::Bind(int64_t value) {
  if (statement_ != nullptr) connection_.Note(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

SqliteConnection::Query& SqliteConnection::Query::Bind(absl::string_view value) {
  if (statement_ == nullptr) return *this;
  connection_.Note(sqlite3_bind_text64(statement_, ++bound_, value.empty() ? "" : value.data(),
                                       value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

SqliteConnection::Query& SqliteConnection::Query::BindKept(absl::string_view value) {
  if (statement_ == nullptr) return *this;
  connection_.Note(sqlite3_bind_text64(statement_, ++bound_, value.empty() ? "" : value.data(),
                                       value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

SqliteConnection::Query& SqliteConnection::Query::BindBlob(absl::string_view value) {
  if (statement_ == nullptr) return *this;
  connection_.Note(sqlite3_bind_blob64(statement_, ++bound_, value.empty() ? "" : value.data(),
                                       value.size(), SQLITE_TRANSIENT));
  return *this;
}

bool SqliteConnection::Query::Next() {
  if (statement_ == nullptr || connection_.error_ != SQLITE_OK) return false;
  const int code = sqlite3_step(statement_);
  connection_.Note(code);
  return code == SQLITE_ROW;
}

std::string SqliteConnection::Query::Text(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? "" : std::string(static_cast<const char*>(bytes), size);
}

}  // namespace gw::ledger
