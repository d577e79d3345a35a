// What each RPC of concero.v1.AllocationService does, without gRPC.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "concero/v1/allocation.pb.h"
#include "service/base/timer.h"
#include "service/ledger/allocations.h"
#include "service/ledger/ledger.h"
#include "service/rpc/call.h"

namespace gw::rpc {

/// Each function answers its call exactly once.
/// Thread safety: all functions may be called from any thread.
class AllocationHandlers {
 public:
  /// References outlive it and every call.
  AllocationHandlers(ledger::Ledger& ledger, ledger::Allocations& allocations, Timer& timer)
      : ledger_(ledger), allocations_(allocations), timer_(timer) {}

  void GetAllocation(
      Call<::concero::v1::GetAllocationRequest, ::concero::v1::GetAllocationResponse> call);
  void ListAllocations(
      Call<::concero::v1::ListAllocationsRequest, ::concero::v1::ListAllocationsResponse> call);
  void ResolveAllocation(
      Call<::concero::v1::ResolveAllocationRequest, ::concero::v1::ResolveAllocationResponse> call);
  void EraseCandidate(
      Call<::concero::v1::EraseCandidateRequest, ::concero::v1::EraseCandidateResponse> call);

 private:
  using ResolveCall =
      Call<::concero::v1::ResolveAllocationRequest, ::concero::v1::ResolveAllocationResponse>;
  void Resend(ResolveCall call, ledger::Key key);
  void Settle(ResolveCall call, ledger::Key key);

  ledger::Ledger& ledger_;
  ledger::Allocations& allocations_;
  Timer& timer_;
};

}  // namespace gw::rpc
