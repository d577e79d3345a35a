// The nonces of the last 24 hours.
//
// Thread safety: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

namespace sandbox {

class Nonces {
 public:
  static constexpr std::chrono::milliseconds kKept = std::chrono::hours(24);

  // False when `nonce` was used in the 24 hours before `now` (milliseconds since 1970).
  bool Use(const std::string& nonce, std::int64_t now);

 private:
  std::unordered_set<std::string> used_;
  std::deque<std::pair<std::int64_t, std::string>> by_time_;  // when each was used
};

}  // namespace sandbox
