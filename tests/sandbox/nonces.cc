#include "tests/sandbox/nonces.h"

namespace sandbox {

bool Nonces::Use(const std::string& nonce, std::int64_t now) {
  while (!by_time_.empty() && now - by_time_.front().first >= kKept.count()) {
    used_.erase(by_time_.front().second);
    by_time_.pop_front();
  }
  if (!used_.insert(nonce).second) return false;
  by_time_.emplace_back(now, nonce);
  return true;
}

}  // namespace sandbox
