#include "client/library/pause.h"

#include <condition_variable>
#include <mutex>

namespace concero {

void Pause(absl::Duration duration, const std::stop_token& cancel) {
  std::mutex mutex;
  std::condition_variable_any wakes;
  std::unique_lock lock(mutex);
  wakes.wait_for(lock, cancel, absl::ToChronoNanoseconds(duration), [] { return false; });
}

}  // namespace concero
