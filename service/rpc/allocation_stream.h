// What AllocateCandidates does: allocations in, results out, as many at a time as there is room
// for.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "concero/v1/assessment.pb.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/base/timer.h"
#include "service/rpc/bulk_places.h"
#include "service/rpc/call.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"
#include "service/rpc/stream.h"

namespace gw::rpc {

/// What all of these streams have in common; references outlive them. Thread safety: as its parts.
struct AllocationStreamTools {
  /// Answers one allocation, as AllocateCandidate does.
  std::function<void(
      Call<::concero::v1::AllocateCandidateRequest, ::concero::v1::AllocateCandidateResponse>)>
      allocate;
  BulkPlaces& places;
  Timer& timer;
  Random& random;
};

/// One stream. At most as many items as BulkPlaces has, or as its caller may have calls in flight,
/// are taken whose result has not left; so a caller who does not read is not read from, either.
///
///     read ──▶ turn ──▶ place ──▶ allocate ──▶ result ──▶ written
///                                  ▲     └─ OVERLOADED: after a pause ─┐
///                                  └───────────────────────────────────┘
///
/// The next one is read when the one before has its place. Its turn comes when the caller's quota
/// has a call left. While items fail as others would, too (rate limited, the breaker is open, the
/// ledger is away), no turn comes for as long as these failures say, if that is longer than a
/// second or there are several of them. When the stream is to end before its caller has said all,
/// what has no place yet is dropped; the results of the others are said first.
///
/// Thread safety: as ExchangeHandler.
class AllocationStream final : public ExchangeHandler<::concero::v1::AllocateCandidatesRequest>,
                               public std::enable_shared_from_this<AllocationStream> {
 public:
  using Driver = ExchangeDriver<::concero::v1::AllocateCandidatesResponse>;

  /// `item` is the method that an item counts as.
  AllocationStream(Driver& driver, const AllocationStreamTools& tools, Prologue& prologue,
                   const RpcMethod& item);

  void Start() override;
  void OnRead(::concero::v1::AllocateCandidatesRequest* request) override;
  void OnNoRequest(const absl::Status& status) override;
  void OnWritten() override;

 private:
  class Item;
  using ItemPtr = std::unique_ptr<Item>;
  using StopCallback = std::stop_callback<std::function<void()>>;

  absl::Duration UntilTurn();
  void AwaitTurn(ItemPtr item);
  void OnTurn(ItemPtr item);
  void AwaitPlace(ItemPtr item);
  void Begin(ItemPtr item);
  void Drop();
  /// Its result, or none when it was dropped; with a `pause` it is one of those that others would
  /// meet as well.
  void OnItemEnd(std::optional<::concero::v1::AllocateCandidatesResponse> result,
                 absl::Duration pause);
  void Pause(absl::Duration pause);
  void Stop(const absl::Status& status, bool gone);
  bool stopped() const;
  void Go();

  Driver& driver_;  // until it has finished
  const AllocationStreamTools& tools_;
  Prologue& prologue_;
  const RpcMethod& item_method_;
  const size_t window_;

  mutable std::mutex mutex_;
  bool reading_ = false, writing_ = false, finished_ = false;
  bool said_all_ = false;  // by the caller
  bool no_place_ = false;  // of the item that was read last
  bool gone_ = false;      // nobody reads what is written
  size_t taken_ = 0;       // items whose result has not left
  std::deque<::concero::v1::AllocateCandidatesResponse> results_;
  std::optional<absl::Status> stopped_;
  Timer::Id turn_timer_ = 0;  // of the item that waits for its turn; 0: none does
  Instant paused_until_;
  double strikes_ = 0;  // failures that others would meet as well, lately
  std::optional<StopCallback> on_cancel_, on_drain_;
};

}  // namespace gw::rpc
