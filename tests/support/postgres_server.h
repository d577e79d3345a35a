// A real PostgreSQL server for tests.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace gw::testing {

/// A server of its own, in a temporary directory, reached through a Unix socket there. It ends with
/// this object, or with the thread that made it. As root it runs as the user `postgres`.
/// Thread safety: none.
class PostgresServer {
 public:
  /// Makes and starts it; the program ends when that is not possible.
  PostgresServer();
  ~PostgresServer();

  /// The URL of a database with a new, empty schema in which everything happens that does not name
  /// another.
  std::string NewSchema();
  /// The first value that `sql` returns; empty for none. The program ends when it fails.
  static std::string Ask(const std::string& url, const std::string& sql);

  /// Ends it, and with it all connections. What was committed stays.
  void Stop();
  void Start();
  /// Starts it, stopped before, as a standby that replays nothing: it can be read, and promoted.
  void StartAsStandby();
  /// Stops all its processes as SIGSTOP does: connections stay, and nothing answers.
  void Freeze();
  void Thaw();

 private:
  std::vector<std::string> AsUser(const std::string& program) const;
  std::vector<pid_t> Processes() const;
  std::string Url() const;

  TemporaryDirectory directory_;
  std::string programs_;
  std::unique_ptr<Process> process_;
  int schemas_ = 0;
};

}  // namespace gw::testing
