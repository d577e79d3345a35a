// Counts the sockets that libcurl opens and closes, and knows for whom.
#pragma once

#include <unordered_map>

#include "service/http/upstream_options.h"

namespace gw::http {

/// libcurl 7.88 closes without its callback what is given up while it connects. Such a socket is
/// counted late: when its descriptor is opened again, or with AllClosed.
/// Thread safety: of the loop's thread, but for counts(), which may be called from any.
class SocketCounter {
 public:
  /// `owner` is whoever it was opened for.
  void Opened(int fd, const void* owner) {
    if (!open_.insert_or_assign(fd, owner).second) ++counts_.closed;
    ++counts_.opened;
  }
  void Closed(int fd) {
    open_.erase(fd);
    ++counts_.closed;
  }
  /// Whether the descriptor was last opened for `owner`, and not closed by the callback since. Its
  /// number may have become another's meanwhile.
  bool IsOf(int fd, const void* owner) const {
    const auto it = open_.find(fd);
    return it != open_.end() && it->second == owner;
  }
  /// Nothing is open any more.
  void AllClosed() {
    counts_.closed += open_.size();
    open_.clear();
  }

  const ConnectionCounts& counts() const { return counts_; }

 private:
  ConnectionCounts counts_;
  std::unordered_map<int, const void*> open_;
};

}  // namespace gw::http
