#include "service/rpc/allocation_service.h"

#include <utility>

#include "service/concero/client.h"
#include "service/http/upstream_status.h"
#include "service/rpc/unary_reactor.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

}  // namespace

AllocationService::AllocationService(AllocationHandlers* handlers, Prologue& prologue,
                                     observe::Metrics& metrics)
    : AllocationService(handlers, prologue,
                        MethodMaker(metrics, "concero.v1.AllocationService",
                                    handlers != nullptr ? absl::OkStatus()
                                                        : http::NotConfigured(concero::Traits()))) {
}

AllocationService::AllocationService(AllocationHandlers* handlers, Prologue& prologue,
                                     const MethodMaker& methods)
    : handlers_(handlers),
      prologue_(prologue),
      get_(methods.Make("GetAllocation", Effect::kReads)),
      list_(methods.Make("ListAllocations", Effect::kReads)),
      resolve_(methods.Make("ResolveAllocation", Effect::kChanges)),
      erase_(methods.Make("EraseCandidate", Effect::kChanges)) {}

grpc::ServerUnaryReactor* AllocationService::GetAllocation(grpc::CallbackServerContext* context,
                                                           const pb::GetAllocationRequest* request,
                                                           pb::GetAllocationResponse* response) {
  using Reactor = UnaryReactor<pb::GetAllocationRequest, pb::GetAllocationResponse>;
  return Reactor::Start(context, request, response, prologue_, get_,
                        [this](auto call) { handlers_->GetAllocation(std::move(call)); });
}

grpc::ServerUnaryReactor* AllocationService::ListAllocations(
    grpc::CallbackServerContext* context, const pb::ListAllocationsRequest* request,
    pb::ListAllocationsResponse* response) {
  using Reactor = UnaryReactor<pb::ListAllocationsRequest, pb::ListAllocationsResponse>;
  return Reactor::Start(context, request, response, prologue_, list_,
                        [this](auto call) { handlers_->ListAllocations(std::move(call)); });
}

grpc::ServerUnaryReactor* AllocationService::ResolveAllocation(
    grpc::CallbackServerContext* context, const pb::ResolveAllocationRequest* request,
    pb::ResolveAllocationResponse* response) {
  using Reactor = UnaryReactor<pb::ResolveAllocationRequest, pb::ResolveAllocationResponse>;
  return Reactor::Start(context, request, response, prologue_, resolve_,
                        [this](auto call) { handlers_->ResolveAllocation(std::move(call)); });
}

grpc::ServerUnaryReactor* AllocationService::EraseCandidate(
    grpc::CallbackServerContext* context, const pb::EraseCandidateRequest* request,
    pb::EraseCandidateResponse* response) {
  using Reactor = UnaryReactor<pb::EraseCandidateRequest, pb::EraseCandidateResponse>;
  return Reactor::Start(context, request, response, prologue_, erase_,
                        [this](auto call) { handlers_->EraseCandidate(std::move(call)); });
}

}  // namespace gw::rpc
