// gRPC's completion queue, shared by the loop threads: where calls come from, and where they end.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "service/base/clock.h"
#include "service/base/loop_thread.h"

namespace gw::rpc {

/// Something that gRPC tells of with the address of this. Thread safety: told on whichever thread
/// looks at the queue next, also two things of one call on two threads at a time.
class QueueTag {
 public:
  /// Itself, for gRPC. What was done before is seen by who is told: gRPC takes care of that, but
  /// ThreadSanitizer does not see into gRPC, and would not tell it from a mistake of ours.
  void* Handed() {
    handed_.store(true, std::memory_order_release);
    return this;
  }
  /// What gRPC tells of `handed`.
  static void Tell(void* handed, bool ok) {
    auto* const tag = static_cast<QueueTag*>(handed);
    static_cast<void>(tag->handed_.load(std::memory_order_acquire));
    tag->Happened(ok);
  }

 protected:
  ~QueueTag() = default;

 private:
  /// Once for each operation that it was handed to gRPC with. `ok` as for the operation.
  virtual void Happened(bool ok) = 0;

  std::atomic<bool> handed_{false};
};

/// Why a queue, and not gRPC's callback API: there, calls come on threads of gRPC's, which would
/// have to wake the thread on which the upstream's answers come, and finishing a call from that one
/// wakes gRPC's again. Here the thread that takes a call is the one that sends its request, reads
/// its answer and finishes it. And a thread that waits in a queue is, to gRPC, one that may read
/// from all connections: with two of them there, each event of a connection is handed from one to
/// the other. So at most one waits, and the others look while none does, and besides as seldom as
/// LoopThread says.
///
/// Thread safety: as Waited.
class CallQueue final : public Waited {
 public:
  explicit CallQueue(std::unique_ptr<grpc::ServerCompletionQueue> queue)
      : queue_(std::move(queue)), wake_tag_(*this) {}
  /// Close must have returned, or the queue never have been used.
  ~CallQueue();

  grpc::ServerCompletionQueue& queue() { return *queue_; }

  /// What gRPC has to tell, but not more than a turn's worth, so that others get theirs.
  bool Turn() override;
  /// gRPC has one thread that waits for all connections; who deals with one of them does not count
  /// as that, and a header that comes in pieces without an end can take it half a minute.
  bool Look() override;
  void BeginWait() override { waited_in_ = true; }
  void Wait(Instant until) override;
  void Wake() override;

  /// Tells everything that is still to be told, and that no call is coming any more, until it has
  /// no user. The server is shut down, which says nothing of calls whose handlers are not done; no
  /// thread shares the queue.
  void Close();

  /// A member of what is told of by a queue, from when gRPC is asked for it: finished later, it
  /// would find the queue closed, which gRPC aborts for. Destroyed on a thread that is told.
  class User {
   public:
    explicit User(CallQueue& queue) : queue_(queue) { ++queue_.users_; }
    ~User() { --queue_.users_; }
    User(const User&) = delete;
    User& operator=(const User&) = delete;
    CallQueue& operator*() const { return queue_; }
    CallQueue* operator->() const { return &queue_; }

   private:
    CallQueue& queue_;
  };

 private:
  struct WakeTag final : QueueTag {
    explicit WakeTag(CallQueue& q) : queue(q) {}
    void Happened(bool) override { queue.Woken(); }
    CallQueue& queue;
  };

  static constexpr int kMostPerTurn = 64;

  bool Next(void** tag, bool* ok);
  void Woken();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  WakeTag wake_tag_;
  std::atomic<bool> waited_in_{false};
  std::atomic<bool> waking_{false};  // the alarm is set, and not yet told of
  std::atomic<uint64_t> waits_{1};   // the number of the wait that is on, or is the next
  std::atomic<uint64_t> looked_in_{0};
  grpc::Alarm alarm_;
  std::atomic<int> users_{0};
  bool closed_ = false;
};

}  // namespace gw::rpc
