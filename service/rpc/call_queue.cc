#include "service/rpc/call_queue.h"

#include <grpc/support/time.h>

namespace gw::rpc {
namespace {

// An Instant and gRPC's monotonic time are of the same clock.
gpr_timespec ToGpr(Instant when) {
  return when.IsNever() ? gpr_inf_future(GPR_CLOCK_MONOTONIC)
                        : gpr_time_from_nanos(when.nanos(), GPR_CLOCK_MONOTONIC);
}

gpr_timespec Soon() { return ToGpr(Instant()); }

}  // namespace

CallQueue::~CallQueue() {
  if (!closed_) Close();
}

bool CallQueue::Turn() {
  void* tag;
  bool ok;
  int told = 0;
  while (!waited_in_ && told < kMostPerTurn && Next(&tag, &ok)) {
    QueueTag::Tell(tag, ok);
    ++told;
  }
  return told > 0;
}

// gRPC looks at the connections only when it has nothing to tell, and there may be the waking of
// the one that waits. It is put back, for that one may be about to take it; but if it has waited
// since the look before, it is held up, and its waking is put back at the end.
bool CallQueue::Look() {
  void* tag;
  bool ok;
  int told = 0;
  bool woken = false;
  while (told < kMostPerTurn && Next(&tag, &ok)) {
    if (tag == static_cast<QueueTag*>(&wake_tag_)) {
      woken = true;
      const uint64_t waits = waits_;
      if (looked_in_.exchange(waits) != waits) break;
    } else {
      QueueTag::Tell(tag, ok);
      ++told;
    }
  }
  if (woken) Woken();
  return told > 0;
}

bool CallQueue::Next(void** tag, bool* ok) {
  return queue_->AsyncNext(tag, ok, Soon()) == grpc::CompletionQueue::GOT_EVENT;
}

void CallQueue::Wait(Instant until) {
  void* tag;
  bool ok;
  const auto came = queue_->AsyncNext(&tag, &ok, ToGpr(until));
  ++waits_;
  waited_in_ = false;
  if (came == grpc::CompletionQueue::GOT_EVENT) QueueTag::Tell(tag, ok);
}

void CallQueue::Wake() {
  if (!waking_.exchange(true)) alarm_.Set(queue_.get(), Soon(), wake_tag_.Handed());
}

// Who looked when the other began to wait may have taken its waking away.
void CallQueue::Woken() {
  waking_ = false;
  if (waited_in_) Wake();
}

void CallQueue::Close() {
  closed_ = true;
  void* tag;
  bool ok;
  while (users_ > 0 && queue_->Next(&tag, &ok)) QueueTag::Tell(tag, ok);
  queue_->Shutdown();
  while (queue_->Next(&tag, &ok)) QueueTag::Tell(tag, ok);
}

}  // namespace gw::rpc
