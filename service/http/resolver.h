// Names to addresses, without ever blocking who asks.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/detached_pool.h"
#include "service/base/once.h"

namespace gw::http {

/// Numeric addresses in the order in which to try them. Never null, never empty. A new answer is a
/// new pointer.
using Addresses = std::shared_ptr<const std::vector<std::string>>;

/// Thread safety: all functions may be called from any thread.
class Resolver {
 public:
  virtual ~Resolver() = default;

  /// The kept answer while it is fresh, else null. Never waits.
  virtual Addresses Fresh(const std::string& host) = 0;

  /// Looks `host` up. `done` runs once, on any thread, possibly before Resolve returns. Error:
  /// UNAVAILABLE, the name cannot be resolved and never could.
  virtual void Resolve(const std::string& host, Once<absl::StatusOr<Addresses>> done) = 0;
};

/// Keeps answers for `kKeep`. After that the last good one is given at once while one lookup per
/// name runs, on a thread of a bounded pool: only a name that never resolved makes anybody wait,
/// and a name that gets stuck holds up only those who ask for it.
class CachingResolver : public Resolver {
 public:
  static constexpr absl::Duration kKeep = absl::Seconds(30);
  /// After a failed lookup the last good answer is fresh for this long, so that a dead server is
  /// not asked per call.
  static constexpr absl::Duration kKeepAfterFailure = absl::Seconds(5);
  static constexpr size_t kMaxThreads = 8;

  /// Blocks; called on the pool's threads, possibly after the resolver is gone.
  using Lookup = std::function<absl::StatusOr<std::vector<std::string>>(const std::string& host)>;

  CachingResolver(Clock& clock, Lookup lookup);
  /// Does not wait for a lookup under way; its waiters are told CANCELLED.
  ~CachingResolver() override;

  Addresses Fresh(const std::string& host) override;
  void Resolve(const std::string& host, Once<absl::StatusOr<Addresses>> done) override;

 private:
  struct State;
  static void Finish(State& state, const std::string& host,
                     absl::StatusOr<std::vector<std::string>> found);
  const std::shared_ptr<State> state_;
  DetachedPool pool_{kMaxThreads};
};

/// getaddrinfo(3) for TCP.
absl::StatusOr<std::vector<std::string>> SystemLookup(const std::string& host);

}  // namespace gw::http
