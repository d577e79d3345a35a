#include "service/http/curl_shard.h"

#include <sys/epoll.h>

namespace gw::http {

CurlShard::CurlShard(int epoll_fd, uint32_t index, size_t max_idle_connections, Clock& clock)
    : epoll_fd_(epoll_fd), index_(index), clock_(clock), multi_(curl_multi_init()) {
  if (multi_ == nullptr) return;
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnWatch);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnSetTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(max_idle_connections));
}

CurlShard::~CurlShard() {
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
}

bool CurlShard::Add(CURL* easy) {
  if (multi_ == nullptr || curl_multi_add_handle(multi_, easy) != CURLM_OK) return false;
  ++active_;
  return true;
}

void CurlShard::Remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
  --active_;
}

void CurlShard::StopWatching(const std::vector<int>& sockets) {
  for (const int fd : sockets) {
    // Refused for a socket that libcurl has let go of already.
    if (curl_multi_assign(multi_, fd, nullptr) != CURLM_OK) continue;
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  }
}

void CurlShard::OnSocket(int fd, uint32_t events) {
  moved_ = true;
  int mask = 0;
  if (events & EPOLLIN) mask |= CURL_CSELECT_IN;
  if (events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
  if (events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_ERR;
  int running;
  // A socket that libcurl has let go of meanwhile is unknown to it, and ignored.
  curl_multi_socket_action(multi_, fd, mask, &running);
}

void CurlShard::OnTimeout() {
  moved_ = true;
  due_ = Instant::Never();
  int running;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

void CurlShard::Reap(absl::FunctionRef<void(CURL*, CURLcode)> finished) {
  moved_ = false;
  int left;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // The message is gone once the handle is removed.
    CURL* const easy = message->easy_handle;
    const CURLcode result = message->data.result;
    finished(easy, result);
  }
}

int CurlShard::OnWatch(CURL*, curl_socket_t fd, int what, void* self, void* known) {
  auto& shard = *static_cast<CurlShard*>(self);
  if (what == CURL_POLL_REMOVE) {
    if (known != nullptr) epoll_ctl(shard.epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
    return 0;
  }
  epoll_event event{};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  event.data.u64 = Tag(shard.index_, fd);
  if (known == nullptr) curl_multi_assign(shard.multi_, fd, self);  // from now on `known`
  const int first = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  const int second = known == nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  // An error returned from here would end every transfer of the multi handle; a socket that cannot
  // be watched ends at its own deadline.
  if (epoll_ctl(shard.epoll_fd_, first, fd, &event) != 0) {
    epoll_ctl(shard.epoll_fd_, second, fd, &event);
  }
  return 0;
}

int CurlShard::OnSetTimer(CURLM*, long timeout_ms, void* self) {
  auto& shard = *static_cast<CurlShard*>(self);
  shard.due_ =
      timeout_ms < 0 ? Instant::Never() : shard.clock_.Now() + absl::Milliseconds(timeout_ms);
  return 0;
}

}  // namespace gw::http
