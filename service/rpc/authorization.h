// The policy in force.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "service/rpc/policy.h"

namespace gw::rpc {

/// Without a policy, as at first, every caller may make every call, and nobody sees what is
/// another's. Thread safety: all functions may be called from any thread.
class Authorization {
 public:
  /// From now on `policy`, which is not null, decides; calls that are being decided about end by
  /// the one before.
  void Use(std::shared_ptr<const Policy> policy) {
    std::lock_guard lock(mutex_);
    policy_ = std::move(policy);
    has_policy_ = true;
  }

  bool has_policy() const { return has_policy_; }
  /// Null without one.
  std::shared_ptr<const Policy> policy() const {
    if (!has_policy_) return nullptr;
    std::lock_guard lock(mutex_);
    return policy_;
  }

 private:
  std::atomic<bool> has_policy_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const Policy> policy_;
};

}  // namespace gw::rpc
