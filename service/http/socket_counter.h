// Counts the sockets that libcurl opens and closes.
#pragma once

#include <unordered_set>

#include "service/http/upstream_options.h"

namespace gw::http {

/// libcurl 7.88 closes without its callback what is given up while it connects. Such a socket is
/// counted late: when its descriptor is opened again, or with AllClosed.
/// Thread safety: of the loop's thread, but for counts(), which may be called from any.
class SocketCounter {
 public:
  void Opened(int fd) {
    if (!open_.insert(fd).second) ++counts_.closed;
    ++counts_.opened;
  }
  void Closed(int fd) {
    open_.erase(fd);
    ++counts_.closed;
  }
  /// Nothing is open any more.
  void AllClosed() {
    counts_.closed += open_.size();
    open_.clear();
  }

  const ConnectionCounts& counts() const { return counts_; }

 private:
  ConnectionCounts counts_;
  std::unordered_set<int> open_;
};

}  // namespace gw::http
