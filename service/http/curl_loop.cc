#include "service/http/curl_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <string>
#include <variant>

#include "service/http/curl_shard.h"
#include "service/http/curl_transfer.h"

namespace gw::http {

namespace {
constexpr uint64_t kMailTag = std::numeric_limits<uint64_t>::max();
}

// Requests that want a connection used lately have shards of their own: libcurl closes whatever a
// transfer finds too old for itself, and what is too old for these is good for the others.
struct CurlLoop::Shard {
  Shard(int epoll_fd, uint32_t index, bool lately_used, Clock& clock)
      : curl(epoll_fd, index, kTransfersPerShard, clock), wants_lately_used(lately_used) {}
  CurlShard curl;
  const bool wants_lately_used;
};

// One request on its way. Owned by the mailbox, then by the loop.
struct CurlLoop::Job {
  Job(const UpstreamOptions& options, SocketCounter& sockets, KeptConnections& kept,
      CurlHandles& handles, ReadingTurn& reading, Request request, ByteBudget* memory, Completion d)
      : transfer(options, sockets, kept, handles, reading, std::move(request), memory),
        done(std::move(d)) {}

  Id id = 0;
  CurlTransfer transfer;
  Completion done;
  Addresses addresses;     // of a peer that is a name, else null
  Shard* shard = nullptr;  // set while the transfer is on its multi handle
  Instant gives_up;
  ErrorKind gives_up_as = ErrorKind::kTimeout;
  std::optional<std::stop_callback<CancelJob>> on_cancel;
};

// What other threads leave for the loop. Shared with lookups, which may outlive the loop.
struct CurlLoop::Mailbox {
  struct Resolved {
    Id id;
    absl::StatusOr<Addresses> addresses;
  };

  Mailbox() : wake_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Mailbox() { close(wake_fd); }

  // Adds to one of the lists below. False: the loop has stopped and will not look again.
  template <class List, class Item>
  bool Leave(List Mailbox::*list, Item&& item) {
    std::lock_guard lock(mutex);
    if (stopped) return false;
    (this->*list).push_back(std::forward<Item>(item));
    Wake();
    return true;
  }
  // Under the lock. One wake-up per turn of the loop is enough.
  void Wake() {
    if (has_mail.exchange(true)) return;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_fd, &one, sizeof one);
  }
  // Under the lock.
  void Sleep() {
    has_mail = false;
    uint64_t count;
    [[maybe_unused]] const ssize_t got = read(wake_fd, &count, sizeof count);
  }

  const int wake_fd;
  std::atomic<bool> has_mail{false};  // written under the lock
  std::mutex mutex;
  bool stopped = false;
  std::vector<std::unique_ptr<Job>> starts;
  std::vector<Id> cancels;
  std::vector<Resolved> resolved;
};

void CurlLoop::CancelJob::operator()() const {
  if (loop->IsThisThread()) {
    loop->cancelled_here_.push_back(id);
  } else {
    loop->mailbox_->Leave(&Mailbox::cancels, id);
  }
}

CurlLoop::CurlLoop(UpstreamOptions options, Resolver& resolver, Clock& clock, ByteBudget* memory)
    : options_(std::move(options)),
      resolver_(resolver),
      clock_(clock),
      memory_(memory),
      handles_(options_),
      mailbox_(std::make_shared<Mailbox>()),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  // Without these there is no engine; nothing else starts then.
  if (initialized != CURLE_OK || epoll_fd_ < 0 || mailbox_->wake_fd < 0) std::abort();
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kMailTag;
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, mailbox_->wake_fd, &event);
}

CurlLoop::~CurlLoop() {
  Stop();
  std::vector<std::unique_ptr<Job>> never_ran;
  {
    std::lock_guard lock(mailbox_->mutex);
    never_ran.swap(mailbox_->starts);
  }
  for (auto& job : never_ran) {
    std::move(job->done)(job->transfer.Abort(ErrorKind::kShutdown));
  }
  close(epoll_fd_);
}

void CurlLoop::Start(Request request, Completion done) {
  auto job = std::make_unique<Job>(options_, sockets_, kept_, handles_, reading_,
                                   std::move(request), memory_, std::move(done));
  if (IsThisThread() && !ended_) return Admit(std::move(job));
  // Leave moves only from what it takes, so on false the job is still here.
  if (!mailbox_->Leave(&Mailbox::starts, std::move(job))) {
    // NOLINTNEXTLINE(bugprone-use-after-move)
    std::move(job->done)(job->transfer.Abort(ErrorKind::kShutdown));
  }
}

