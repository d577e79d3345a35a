// Pages of ListAllocations.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "concero/v1/allocation.pb.h"

namespace gw::rpc {

// Thread safety: pure functions.

/// How many allocations an answer has for the valid `page_size` asked for: 0 means 100, at most
/// 1,000.
int AllocationPageSize(int32_t asked);

/// The token with which the page after the row `seq` is asked for, with the filters of `request`.
std::string AllocationPageToken(int64_t seq, const ::concero::v1::ListAllocationsRequest& request);

/// The row after which the page begins: 0 without a token. Error: PAGE_TOKEN_INVALID, also for a
/// token of other filters.
absl::StatusOr<int64_t> AllocationPageStart(const ::concero::v1::ListAllocationsRequest& request);

}  // namespace gw::rpc
