// One version of the list of examinations.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "concero/v1/assessment.pb.h"
#include "service/base/clock.h"

namespace gw::concero {

struct ExaminationList {
  static constexpr size_t kDefaultPage = 1000;

  std::vector<::concero::v1::Examination> examinations;  ///< In Concero's order.
  std::string version;                                   ///< Of VersionOf.
  absl::Time fetch_time;
  Instant fetched;
  /// Of an earlier process: whatever its age it counts as stale.
  bool restored = false;
  /// The examinations as the bytes of a ListExaminationsResponse, one behind the other, and where
  /// each ends. A page is a piece of it and some fields more, so it is copied and not encoded.
  std::string encoded;
  std::vector<size_t> ends;
  /// The first kDefaultPage examinations as the bytes of a ListExaminationsResponse: what nearly
  /// every caller asks for, made once and not per call.
  std::string fresh_page;
  std::string stale_page;  ///< The same, marked stale.
};

/// Immutable once made, so that everybody shares it.
using ExaminationListPtr = std::shared_ptr<const ExaminationList>;

/// The list that was fetched at `fetch_time`, which is `fetched` by the monotonic clock, with all
/// that follows from it. Thread safety: pure.
ExaminationListPtr MakeExaminationList(std::vector<::concero::v1::Examination> examinations,
                                       std::string version, absl::Time fetch_time, Instant fetched,
                                       bool restored = false);

/// 16 hexadecimal digits that depend on which (id, name) there are and how often each, and not on
/// their order; the same in every process. Thread safety: pure.
std::string VersionOf(const std::vector<::concero::v1::Examination>& examinations);

}  // namespace gw::concero
