// The ledger of allocations.
#include <algorithm>
#include <utility>

#include "client/library/grpc_client.h"
#include "client/library/outcome_mark.h"

namespace concero {
namespace {

using AllocationStub = v1::AllocationService::Stub;

constexpr size_t kLargestPage = 1000;

v1::ResolveAllocationRequest ResolutionOf(const AllocationKey& key, const std::string& note) {
  v1::ResolveAllocationRequest request;
  request.set_request_id(key.request_id);
  request.set_caller(key.caller);
  request.set_note(note);
  return request;
}

}  // namespace

absl::StatusOr<v1::Allocation> GrpcClient::GetAllocation(const AllocationKey& key,
                                                         const CallOptions& options) {
  v1::GetAllocationRequest request;
  request.set_request_id(key.request_id);
  request.set_caller(key.caller);
  v1::GetAllocationResponse response;
  const absl::Status status =
      Call(*allocations_, &AllocationStub::GetAllocation, request, &response, options);
  if (!status.ok()) return status;
  return std::move(*response.mutable_allocation());
}

absl::StatusOr<v1::Allocation> GrpcClient::GetAllocationOfInvite(int64_t invite_id,
                                                                 const std::string& caller,
                                                                 const CallOptions& options) {
  v1::GetAllocationRequest request;
  request.set_invite_id(invite_id);
  request.set_caller(caller);
  v1::GetAllocationResponse response;
  const absl::Status status =
      Call(*allocations_, &AllocationStub::GetAllocation, request, &response, options);
  if (!status.ok()) return status;
  return std::move(*response.mutable_allocation());
}

absl::StatusOr<std::vector<v1::Allocation>> GrpcClient::ListAllocations(
    const AllocationFilter& filter, std::optional<size_t> limit, const CallOptions& options) {
  std::vector<v1::Allocation> found;
  if (limit == 0) return found;
  const absl::Status status = WalkAllocations(
      filter, limit,
      [&](v1::Allocation& allocation) {
        found.push_back(std::move(allocation));
        return found.size() != limit;
      },
      options);
  if (!status.ok()) return status;
  return found;
}

absl::Status GrpcClient::VisitAllocations(const AllocationFilter& filter,
                                          const std::function<bool(const v1::Allocation&)>& visit,
                                          const CallOptions& options) {
  return WalkAllocations(filter, std::nullopt, visit, options);
}

absl::Status GrpcClient::WalkAllocations(const AllocationFilter& filter,
                                         std::optional<size_t> limit,
                                         const std::function<bool(v1::Allocation&)>& visit,
                                         const CallOptions& options) {
  const absl::Time deadline = DeadlineOf(options, timeout_);
  v1::ListAllocationsRequest request;
  request.set_state(filter.state);
  request.set_examination_id(filter.examination_id);
  request.set_candidate_email(filter.candidate_email);
  request.set_caller(filter.caller);
  request.set_page_size(static_cast<int32_t>(std::min(limit.value_or(kLargestPage), kLargestPage)));
  do {
    v1::ListAllocationsResponse page;
    const absl::Status status =
        CallBy(deadline, *allocations_, &AllocationStub::ListAllocations, request, &page, options);
    if (!status.ok()) return status;
    for (auto& allocation : *page.mutable_allocations()) {
      if (!visit(allocation)) return absl::OkStatus();
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::StatusOr<v1::Allocation> GrpcClient::ConfirmAllocation(const AllocationKey& key,
                                                             int64_t invite_id,
                                                             const std::string& invite_link,
                                                             const std::string& note,
                                                             const CallOptions& options) {
  v1::ResolveAllocationRequest request = ResolutionOf(key, note);
  request.mutable_confirm()->set_invite_id(invite_id);
  request.mutable_confirm()->set_invite_link(invite_link);
  return Resolve(request, options);
}

absl::StatusOr<v1::Allocation> GrpcClient::AbandonAllocation(const AllocationKey& key,
                                                             const std::string& note,
                                                             const CallOptions& options) {
  v1::ResolveAllocationRequest request = ResolutionOf(key, note);
  request.mutable_abandon();
  return Resolve(request, options);
}

absl::StatusOr<v1::Allocation> GrpcClient::ResendAllocation(const AllocationKey& key,
                                                            const std::string& note,
                                                            const CallOptions& options) {
  if (options.cancel.stop_requested()) return CancelledByCaller();  // no doubt: nothing is sent
  v1::ResolveAllocationRequest request = ResolutionOf(key, note);
  request.mutable_resend();
  auto allocation = Resolve(request, options);
  if (!allocation.ok()) return MarkedIfOutcomeUnknown(allocation.status());
  return allocation;
}

absl::StatusOr<v1::Allocation> GrpcClient::Resolve(const v1::ResolveAllocationRequest& request,
                                                   const CallOptions& options) {
  v1::ResolveAllocationResponse response;
  const absl::Status status =
      Call(*allocations_, &AllocationStub::ResolveAllocation, request, &response, options);
  if (!status.ok()) return status;
  return std::move(*response.mutable_allocation());
}

absl::StatusOr<int32_t> GrpcClient::EraseCandidate(const std::string& candidate_email,
                                                   const CallOptions& options) {
  v1::EraseCandidateRequest request;
  request.set_candidate_email(candidate_email);
  v1::EraseCandidateResponse response;
  const absl::Status status =
      Call(*allocations_, &AllocationStub::EraseCandidate, request, &response, options);
  if (!status.ok()) return status;
  return response.erased_count();
}

}  // namespace concero
