#include "service/rpc/assessment_handlers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/base/patient.h"
#include "service/concero/list_pages.h"
#include "service/concero/page_token.h"
#include "service/ledger/email_key.h"
#include "service/ledger/operations.h"
#include "service/rpc/allocation_message.h"
#include "service/rpc/ledger_call.h"
#include "service/rpc/proto_time.h"
#include "service/rpc/validation.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;

// What the ledger said of a cancel that the portal has carried out: not that nothing was sent.
absl::Status AfterCancel(const absl::Status& recorded) {
  if (!absl::IsUnavailable(recorded)) return recorded;
  return MakeFailure(
      recorded.code(),
      "cancelled in the portal; the ledger cannot be told yet, and will be; call again",
      GetFailure(recorded));
}

}  // namespace

void AssessmentHandlers::ListExaminations(Call<pb::ListExaminationsRequest, EncodedResponse> call) {
  const pb::ListExaminationsRequest& request = call.request();
  if (absl::Status status = Validate(request); !status.ok()) return std::move(call).Finish(status);
  const size_t size = concero::PageSize(request.page_size());

  if (!request.page_token().empty()) {
    const auto position = concero::DecodePageToken(request.page_token());
    if (!position.ok()) return std::move(call).Finish(position.status());
    const concero::ExaminationListPtr list = cache_.OfVersion(position->version);
    if (list == nullptr) return std::move(call).Finish(concero::PageTokenExpired());
    call.response().bytes =
        concero::EncodedPage(list, cache_.IsStale(*list), position->offset, size);
    return std::move(call).Finish(absl::OkStatus());
  }

  std::optional<absl::Duration> max_staleness;
  if (request.has_max_staleness()) {
    max_staleness = ToDuration(request.max_staleness());
  }
  const rest::CallContext context = ContextOf(call.info());
  cache_.Get(max_staleness, context, [call = std::move(call), size](auto answer) mutable {
    if (answer.ok()) {
      call.response().bytes = concero::EncodedPage(answer->list, answer->stale, 0, size);
    }
    std::move(call).Finish(answer.status());
  });
}

absl::Status AssessmentHandlers::CheckOnly(const pb::AllocateCandidateRequest& request) const {
  const concero::ExaminationListPtr list = cache_.Peek();
  if (list == nullptr) return absl::OkStatus();
  const bool known =
      std::any_of(list->examinations.begin(), list->examinations.end(),
                  [&](const pb::Examination& e) { return e.id() == request.examination_id(); });
  return known ? absl::OkStatus()
               : InvalidField("examination_id", "is not in the list of examinations");
}

void AssessmentHandlers::AllocateCandidate(
    Call<pb::AllocateCandidateRequest, pb::AllocateCandidateResponse> call) {
  const pb::AllocateCandidateRequest& request = call.request();
  const std::string& request_id = call.info().record->request_id();
  absl::Status status = Validate(request);
  if (status.ok() && request.validate_only()) status = CheckOnly(request);
  if (!status.ok()) {
    // An id that was itself refused is not repeated: it may be of any length and hold anything.
    const auto& violations = GetFailure(status).violations;
    const bool bad_id = std::any_of(violations.begin(), violations.end(),
                                    [](const auto& v) { return v.field == "request_id"; });
    return std::move(call).Finish(bad_id ? status : WithMetadata(status, "request_id", request_id));
  }

  if (request.validate_only()) {
    pb::Allocation& allocation = *call.response().mutable_allocation();
    allocation.set_request_id(request_id);
    allocation.set_examination_id(request.examination_id());
    allocation.set_candidate_email(ledger::TrimmedEmail(request.candidate_email()));
    allocation.set_caller(call.info().caller);
    return std::move(call).Finish(absl::OkStatus());
  }

  const CallInfo& info = call.info();
  ledger::Allocations::Asker asker{info.caller, info.deadline, info.cancel, info.record};
  ledger::Allocations::Request asked{request_id, request.request_id().empty(),
                                     request.examination_id(), request.candidate_email()};
  allocations_.Allocate(asker, std::move(asked), [call = std::move(call)](auto result) mutable {
    if (result.ok()) {
      pb::AllocateCandidateResponse& response = call.response();
      FillAllocation(result->row, response.mutable_allocation());
      response.set_replayed(result->replayed);
    }
    std::move(call).Finish(result.status());
  });
}

void AssessmentHandlers::CancelAllocation(
    Call<pb::CancelAllocationRequest, pb::CancelAllocationResponse> call) {
  const int64_t invite_id = call.request().invite_id();
  if (absl::Status status = Validate(call.request()); !status.ok()) {
    return std::move(call).Finish(status);
  }
  const rest::CallContext context = ContextOf(call.info());
  client_.CancelAllocation(invite_id, context,
                           [this, invite_id, call = std::move(call)](auto answer) mutable {
                             if (!answer.ok()) return std::move(call).Finish(answer.status());
                             call.response().set_upstream_status(std::move(answer->status));
                             MarkCancelled(std::move(call), invite_id);
                           });
}

// It is cancelled, and will be in the ledger, too, as soon as that can be told. Whoever asked is
// told so once it is: until then a crash would leave a row that says otherwise, for good. To cancel
// once more does no harm.
void AssessmentHandlers::MarkCancelled(
    Call<pb::CancelAllocationRequest, pb::CancelAllocationResponse> call, int64_t invite_id) {
  call.response().set_invite_id(invite_id);
  call.response().set_state(pb::ALLOCATION_STATE_CANCELLED);
  const CallInfo& info = call.info();
  const std::string actor = info.caller;  // a copy: the call may end at once
  auto patient = Patient<absl::Status>::Wait(
      [call = std::move(call)](const absl::Status& status) mutable {
        std::move(call).Finish(AfterCancel(status));
      },
      info.deadline, info.cancel, timer_, &StoppedWaitingForLedger);
  ledger_.Owe(
      absl::StrCat("cancel ", invite_id),
      [invite_id, actor](ledger::Rows& rows) { ledger::MarkCancelled(rows, invite_id, actor); },
      [patient](const absl::Status& status) { patient->Complete(status); });
}

void AssessmentHandlers::GetReport(Call<pb::GetReportRequest, pb::GetReportResponse> call) {
  const int64_t invite_id = call.request().invite_id();
  if (absl::Status status = Validate(call.request()); !status.ok()) {
    return std::move(call).Finish(status);
  }
  const rest::CallContext context = ContextOf(call.info());
  client_.GetReport(invite_id, context, [call = std::move(call)](auto report) mutable {
    if (report.ok()) *call.response().mutable_report() = std::move(*report);
    std::move(call).Finish(report.status());
  });
}

}  // namespace gw::rpc
