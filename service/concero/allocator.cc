#include "service/concero/allocator.h"

#include <utility>

#include "service/base/failure.h"
#include "service/concero/client.h"
#include "service/observe/call_record.h"

namespace gw::concero {
namespace {

void LogLateOutcome(const AllocationOutcome& outcome, const observe::CallRecord* record) {
  observe::LogOf(record, observe::LogLevel::kWarn, "late_allocation_outcome",
                 {{"outcome", outcome.status.ok() ? absl::string_view("SUCCEEDED")
                                                  : ReasonName(GetFailure(outcome.status).reason)},
                  {"invite_id", outcome.answer.invite_id}});
}

}  // namespace

void Allocator::Allocate(int64_t examination_id, std::string candidate_email,
                         const rest::CallContext& context,
                         Once<absl::StatusOr<AllocationAnswer>> done) {
  http::Request request = MakeRequest(http::Method::kPost, "/allocate-candidate",
                                      EncodeAllocation(examination_id, candidate_email));
  request.record = context.record;
  const auto judge = [examination_id, email = std::move(candidate_email), record = context.record,
                      distrust = distrust_envelope_](const http::Outcome& outcome) {
    return JudgeAllocation(outcome, {examination_id, email, distrust, record.get()});
  };
  sender_.Send(
      std::move(request), context.deadline, context.cancel,
      [judge, done = std::move(done)](const http::Outcome& outcome) mutable {
        AllocationOutcome judged = judge(outcome);
        if (!judged.status.ok()) return std::move(done)(judged.status);
        std::move(done)(std::move(judged.answer));
      },
      [judge, record = context.record](const http::Outcome& outcome) {
        LogLateOutcome(judge(outcome), record.get());
      });
}

}  // namespace gw::concero
