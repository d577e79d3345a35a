// What a request must be like before anything is done for it.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "concero/v1/allocation.pb.h"
#include "concero/v1/assessment.pb.h"

namespace gw::rpc {

/// OK, or INVALID_ARGUMENT, INVALID_FIELD with one violation per bad field, named as in the proto.
/// Messages say what is expected and never repeat a value. Thread safety: pure.
absl::Status Validate(const ::concero::v1::ListExaminationsRequest& request);
absl::Status Validate(const ::concero::v1::AllocateCandidateRequest& request);
absl::Status Validate(const ::concero::v1::CancelAllocationRequest& request);
absl::Status Validate(const ::concero::v1::GetReportRequest& request);
absl::Status Validate(const ::concero::v1::WatchReportRequest& request);
absl::Status Validate(const ::concero::v1::GetAllocationRequest& request);
absl::Status Validate(const ::concero::v1::ListAllocationsRequest& request);
absl::Status Validate(const ::concero::v1::ResolveAllocationRequest& request);
absl::Status Validate(const ::concero::v1::EraseCandidateRequest& request);

/// Whether `text`, which is UTF-8, is at most 128 characters without control characters.
bool IsRequestId(absl::string_view text);

}  // namespace gw::rpc
