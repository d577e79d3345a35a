#include "service/rpc/assessment_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "service/rpc/encoded_reactor.h"
#include "service/rpc/unary_reactor.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

enum class Effect { kReads, kChanges };

RpcMethod Method(observe::Metrics& metrics, const char* method, Effect effect) {
  const std::string name = absl::StrCat("concero.v1.AssessmentService/", method);
  return {name, effect == Effect::kChanges, metrics.ForRpc(name)};
}

}  // namespace

AssessmentService::AssessmentService(AssessmentHandlers& handlers, Prologue& prologue,
                                     observe::Metrics& metrics)
    : handlers_(handlers),
      prologue_(prologue),
      list_(Method(metrics, "ListExaminations", Effect::kReads)),
      allocate_(Method(metrics, "AllocateCandidate", Effect::kChanges)),
      cancel_(Method(metrics, "CancelAllocation", Effect::kChanges)),
      report_(Method(metrics, "GetReport", Effect::kReads)) {}

grpc::ServerUnaryReactor* AssessmentService::ListExaminations(grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* request,
                                                              grpc::ByteBuffer* response) {
  using Reactor = EncodedReactor<pb::ListExaminationsRequest>;
  return Reactor::Start(context, request, response, prologue_, list_,
                        [this](auto call) { handlers_.ListExaminations(std::move(call)); });
}

grpc::ServerUnaryReactor* AssessmentService::AllocateCandidate(
    grpc::CallbackServerContext* context, const pb::AllocateCandidateRequest* request,
    pb::AllocateCandidateResponse* response) {
  using Reactor = UnaryReactor<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse>;
  return Reactor::Start(context, request, response, prologue_, allocate_,
                        [this](auto call) { handlers_.AllocateCandidate(std::move(call)); });
}

grpc::ServerUnaryReactor* AssessmentService::CancelAllocation(
    grpc::CallbackServerContext* context, const pb::CancelAllocationRequest* request,
    pb::CancelAllocationResponse* response) {
  using Reactor = UnaryReactor<pb::CancelAllocationRequest, pb::CancelAllocationResponse>;
  return Reactor::Start(context, request, response, prologue_, cancel_,
                        [this](auto call) { handlers_.CancelAllocation(std::move(call)); });
}

grpc::ServerUnaryReactor* AssessmentService::GetReport(grpc::CallbackServerContext* context,
                                                       const pb::GetReportRequest* request,
                                                       pb::GetReportResponse* response) {
  using Reactor = UnaryReactor<pb::GetReportRequest, pb::GetReportResponse>;
  return Reactor::Start(context, request, response, prologue_, report_,
                        [this](auto call) { handlers_.GetReport(std::move(call)); });
}

}  // namespace gw::rpc
