// One libcurl multi handle whose sockets are watched by an epoll of the loop's.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "service/base/clock.h"

namespace gw::http {

/// A loop has several: libcurl searches the connections of a multi handle one by one, so with all
/// transfers on one handle the cost of each grows with their number. Thread safety: none; lives on
/// the loop's thread.
class CurlShard {
 public:
  /// Sockets are put into `epoll_fd` with event data `Tag(index, fd)`. At most
  /// `max_idle_connections` are kept.
  CurlShard(int epoll_fd, uint32_t index, size_t max_idle_connections, Clock& clock);
  ~CurlShard();
  CurlShard(const CurlShard&) = delete;
  CurlShard& operator=(const CurlShard&) = delete;

  static uint64_t Tag(uint32_t index, int fd) {
    return uint64_t{index} << 32 | static_cast<uint32_t>(fd);
  }
  static uint32_t IndexOf(uint64_t tag) { return static_cast<uint32_t>(tag >> 32); }
  static int FdOf(uint64_t tag) { return static_cast<int>(tag & 0xFFFFFFFF); }

  /// False when libcurl is out of memory.
  bool Add(CURL* easy);
  void Remove(CURL* easy);
  /// To be called before Remove with the sockets of a transfer that is given up while it connects:
  /// libcurl closes those before it says so, and the number may be somebody else's by then.
  void StopWatching(const std::vector<int>& sockets);
  size_t active() const { return active_; }

  /// A socket is ready: `events` as from epoll_wait.
  void OnSocket(int fd, uint32_t events);
  /// When OnTimeout is due.
  Instant due() const { return due_; }
  void OnTimeout();

  /// Something was done since the last Reap.
  bool moved() const { return moved_; }
  /// Calls `finished` for every transfer that ended since the last call; it must Remove the handle.
  void Reap(absl::FunctionRef<void(CURL*, CURLcode)> finished);

 private:
  static int OnWatch(CURL*, curl_socket_t fd, int what, void* self, void* known);
  static int OnSetTimer(CURLM*, long timeout_ms, void* self);

  const int epoll_fd_;
  const uint32_t index_;
  Clock& clock_;
  CURLM* const multi_;
  size_t active_ = 0;
  bool moved_ = false;
  Instant due_ = Instant::Never();
};

}  // namespace gw::http
