#include "service/ledger/postgres_keeper.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/ledger/operations.h"
#include "service/ledger/postgres_rows.h"
#include "service/observe/log.h"

namespace gw::ledger {
namespace {

constexpr int kOrphansAtOnce = 100;
constexpr char kLeave[] = "DELETE FROM owners WHERE id = $1";

PostgresSession::Options Interruptible(PostgresSession::Options options, int fd) {
  options.connection.interrupt_fd = fd;
  return options;
}

}  // namespace

PostgresKeeper::PostgresKeeper(Options options, Clock& clock, Random& random)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      session_(Interruptible(options_.session, wake_fd_), clock, random),
      next_turn_(clock.Now()) {}

PostgresKeeper::~PostgresKeeper() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  Wake();
  if (thread_.joinable()) thread_.join();
  close(wake_fd_);
}

void PostgresKeeper::Start(bool now) {
  if (now) {
    if (PostgresConnection* connection = Connection()) Tend(*connection);
  }
  thread_ = std::thread([this] { Run(); });
}

std::string PostgresKeeper::OwnerId() const {
  std::lock_guard lock(mutex_);
  return owner_;
}

bool PostgresKeeper::OwnsFor(const std::string& owner, absl::Duration span) const {
  std::lock_guard lock(mutex_);
  return !owner.empty() && owner == owner_ && clock_.BootNow() + span < lease_end_;
}

void PostgresKeeper::Release() {
  std::unique_lock lock(mutex_);
  if (!released_) {
    released_ = true;
    to_end_ = std::exchange(owner_, "");
    Wake();
  }
  changed_.wait(lock, [&] { return release_done_ || !thread_.joinable(); });
}

void PostgresKeeper::Run() {
  while (true) {
    uint64_t ignored;
    // Before what it stands for is looked at.
    [[maybe_unused]] const ssize_t drained = read(wake_fd_, &ignored, sizeof ignored);
    bool release;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) break;
      release = released_ && !release_done_;
    }
    PostgresConnection* connection = Connection();
    bool well = connection != nullptr;
    if (release) {
      well = well && EndLease(*connection);
      DoneReleasing();
    }
    if (well && clock_.Now() >= next_turn_) well = Tend(*connection);
    if (!well) {
      AwaitWake(clock_.Now() + options_.session.pause);
      continue;
    }
    for (const auto& told : connection->AwaitNotifications(next_turn_)) {
      if (told.sender_pid == options_.own_pid() || !options_.on_list_saved) continue;
      options_.on_list_saved(told.payload);
    }
  }
  DoneReleasing();
}

PostgresConnection* PostgresKeeper::Connection() {
  PostgresConnection* connection = session_.Connection();
  if (connection == nullptr) {
    if (!session_.error().what.empty()) Failed(session_.error());
    return nullptr;
  }
  if (session_.generation() == listening_) return connection;
  const std::string listen = absl::StrCat("LISTEN ", kListsChannel);
  const PostgresAnswer answer = connection->Run({{"", listen.c_str(), {}}});
  if (answer.error) {
    Failed(*answer.error);
    return nullptr;
  }
  // What was saved while nobody listened.
  if (!TellOfAllLists(*connection)) return nullptr;
  listening_ = session_.generation();
  return connection;
}

bool PostgresKeeper::Tend(PostgresConnection& connection) {
  next_turn_ = clock_.Now() + options_.renew_every;
  if (!Renew(connection) || !Sweep(connection)) return false;
  if (std::exchange(has_failed_, false)) {
    observe::Log(observe::LogLevel::kInfo, "ledger_lease_is_kept_again");
  }
  return true;
}

