// The repeatable calls to the Concero assessment portal: list, cancel, report.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "concero/v1/assessment.pb.h"
#include "service/base/once.h"
#include "service/concero/allocation_codec.h"
#include "service/http/transport.h"
#include "service/http/upstream_status.h"
#include "service/rest/answer.h"
#include "service/rest/call_context.h"

namespace gw::concero {

/// `concero`, what its 403 means [assumed, UPSTREAMS], and our names of its fields.
const rest::Dialect& Dialect();
/// The Dialect's.
const http::UpstreamTraits& Traits();

/// A request with the headers that every call to Concero carries. Without `Accept:
/// application/json` it answers a failed validation with a redirect to a page [vendor].
http::Request MakeRequest(http::Method method, absl::string_view target, std::string body);

/// `GET /examinations`: changes nothing, and is refused without a right key.
http::Request HarmlessRequest();

/// Each function answers exactly once, on any thread, with the value or a status of the failure
/// table. Besides the transport's: UPSTREAM_BAD_RESPONSE for a 2xx that cannot be decoded or is
/// about something else than asked. Thread safety: all functions may be called from any thread.
class Client {
 public:
  /// `transport` outlives it.
  explicit Client(http::Transport& transport) : transport_(transport) {}

  /// `GET /examinations`, in Concero's order.
  void ListExaminations(const rest::CallContext& context,
                        Once<absl::StatusOr<std::vector<::concero::v1::Examination>>> done);

  /// `POST /cancel-allocation`. `invite_id` is above 0.
  void CancelAllocation(int64_t invite_id, const rest::CallContext& context,
                        Once<absl::StatusOr<CancellationAnswer>> done);

  /// `POST /report`. `invite_id` is above 0, and set in the answer.
  void GetReport(int64_t invite_id, const rest::CallContext& context,
                 Once<absl::StatusOr<::concero::v1::Report>> done);

 private:
  http::Transport& transport_;
};

}  // namespace gw::concero
