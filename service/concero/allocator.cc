#include "service/concero/allocator.h"

#include <utility>

#include "service/concero/client.h"

namespace gw::concero {

void Allocator::Allocate(int64_t examination_id, std::string candidate_email, Departure departure,
                         Once<AllocationOutcome> done) {
  http::Request request = MakeRequest(http::Method::kPost, "/allocate-candidate",
                                      EncodeAllocation(examination_id, candidate_email));
  request.one_shot = true;
  request.max_idle = options_.max_idle;
  request.before_send = std::move(departure.may_leave);
  request.start_by = departure.start_by;
  request.cancel = std::move(departure.cancel);
  request.record = departure.record;
  transport_.Start(
      std::move(request),
      [examination_id, email = std::move(candidate_email), record = std::move(departure.record),
       distrust = options_.distrust_envelope,
       done = std::move(done)](const http::Outcome& outcome) mutable {
        std::move(done)(JudgeAllocation(outcome, {examination_id, email, distrust, record.get()}));
      });
}

}  // namespace gw::concero
