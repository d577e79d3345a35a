#include "service/rpc/assessment_service.h"

#include "service/concero/client.h"
#include "service/http/upstream_status.h"
#include "service/rpc/encoded_reactor.h"
#include "service/rpc/unary_reactor.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

}  // namespace

AssessmentService::AssessmentService(AssessmentHandlers* handlers, Prologue& prologue,
                                     observe::Metrics& metrics)
    : AssessmentService(handlers, prologue,
                        MethodMaker(metrics, "concero.v1.AssessmentService",
                                    handlers != nullptr ? absl::OkStatus()
                                                        : http::NotConfigured(concero::Traits()))) {
}

AssessmentService::AssessmentService(AssessmentHandlers* handlers, Prologue& prologue,
                                     const MethodMaker& methods)
    : handlers_(handlers),
      prologue_(prologue),
      list_(methods.Make("ListExaminations", Effect::kReads)),
      allocate_(methods.Make("AllocateCandidate", Effect::kChanges)),
      cancel_(methods.Make("CancelAllocation", Effect::kChanges)),
      report_(methods.Make("GetReport", Effect::kReads)) {}

grpc::ServerUnaryReactor* AssessmentService::ListExaminations(grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* request,
                                                              grpc::ByteBuffer* response) {
  using Reactor = EncodedReactor<pb::ListExaminationsRequest>;
  return Reactor::Start(context, request, response, prologue_, list_,
                        [this](auto call) { handlers_->ListExaminations(std::move(call)); });
}

grpc::ServerUnaryReactor* AssessmentService::AllocateCandidate(
    grpc::CallbackServerContext* context, const pb::AllocateCandidateRequest* request,
    pb::AllocateCandidateResponse* response) {
  using Reactor = UnaryReactor<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>;
  return Reactor::Start(context, request, response, prologue_, allocate_,
                        [this](auto call) { handlers_->AllocateCandidate(std::move(call)); });
}

grpc::ServerUnaryReactor* AssessmentService::CancelAllocation(
    grpc::CallbackServerContext* context, const pb::CancelAllocationRequest* request,
    pb::CancelAllocationResponse* response) {
  using Reactor = UnaryReactor<pb::CancelAllocationRequest, pb::CancelAllocationResponse>;
  return Reactor::Start(context, request, response, prologue_, cancel_,
                        [this](auto call) { handlers_->CancelAllocation(std::move(call)); });
}

grpc::ServerUnaryReactor* AssessmentService::GetReport(grpc::CallbackServerContext* context,
                                                       const pb::GetReportRequest* request,
                                                       pb::GetReportResponse* response) {
  using Reactor = UnaryReactor<pb::GetReportRequest, pb::GetReportResponse>;
  return Reactor::Start(context, request, response, prologue_, report_,
                        [this](auto call) { handlers_->GetReport(std::move(call)); });
}

}  // namespace gw::rpc
