// Examination lists, page by page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "concero/v1/assessment.pb.h"
#include "service/concero/examination_list.h"

namespace gw::concero {

/// How many examinations go into an answer: 0 asks for the default of 1,000; 10,000 are the most.
size_t PageSize(int32_t asked);

/// Fills `response` with `size` examinations of the list from `offset` on, and where to go on. An
/// offset beyond the end gives an empty last page. Thread safety: pure.
void FillPage(const ExaminationList& list, bool stale, size_t offset, size_t size,
              ::concero::v1::ListExaminationsResponse* response);

/// The same page as the bytes of a ListExaminationsResponse. The first page of the default size is
/// the list's own, shared by everybody who asks for it; others are made anew. Thread safety: pure.
std::shared_ptr<const std::string> EncodedPage(const ExaminationListPtr& list, bool stale,
                                               size_t offset, size_t size);

}  // namespace gw::concero
