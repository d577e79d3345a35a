// What a watcher of the examination list is told, as messages.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "service/concero/examination_list.h"

namespace gw::concero {

/// WatchExaminationsResponses, encoded, to be sent in this order. Only the last has a version.
using ListUpdate = std::vector<std::shared_ptr<const std::string>>;

/// A message has examinations of so many bytes at most: by default gRPC's libraries take no message
/// of more than 4 MiB.
inline constexpr size_t kMostUpdateBytes = size_t{3} << 20;

/// The whole list: a snapshot, and as additions what does not fit into it. Thread safety: pure.
ListUpdate MakeSnapshot(const ExaminationList& list, size_t most_bytes = kMostUpdateBytes);

/// What makes `from` into `to`, one message at least. Of examinations with one id the last counts.
/// Thread safety: pure.
ListUpdate MakeChange(const ExaminationList& from, const ExaminationList& to,
                      size_t most_bytes = kMostUpdateBytes);

}  // namespace gw::concero