void CurlLoop::Stop() {
  std::lock_guard lock(mailbox_->mutex);
  mailbox_->stopped = true;
  mailbox_->Wake();
}

void CurlLoop::Run() {
  while (!ended_) {
    if (Turn()) continue;
    epoll_event event;
    epoll_wait(epoll_fd_, &event, 1, WaitMillis(due() - clock_.Now()));
  }
}

bool CurlLoop::Turn() {
  if (!IsThisThread()) thread_ = std::this_thread::get_id();
  if (ended_) return false;
  bool busy = ReadOn();
  busy |= OnSockets();
  busy |= TakeMail();
  busy |= ReapShards();
  busy |= LaunchThoseWithRoom();
  busy |= TurnTimers();  // which sends what was launched
  busy |= ExpireDeadlines();
  return busy;
}

bool CurlLoop::ReadOn() {
  std::vector<CURL*> refused;
  const bool read = reading_.Next(refused);
  for (CURL* const easy : refused) OnEnd(easy, CURLE_WRITE_ERROR);
  return read;
}

bool CurlLoop::OnSockets() {
  if (jobs_.empty()) return false;     // libcurl watches no others
  std::array<epoll_event, 64> events;  // a turn's worth: each may be a TLS handshake
  const int n = epoll_wait(epoll_fd_, events.data(), events.size(), 0);
  for (int i = 0; i < n; ++i) {
    const uint64_t tag = events[i].data.u64;
    if (tag == kMailTag) continue;
    shards_[CurlShard::IndexOf(tag)]->curl.OnSocket(CurlShard::FdOf(tag), events[i].events);
  }
  return n > 0;
}

bool CurlLoop::TakeMail() {
  const std::vector<Id> cancelled_here = std::exchange(cancelled_here_, {});
  for (const Id id : cancelled_here) GiveUp(id, ErrorKind::kCancelled);
  if (!mailbox_->has_mail) return !cancelled_here.empty();

  std::vector<std::unique_ptr<Job>> starts;
  std::vector<Id> cancels;
  std::vector<Mailbox::Resolved> resolved;
  bool stopped;
  {
    std::lock_guard lock(mailbox_->mutex);
    mailbox_->Sleep();
    starts.swap(mailbox_->starts);
    cancels.swap(mailbox_->cancels);
    resolved.swap(mailbox_->resolved);
    stopped = mailbox_->stopped;
  }
  for (auto& job : starts) Admit(std::move(job));
  for (auto& [id, addresses] : resolved) OnResolved(id, std::move(addresses));
  for (const Id id : cancels) GiveUp(id, ErrorKind::kCancelled);
  if (stopped) End();
  return true;
}

void CurlLoop::End() {
  ended_ = true;
  while (!jobs_.empty()) GiveUp(jobs_.begin()->first, ErrorKind::kShutdown);
  shards_.clear();
  sockets_.AllClosed();
}

void CurlLoop::Admit(std::unique_ptr<Job> owned) {
  Job& job = *owned;
  const Request& request = job.transfer.request();
  const Instant now = clock_.Now();
  job.id = ++last_id_;
  job.gives_up = now + options_.timeout;
  if (request.deadline <= job.gives_up) {
    job.gives_up = request.deadline;
    job.gives_up_as = ErrorKind::kDeadline;
  }
  const Id id = job.id;
  jobs_.emplace(id, std::move(owned));
  deadlines_.emplace(job.gives_up, id);
  if (request.cancel.stop_requested()) return GiveUp(id, ErrorKind::kCancelled);
  if (job.gives_up <= now) return GiveUp(id, job.gives_up_as);
  if (request.cancel.stop_possible()) job.on_cancel.emplace(request.cancel, CancelJob{this, id});

  if (options_.peer_is_address()) return LaunchInTurn(job, nullptr);
  if (const Addresses fresh = resolver_.Fresh(options_.peer_host())) {
    return LaunchInTurn(job, fresh);
  }
  resolver_.Resolve(options_.peer_host(), [box = std::weak_ptr(mailbox_), id](auto addresses) {
    if (const auto mailbox = box.lock()) {
      mailbox->Leave(&Mailbox::resolved, Mailbox::Resolved{id, std::move(addresses)});
    }
  });
}

void CurlLoop::OnResolved(Id id, absl::StatusOr<Addresses> addresses) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return;  // given up meanwhile
  if (addresses.ok()) return LaunchInTurn(*it->second, *std::move(addresses));
  Complete(id, TransportError{ErrorKind::kResolve, Phase::kNotConnected,
                              std::string(addresses.status().message())});
}

