// Whether a kept connection is still in step: libcurl 7.88 uses one again although bytes wait on it
// unread.
#pragma once

#include <unordered_map>
#include <vector>

namespace gw::http {

/// On HTTP/1.1 whatever arrives between an answer and the next request is no answer to that
/// request: a proxy's `408` on an idle connection, a second answer to the request before. Taken for
/// one, it would put the connection out of step for good, and hand every caller the answer of
/// somebody else.
///
/// Connections are known by their local port, which is all that libcurl tells when it is about to
/// use one. Each is learned at its first use. Thread safety: none; of the loop's thread.
class KeptConnections {
 public:
  /// One of the `opened` descriptors is the connection at `local_port`.
  void Learn(int local_port, const std::vector<int>& opened);
  /// Bytes, or the end, wait to be read on the connection at `local_port`.
  bool OutOfStep(int local_port) const;

 private:
  std::unordered_map<int, int>
      fd_by_port_;  // an entry of a closed connection is replaced with the port's next use
};

}  // namespace gw::http
