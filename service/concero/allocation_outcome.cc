#include "service/concero/allocation_outcome.h"

#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/concero/client.h"
#include "service/concero/failure_codec.h"
#include "service/http/upstream_status.h"
#include "service/rest/answer.h"
#include "service/rest/body_excerpt.h"

namespace gw::concero {
namespace {

using http::Response;
using http::TransportError;

void LogBody(const Response& response, absl::string_view problem, const AllocationAsked& asked) {
  observe::LogOf(asked.record, observe::LogLevel::kWarn, "allocation_answer",
                 {{"http_status", response.status},
                  {"problem", problem},
                  {"body", rest::DescribeForLog(response.body)}});
}

AllocationOutcome InDoubt(const Response& response, absl::string_view problem,
                          const AllocationAsked& asked) {
  LogBody(response, problem, asked);
  return {AllocationVerdict::kInDoubt, {}, AllocationInDoubt(problem, response.status)};
}

AllocationOutcome FailedByEnvelope(const Response& response, const AllocationAsked& asked) {
  if (asked.distrust_envelope) return InDoubt(response, "concero reported a failure", asked);
  LogBody(response, "concero reported a failure", asked);
  Failure failure;
  failure.reason = Reason::kUpstreamAllocationFailed;
  failure.metadata = {{"upstream", Traits().name}, {"http_status", absl::StrCat(response.status)}};
  return {
      AllocationVerdict::kFailed,
      {},
      MakeFailure(absl::StatusCode::kInternal, "concero says that the allocation failed", failure)};
}

AllocationOutcome JudgeSuccess(const Response& response, const AllocationAsked& asked) {
  auto answer = DecodeAllocation(response.body);
  if (!answer.ok()) {
    if (HasFailureEnvelope(response.body)) return FailedByEnvelope(response, asked);
    return InDoubt(response, "concero's answer cannot be read", asked);
  }
  if (answer->examination_id != asked.examination_id ||
      !absl::EqualsIgnoreCase(answer->candidate_email, asked.candidate_email)) {
    return InDoubt(response, "concero's answer is about another allocation", asked);
  }
  return {AllocationVerdict::kSucceeded, *std::move(answer), absl::OkStatus()};
}

// A status by which Concero, or what stands in front of it, refused before it executed anything.
bool RefusedBeforeExecution(int status) {
  switch (status) {
    case 301:
    case 307:
    case 308:
    case 401:
    case 403:
    case 404:
    case 422:
    case 429:
      return true;
    default:
      return false;
  }
}

AllocationOutcome Judge(const Response& response, const http::Outcome& outcome,
                        const AllocationAsked& asked) {
  const int status = response.status;
  if (status >= 200 && status < 300) return JudgeSuccess(response, asked);
  if (RefusedBeforeExecution(status)) {
    return {AllocationVerdict::kNotExecuted, {}, rest::RefusalOf(outcome, Dialect(), asked.record)};
  }
  if (!http::MayHaveBeenExecuted(outcome)) {
    return {AllocationVerdict::kFailed, {}, rest::RefusalOf(outcome, Dialect(), asked.record)};
  }
  if (status >= 500 && status < 600 && HasFailureEnvelope(response.body))
    return FailedByEnvelope(response, asked);
  return InDoubt(response, "concero's answer leaves the outcome open", asked);
}

}  // namespace

AllocationOutcome JudgeAllocation(const http::Outcome& outcome, const AllocationAsked& asked) {
  if (const auto* response = std::get_if<Response>(&outcome)) {
    return Judge(*response, outcome, asked);
  }
  const auto& error = std::get<TransportError>(outcome);
  if (error.NothingSent()) {
    return {AllocationVerdict::kNotExecuted, {}, http::StatusOf(outcome, Traits())};
  }
  const bool gave_up =
      error.kind == http::ErrorKind::kDeadline || error.kind == http::ErrorKind::kCancelled;
  return {AllocationVerdict::kInDoubt,
          {},
          AllocationInDoubt(
              gave_up ? "no answer has come back yet" : "no complete answer came back", 0)};
}

absl::Status AllocationInDoubt(absl::string_view what_happened, int http_status) {
  Failure failure;
  failure.reason = Reason::kAllocationInDoubt;
  failure.metadata = {{"upstream", Traits().name}};
  if (http_status != 0) failure.metadata.emplace_back("http_status", absl::StrCat(http_status));
  return MakeFailure(absl::StatusCode::kUnknown,
                     absl::StrCat("the allocation was sent and ", what_happened,
                                  ": it may have been executed; do not send it again before "
                                  "looking in the portal"),
                     failure);
}

}  // namespace gw::concero
