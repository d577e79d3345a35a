// Examination lists, page by page.
#pragma once

#include <cstddef>
#include <cstdint>

#include "concero/v1/assessment.pb.h"
#include "service/concero/examination_cache.h"

namespace gw::rpc {

/// How many examinations go into an answer: 0 asks for the default of 1,000; 10,000 are the most.
size_t PageSize(int32_t asked);

/// Fills `response` with `size` examinations of the answer's list from `offset` on, and where to go
/// on. An offset beyond the end gives an empty last page. Thread safety: pure.
void FillPage(const concero::ExaminationCache::Answer& answer, size_t offset, size_t size,
              ::concero::v1::ListExaminationsResponse* response);

}  // namespace gw::rpc
