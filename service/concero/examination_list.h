// One version of the list of examinations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "concero/v1/assessment.pb.h"
#include "service/base/clock.h"

namespace gw::concero {

struct ExaminationList {
  std::vector<::concero::v1::Examination> examinations;  ///< In Concero's order.
  std::string version;                                   ///< Of VersionOf.
  absl::Time fetch_time;
  Instant fetched;
};

/// Immutable once made, so that everybody shares it.
using ExaminationListPtr = std::shared_ptr<const ExaminationList>;

/// 16 hexadecimal digits that depend on the set of (id, name) and not on its order; the same in
/// every process. Thread safety: pure.
std::string VersionOf(const std::vector<::concero::v1::Examination>& examinations);

}  // namespace gw::concero