bool PostgresKeeper::Renew(PostgresConnection& connection) {
  const std::string owner = OwnerId();
  const auto lease = [&](absl::string_view id) {
    return PostgresParams().Text(id).Int(absl::ToInt64Microseconds(options_.lease));
  };
  Instant sent = clock_.BootNow();
  if (!owner.empty()) {
    const PostgresAnswer renewed = connection.Run(
        {{"renew",
          "UPDATE owners SET lease_until = clock_timestamp() + $2 * interval '1 microsecond'"
          " WHERE id = $1 AND lease_until > clock_timestamp() RETURNING id",
          lease(owner)}});
    if (renewed.error) {
      Failed(*renewed.error);
      return false;
    }
    if (renewed.results[0].rows() == 1) {
      SetLease(owner, sent + options_.lease);
      return true;
    }
    SetLease("", sent);
    observe::Log(observe::LogLevel::kWarn, "ledger_lease_lost", {{"owner", owner}});
  }
  {
    std::lock_guard lock(mutex_);
    if (released_) return true;
  }
  std::string next = MakeUuid(random_, clock_.WallNow());
  sent = clock_.BootNow();
  const PostgresAnswer made =
      connection.Run({{"leave", kLeave, PostgresParams().Text(owner)},
                      {"take",
                       "INSERT INTO owners (id, lease_until)"
                       " VALUES ($1, clock_timestamp() + $2 * interval '1 microsecond')",
                       lease(next)}});
  if (made.error) {
    Failed(*made.error);
    return false;
  }
  SetLease(std::move(next), sent + options_.lease);
  return true;
}

bool PostgresKeeper::Sweep(PostgresConnection& connection) {
  int found = 0;
  int all = 0;
  do {
    PostgresRows rows(connection, session_.hash());
    found = PutOrphansInDoubt(rows, kOrphansAtOnce);
    if (const auto error = rows.Commit()) {
      if (!error->LostARace()) Failed(*error);
      return error->LostARace();
    }
    all += found;
  } while (found == kOrphansAtOnce);
  if (all > 0) {
    observe::Log(observe::LogLevel::kWarn, "ledger_orphans_in_doubt", {{"allocations", all}});
  }
  return true;
}

bool PostgresKeeper::EndLease(PostgresConnection& connection) {
  std::string owner;
  {
    std::lock_guard lock(mutex_);
    owner = to_end_;
  }
  const PostgresAnswer answer = connection.Run({{"leave", kLeave, PostgresParams().Text(owner)}});
  if (!answer.error) return Sweep(connection);
  Failed(*answer.error);
  return false;
}

void PostgresKeeper::DoneReleasing() {
  std::lock_guard lock(mutex_);
  release_done_ = true;
  changed_.notify_all();
}

bool PostgresKeeper::TellOfAllLists(PostgresConnection& connection) {
  if (!options_.on_list_saved) return true;
  const PostgresAnswer answer =
      connection.Run({{"lists", "SELECT base_url FROM examination_lists", {}}});
  if (answer.error) {
    Failed(*answer.error);
    return false;
  }
  for (int i = 0; i < answer.results[0].rows(); ++i) {
    options_.on_list_saved(std::string(answer.results[0].Text(i, 0)));
  }
  return true;
}

void PostgresKeeper::SetLease(std::string owner, Instant end) {
  std::lock_guard lock(mutex_);
  if (released_) {
    // It was asked for before it was known that it is not wanted.
    if (!owner.empty()) to_end_ = std::move(owner);
    return;
  }
  owner_ = std::move(owner);
  lease_end_ = end;
}

void PostgresKeeper::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

void PostgresKeeper::AwaitWake(Instant end) {
  pollfd fd = {wake_fd_, POLLIN, 0};
  const absl::Duration left = std::max(end - clock_.Now(), absl::ZeroDuration());
  poll(&fd, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
}

void PostgresKeeper::Failed(const PostgresError& error) {
  // The next turn is as soon as there is a connection again.
  next_turn_ = clock_.Now();
  session_.Drop();
  std::unique_lock lock(mutex_);
  if (stopping_ || released_ || std::exchange(has_failed_, true)) return;
  lock.unlock();
  observe::Log(observe::LogLevel::kWarn, "ledger_lease_not_renewed", {{"error", error.what}});
}

}  // namespace gw::ledger
