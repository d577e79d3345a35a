// A row of the ledger as callers get it.
#pragma once

#include <vector>

#include "concero/v1/allocation.pb.h"
#include "service/ledger/record.h"

namespace gw::rpc {

/// Everything but the trail. Of a row that failed or is in doubt `error` is what its caller was
/// told. Thread safety: pure.
void FillAllocation(const ledger::Row& row, ::concero::v1::Allocation* out);
void FillEvents(const std::vector<ledger::Event>& events, ::concero::v1::Allocation* out);

}  // namespace gw::rpc
