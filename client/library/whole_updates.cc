#include "client/library/whole_updates.h"

#include <utility>

namespace concero {

std::optional<v1::WatchExaminationsResponse> WholeUpdates::Add(
    v1::WatchExaminationsResponse message) {
  const bool is_last = !message.version().empty();
  if (!begun_ || message.has_snapshot()) {
    begun_ = std::move(message);
  } else {
    if (begun_->has_snapshot()) {  // what did not fit comes as added
      begun_->mutable_snapshot()->mutable_examinations()->MergeFrom(message.change().added());
    } else {
      begun_->mutable_change()->MergeFrom(message.change());
    }
    *begun_->mutable_fetch_time() = message.fetch_time();
    begun_->set_version(message.version());
  }
  if (!is_last) return std::nullopt;
  return std::exchange(begun_, std::nullopt);
}

}  // namespace concero
