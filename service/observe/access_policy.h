// Of which calls the log has a line.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace gw::observe {

enum class AccessMode { kSampled, kAll, kErrors };

/// kSampled: every call that changes something, failed, or took kSlow; of the rest the first and
/// every 100th after it. kErrors: those that failed. Thread safety: any thread.
class AccessPolicy {
 public:
  static constexpr absl::Duration kSlow = absl::Seconds(1);
  static constexpr uint64_t kOneIn = 100;

  explicit AccessPolicy(AccessMode mode) : mode_(mode) {}

  struct Ended {
    bool mutation = false;
    bool failed = false;
    absl::Duration took;
  };
  bool Logs(const Ended& call);

 private:
  const AccessMode mode_;
  std::atomic<uint64_t> rest_{0};
};

}  // namespace gw::observe
