// Examination lists, page by page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "service/concero/examination_list.h"

namespace gw::concero {

/// How many examinations go into an answer: 0 asks for the default of 1,000; 10,000 are the most.
size_t PageSize(int32_t asked);

/// `size` examinations of the list from `offset` on, and where to go on, as the bytes of a
/// ListExaminationsResponse. An offset beyond the end gives an empty last page. Thread safety:
/// pure.
std::string MakePage(const ExaminationList& list, bool stale, size_t offset, size_t size);

/// The same page. The first one of the default size is the list's own, shared by everybody who asks
/// for it; others are made anew. Thread safety: pure.
std::shared_ptr<const std::string> EncodedPage(const ExaminationListPtr& list, bool stale,
                                               size_t offset, size_t size);

}  // namespace gw::concero
