// The HTTP engine: requests to one upstream, on one thread, with epoll and libcurl's multi
// interface.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "service/base/byte_budget.h"
#include "service/base/clock.h"
#include "service/base/loop_thread.h"
#include "service/http/curl_handles.h"
#include "service/http/kept_connections.h"
#include "service/http/reading_turn.h"
#include "service/http/resolver.h"
#include "service/http/socket_counter.h"
#include "service/http/transport.h"
#include "service/http/upstream_options.h"

namespace gw::http {

/// A Transport over HTTP/1.1 with kept connections, driven by one thread: by a LoopThread, or by
/// whoever calls Run.
///
/// libcurl is touched on that thread only. Start and a stopped cancel token leave a message for it
/// and return; the completion runs on it. Messages from the thread itself take neither its lock nor
/// a wake-up: a call that lives on it costs neither; what is over already is completed within
/// Start. A request's life: message → (name resolved) →
/// its turn to be launched → on a shard → finished, or given up at its deadline, its timeout or its
/// cancel, whichever is first.
///
/// A request leaves once at most. libcurl would send it again by itself, whatever its method, when
/// a kept connection dies before the first byte of the answer; it is kept from it, and whoever may
/// send it again (RetryTransport) is told. What would surprise: a completion runs on the loop's
/// thread, so what it does holds up every other transfer.
///
/// Thread safety: Start, Stop, IsThisThread and counts() may be called from any thread; the rest by
/// one.
class CurlLoop final : public Transport, public Driven {
 public:
  /// Transfers on one multi handle before the next is used; libcurl's cost per request grows
  /// beyond.
  static constexpr size_t kTransfersPerShard = 64;
  /// Transfers on their way to a connection at once; the next ones wait their turn. A crowd that
  /// begins all its handshakes together has every connect timeout run out on the loop's own work.
  static constexpr size_t kMaxOpening = 256;

  /// References outlive the loop, and so does `memory`, to which the bytes of answers are charged;
  /// null: they are not.
  CurlLoop(UpstreamOptions options, Resolver& resolver, Clock& clock, ByteBudget* memory = nullptr);
  /// It must have been stopped and have had a turn since, or none at all. What never ran is
  /// completed with kShutdown.
  ~CurlLoop() override;
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  void Start(Request request, Completion done) override;

  int fd() const override { return epoll_fd_; }
  Instant due() override;
  /// The first turn after Stop completes what is left with kShutdown and closes every connection.
  bool Turn() override;

  /// Takes turns until Stop.
  void Run();
  /// Requests started from now on complete with kShutdown at once.
  void Stop();
  /// Whether this is the thread that drives it.
  bool IsThisThread() const { return thread_ == std::this_thread::get_id(); }

  const ConnectionCounts& counts() const { return sockets_.counts(); }

 private:
  using Id = uint64_t;
  struct Job;
  struct Shard;
  struct Mailbox;
  struct CancelJob {
    CurlLoop* loop;
    Id id;
    void operator()() const;
  };

  bool ReadOn();
  bool TakeMail();
  bool OnSockets();
  void End();
  void Admit(std::unique_ptr<Job> job);
  void LaunchInTurn(Job& job, Addresses addresses);
  bool LaunchThoseWithRoom();
  void Launch(Job& job);
  void StartOver(Job& job);
  void GiveUp(Id id, ErrorKind kind);
  void OnResolved(Id id, absl::StatusOr<Addresses> addresses);
  void Complete(Id id, Outcome outcome);
  bool ExpireDeadlines();
  Shard& ShardWithRoom(bool lately_used);
  bool ReapShards();
  void OnEnd(CURL* easy, CURLcode result);
  bool TurnTimers();

  const UpstreamOptions options_;
  Resolver& resolver_;
  Clock& clock_;
  ByteBudget* const memory_;
  CurlHandles handles_;  // of the thread, as what is below
  ReadingTurn reading_;
  SocketCounter sockets_;
  const std::shared_ptr<Mailbox> mailbox_;
  const int epoll_fd_;

  std::atomic<std::thread::id> thread_;

  // Of that thread.
  KeptConnections kept_;
  size_t opening_ = 0;          // of kMaxOpening
  std::deque<Id> launch_next_;  // some may have been given up
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unordered_map<Id, std::unique_ptr<Job>> jobs_;
  std::set<std::pair<Instant, Id>> deadlines_;
  std::vector<Id> cancelled_here_;
  Id last_id_ = 0;
  bool ended_ = false;
};

}  // namespace gw::http
