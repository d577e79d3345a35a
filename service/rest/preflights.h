// Runs preflights, one at a time, away from the threads that serve calls.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/detached_pool.h"
#include "service/base/once.h"
#include "service/http/upstream_options.h"
#include "service/rest/call_context.h"
#include "service/rest/preflight.h"
#include "service/rest/preflight_probe.h"

namespace gw::rest {

/// One round runs at a time, its upstreams side by side. Whoever asks while it runs shares the next
/// one, with all who do: what anybody is told was looked at after they had asked, and however many
/// ask, an upstream is asked once at a time. A round that nobody waits for any more goes on to its
/// end, which is that of its most patient caller, kLongest at most.
/// Thread safety: all functions may be called from any thread.
class Preflights {
 public:
  static constexpr absl::Duration kLongest = absl::Seconds(30);
  using Results = std::vector<UpstreamPreflight>;

  /// `echo`: where to ask from which address this gateway leaves, if anywhere. The targets'
  /// transports, and what `tools` refers to, outlive it.
  Preflights(std::vector<PreflightTarget> targets, std::optional<http::UpstreamOptions> echo,
             const PreflightTools& tools);
  /// Stops.
  ~Preflights();

  bool Has(absl::string_view upstream) const;

  /// Looks at the named upstreams, each of which it has, or at all when none is named; tells `done`
  /// once, on any thread, in the targets' order. What fails on the way is a failed check. Errors:
  /// DEADLINE_EXCEEDED, CANCELLED, SHUTTING_DOWN.
  void Run(std::vector<std::string> upstreams, const CallContext& context,
           Once<absl::StatusOr<Results>> done);

  /// Ends the round that runs and refuses others; waits until nothing runs any more.
  void Stop();

 private:
  struct Waiter;
  struct Round;
  void BeginNext();
  void PartDone(const std::shared_ptr<Round>& round);

  const std::vector<PreflightTarget> targets_;
  const std::optional<http::UpstreamOptions> echo_;
  const PreflightTools tools_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::vector<Waiter> next_;
  std::shared_ptr<Round> running_;
  DetachedPool pool_;
};

}  // namespace gw::rest
