#include "service/rpc/assessment_service.h"

#include <utility>

#include "service/concero/client.h"
#include "service/http/upstream_status.h"

namespace gw::rpc {

using Self = AssessmentService;

AssessmentService::AssessmentService(AssessmentHandlers* handlers, Prologue& prologue,
                                     observe::Metrics& metrics)
    : AssessmentService(handlers, prologue,
                        MethodMaker(metrics, "concero.v1.AssessmentService",
                                    handlers != nullptr ? absl::OkStatus()
                                                        : http::NotConfigured(concero::Traits()))) {
}

AssessmentService::AssessmentService(AssessmentHandlers* handlers, Prologue& prologue,
                                     const MethodMaker& methods)
    : list_{methods.Make("ListExaminations", Effect::kReads), prologue,
            [handlers](auto call) { handlers->ListExaminations(std::move(call)); },
            [this](const NextCall& next) { Ask(&Self::RequestListExaminations, *this, next); }},
      allocate_{
          methods.Make("AllocateCandidate", Effect::kChanges), prologue,
          [handlers](auto call) { handlers->AllocateCandidate(std::move(call)); },
          [this](const NextCall& next) { Ask(&Self::RequestAllocateCandidate, *this, next); }},
      cancel_{methods.Make("CancelAllocation", Effect::kChanges), prologue,
              [handlers](auto call) { handlers->CancelAllocation(std::move(call)); },
              [this](const NextCall& next) { Ask(&Self::RequestCancelAllocation, *this, next); }},
      report_{methods.Make("GetReport", Effect::kReads), prologue,
              [handlers](auto call) { handlers->GetReport(std::move(call)); },
              [this](const NextCall& next) { Ask(&Self::RequestGetReport, *this, next); }} {}

void AssessmentService::Serve(CallQueue& queue) {
  ServeUnary(list_, queue);
  ServeUnary(allocate_, queue);
  ServeUnary(cancel_, queue);
  ServeUnary(report_, queue);
}

}  // namespace gw::rpc
