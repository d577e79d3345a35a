// Updates of WatchExaminations that came in pieces, put together.
#pragma once

#include <optional>

#include "concero/v1/assessment.pb.h"

namespace concero {

/// For one stream: what a broken one left unfinished is forgotten with it. Thread safety: none.
class WholeUpdates {
 public:
  /// The update that ends with this message; nothing: there is more to come.
  std::optional<v1::WatchExaminationsResponse> Add(v1::WatchExaminationsResponse message);

 private:
  std::optional<v1::WatchExaminationsResponse> begun_;
};

}  // namespace concero
