#include "service/rpc/assessment_service.h"

#include <utility>

#include "service/concero/client.h"
#include "service/http/upstream_status.h"

namespace gw::rpc {

using Self = AssessmentService;

constexpr Lasts kLasts = Lasts::kAsLongAsTheCallerLikes;

AssessmentService::AssessmentService(const Handlers* handlers, Prologue& prologue,
                                     observe::Metrics& metrics)
    : AssessmentService(handlers, prologue,
                        MethodMaker(metrics, "concero.v1.AssessmentService",
                                    handlers != nullptr ? absl::OkStatus()
                                                        : http::NotConfigured(concero::Traits()))) {
}

AssessmentService::AssessmentService(const Handlers* handlers, Prologue& prologue,
                                     const MethodMaker& methods)
    : item_(methods.Make("AllocateCandidates.Item", Effect::kChanges)),
      list_{methods.Make("ListExaminations", Effect::kReads), prologue,
            [handlers](auto call) { handlers->calls.ListExaminations(std::move(call)); },
            [this](const NextCall& next) { Ask(&Self::RequestListExaminations, *this, next); }},
      allocate_{
          methods.Make("AllocateCandidate", Effect::kChanges), prologue,
          [handlers](auto call) { handlers->calls.AllocateCandidate(std::move(call)); },
          [this](const NextCall& next) { Ask(&Self::RequestAllocateCandidate, *this, next); }},
      cancel_{methods.Make("CancelAllocation", Effect::kChanges), prologue,
              [handlers](auto call) { handlers->calls.CancelAllocation(std::move(call)); },
              [this](const NextCall& next) { Ask(&Self::RequestCancelAllocation, *this, next); }},
      report_{methods.Make("GetReport", Effect::kReads), prologue,
              [handlers](auto call) { handlers->calls.GetReport(std::move(call)); },
              [this](const NextCall& next) { Ask(&Self::RequestGetReport, *this, next); }},
      watch_list_{
          methods.Make("WatchExaminations", Effect::kReads, kLasts), prologue,
          [handlers](auto& driver, const auto& request) {
            return handlers->watches.WatchExaminations(driver, request);
          },
          [this](const auto& next) { AskWatch(&Self::RequestWatchExaminations, *this, next); }},
      watch_report_{methods.Make("WatchReport", Effect::kReads, kLasts), prologue,
                    [handlers](auto& driver, const auto& request) {
                      return handlers->watches.WatchReport(driver, request);
                    },
                    [this](const auto& next) { AskWatch(&Self::RequestWatchReport, *this, next); }},
      allocate_many_{methods.Make("AllocateCandidates", Effect::kChanges, kLasts), prologue,
                     [this, handlers, &prologue](auto& driver) {
                       return std::make_shared<AllocationStream>(driver, handlers->streams,
                                                                 prologue, item_);
                     },
                     [this](const auto& next) {
                       AskExchange(&Self::RequestAllocateCandidates, *this, next);
                     }} {}

void AssessmentService::Serve(CallQueue& queue) {
  ServeUnary(list_, queue);
  ServeUnary(allocate_, queue);
  ServeUnary(cancel_, queue);
  ServeUnary(report_, queue);
  ServeWatch(watch_list_, queue);
  ServeWatch(watch_report_, queue);
  ServeExchange(allocate_many_, queue);
}

}  // namespace gw::rpc
