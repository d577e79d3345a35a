#include "service/rpc/allocation_service.h"

#include <utility>

#include "service/concero/client.h"
#include "service/http/upstream_status.h"

namespace gw::rpc {

using Self = AllocationService;

AllocationService::AllocationService(AllocationHandlers* handlers, Prologue& prologue,
                                     observe::Metrics& metrics)
    : AllocationService(handlers, prologue,
                        MethodMaker(metrics, "concero.v1.AllocationService",
                                    handlers != nullptr ? absl::OkStatus()
                                                        : http::NotConfigured(concero::Traits()))) {
}

AllocationService::AllocationService(AllocationHandlers* handlers, Prologue& prologue,
                                     const MethodMaker& methods)
    : get_{methods.Make("GetAllocation", Effect::kReads), prologue,
           [handlers](auto call) { handlers->GetAllocation(std::move(call)); },
           [this](const NextCall& next) { Ask(&Self::RequestGetAllocation, *this, next); }},
      list_{methods.Make("ListAllocations", Effect::kReads), prologue,
            [handlers](auto call) { handlers->ListAllocations(std::move(call)); },
            [this](const NextCall& next) { Ask(&Self::RequestListAllocations, *this, next); }},
      resolve_{methods.Make("ResolveAllocation", Effect::kChanges), prologue,
               [handlers](auto call) { handlers->ResolveAllocation(std::move(call)); },
               [this](const NextCall& next) { Ask(&Self::RequestResolveAllocation, *this, next); }},
      erase_{methods.Make("EraseCandidate", Effect::kChanges), prologue,
             [handlers](auto call) { handlers->EraseCandidate(std::move(call)); },
             [this](const NextCall& next) { Ask(&Self::RequestEraseCandidate, *this, next); }} {}

void AllocationService::Serve(CallQueue& queue) {
  ServeUnary(get_, queue);
  ServeUnary(list_, queue);
  ServeUnary(resolve_, queue);
  ServeUnary(erase_, queue);
}

}  // namespace gw::rpc