void CurlLoop::LaunchInTurn(Job& job, Addresses addresses) {
  job.addresses = std::move(addresses);
  launch_next_.push_back(job.id);
}

bool CurlLoop::LaunchThoseWithRoom() {
  bool launched = false;
  while (!launch_next_.empty() && opening_ < kMaxOpening) {
    const auto it = jobs_.find(launch_next_.front());
    launch_next_.pop_front();
    if (it != jobs_.end()) Launch(*it->second);
    launched = true;
  }
  return launched;
}

void CurlLoop::Launch(Job& job) {
  Shard& shard = ShardWithRoom(job.transfer.request().max_idle < options_.max_idle);
  TransportError error;
  if (!job.transfer.Prepare(job.addresses, &error)) return Complete(job.id, error);
  job.transfer.Hold(OpeningPlace(opening_));
  curl_easy_setopt(job.transfer.easy(), CURLOPT_PRIVATE, &job);
  if (!shard.curl.Add(job.transfer.easy())) {
    return Complete(job.id, TransportError{ErrorKind::kInternal, Phase::kNotConnected,
                                           "libcurl takes no more transfers"});
  }
  job.shard = &shard;
}

// libcurl has closed the connection by now.
void CurlLoop::StartOver(Job& job) {
  job.shard->curl.Remove(job.transfer.easy());
  job.transfer.StartOver();
  if (job.shard->curl.Add(job.transfer.easy())) return;
  job.shard = nullptr;
  Complete(job.id, TransportError{ErrorKind::kInternal, Phase::kNotConnected,
                                  "libcurl takes no more transfers"});
}

// The first shard that has room, so that few connections stay warm rather than many lukewarm ones.
CurlLoop::Shard& CurlLoop::ShardWithRoom(bool lately_used) {
  const auto it = std::find_if(shards_.begin(), shards_.end(), [&](const auto& shard) {
    return shard->wants_lately_used == lately_used && shard->curl.active() < kTransfersPerShard;
  });
  if (it != shards_.end()) return **it;
  const auto index = static_cast<uint32_t>(shards_.size());
  shards_.push_back(std::make_unique<Shard>(epoll_fd_, index, lately_used, clock_));
  return *shards_.back();
}

bool CurlLoop::ReapShards() {
  bool reaped = false;
  for (const auto& shard : shards_) {
    if (!shard->curl.moved()) continue;
    shard->curl.Reap([this](CURL* easy, CURLcode result) { OnEnd(easy, result); });
    reaped = true;
  }
  return reaped;
}

void CurlLoop::OnEnd(CURL* easy, CURLcode result) {
  Job* job = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job);
  if (job->transfer.out_of_step()) return StartOver(*job);
  Complete(job->id, job->transfer.Finish(result));
}

bool CurlLoop::TurnTimers() {
  if (jobs_.empty()) return false;
  const Instant now = clock_.Now();
  bool fired = false;
  for (const auto& shard : shards_) {
    if (shard->curl.due() > now) continue;
    shard->curl.OnTimeout();
    fired = true;
  }
  return fired;
}

bool CurlLoop::ExpireDeadlines() {
  if (deadlines_.empty()) return false;
  const Instant now = clock_.Now();
  if (deadlines_.begin()->first > now) return false;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const Id id = deadlines_.begin()->second;
    GiveUp(id, jobs_.at(id)->gives_up_as);
  }
  return true;
}

void CurlLoop::GiveUp(Id id, ErrorKind kind) {
  const auto it = jobs_.find(id);
  if (it != jobs_.end()) Complete(id, it->second->transfer.Abort(kind));
}

// The only way out of jobs_.
void CurlLoop::Complete(Id id, Outcome outcome) {
  const auto it = jobs_.find(id);
  const std::unique_ptr<Job> job = std::move(it->second);
  jobs_.erase(it);
  deadlines_.erase({job->gives_up, id});
  if (job->shard != nullptr) {
    job->shard->curl.StopWatching(job->transfer.connecting());
    job->shard->curl.Remove(job->transfer.easy());
  }
  std::move(job->done)(std::move(outcome));
}

Instant CurlLoop::due() {
  if (ended_) return Instant::Never();
  if (!cancelled_here_.empty()) return Instant();
  if (jobs_.empty()) return Instant::Never();
  if (!launch_next_.empty() && opening_ < kMaxOpening) return Instant();
  Instant next = deadlines_.begin()->first;
  for (const auto& shard : shards_) next = std::min(next, shard->curl.due());
  return next;
}

}  // namespace gw::http
