// What goes on beside the works: the lease, the orphans, and what other replicas tell.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/ledger/postgres_session.h"

namespace gw::ledger {

/// Keeps a lease in the table `owners` on a thread and a connection of its own, and with it an
/// owner's id. As long as the lease has not ended, by the clock of the database, what is PENDING
/// under that id is left to us; once it has, the id is never used again, and whoever looks puts
/// these rows IN_DOUBT. It looks itself, too, as often as it renews.
///
/// What we know of the lease's end is earlier than what the database knows: it is counted from
/// before the renewal was sent. That holds as long as the two clocks run equally fast, and the
/// database's is not put forward.
///
/// Thread safety: all functions may be called from any thread, Start once and before.
class PostgresKeeper {
 public:
  struct Options {
    PostgresSession::Options session;  ///< Without its interrupt_fd.
    absl::Duration lease;
    absl::Duration renew_every;
    /// May be empty. Called on the keeper's thread.
    std::function<void(const std::string& base_url)> on_list_saved;
    /// The backend that saves our own lists, of which nothing is told.
    std::function<int()> own_pid;
  };
  PostgresKeeper(Options options, Clock& clock, Random& random);
  /// Stops at once; the lease ends by itself.
  ~PostgresKeeper();

  /// Starts the thread. With `now` there is a lease when this returns, unless that failed.
  void Start(bool now);

  /// Empty: there was no lease yet, or none is wanted any more.
  std::string OwnerId() const;
  /// As Store::OwnsFor.
  bool OwnsFor(const std::string& owner, absl::Duration span) const;
  /// As Store::Release. Waits until it is done, or cannot be.
  void Release();

 private:
  void Run();
  PostgresConnection* Connection();
  /// As those below: false when it failed, and the connection is gone.
  bool Tend(PostgresConnection& connection);
  bool Renew(PostgresConnection& connection);
  bool Sweep(PostgresConnection& connection);
  bool EndLease(PostgresConnection& connection);
  void DoneReleasing();
  bool TellOfAllLists(PostgresConnection& connection);
  void SetLease(std::string owner, Instant end);
  void Wake();
  void AwaitWake(Instant end);
  void Failed(const PostgresError& error);

  const Options options_;
  Clock& clock_;
  Random& random_;
  const int wake_fd_;
  PostgresSession session_;  ///< The thread's, as the three after it.
  int listening_ = 0;        ///< The generation of the connection that does.
  bool has_failed_ = false;
  Instant next_turn_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string owner_;
  Instant lease_end_;   ///< Of Clock::BootNow.
  std::string to_end_;  ///< An owner whose lease is to be ended.
  bool released_ = false;
  bool release_done_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gw::ledger
