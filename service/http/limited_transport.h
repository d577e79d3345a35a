// At most so many requests under way, and so much memory held; the next ones wait their turn.
#pragma once

#include <cstddef>
#include <memory>

#include "service/base/byte_budget.h"
#include "service/base/clock.h"
#include "service/base/timer.h"
#include "service/http/admission.h"
#include "service/http/transport.h"

namespace gw::http {

/// A decorator: who goes, waits or is refused is Admission's to say. What is refused fails with
/// kOverloaded at once; what waits ends in the queue at its deadline or cancel, or at its turn when
/// that comes too late for an answer in time (kDeadline), with nothing sent.
/// What a request holds is charged to the memory that all calls share; when that is used up it
/// fails with kMemory. Thread safety: Start may be called from any thread.
class LimitedTransport : public Transport {
 public:
  /// References outlive it, and `inner` and `memory` every request that it passed on.
  LimitedTransport(Transport& inner, Admission::Limits limits, ByteBudget& memory, Clock& clock,
                   Timer& timer);
  /// What waits is completed with kShutdown.
  ~LimitedTransport() override;

  void Start(Request request, Completion done) override;

  /// Whether a one-shot that is started now, behind `ahead` others on their way, would be refused:
  /// for who has something to do before, which would be done in vain.
  bool WouldRefuseOneShot(Instant start_by, size_t ahead) const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace gw::http
