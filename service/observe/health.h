// Whether the process serves, and how its parts are.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "absl/strings/string_view.h"

namespace gw::observe {

enum class Serving { kStarting, kServing, kDraining };

/// `starting`, `serving`, `draining`. Lives forever.
absl::string_view ServingName(Serving serving);

/// Readiness depends on the process alone; a component (an upstream, later the ledger) may be
/// unwell without it. Thread safety: all functions may be called from any thread.
class Health {
 public:
  using OnChange = std::function<void(const std::string& component, bool well)>;

  Serving serving() const { return serving_; }
  void SetServing(Serving serving) { serving_ = serving; }

  /// Makes a component known, well until told otherwise.
  void AddComponent(const std::string& name);
  /// `reason` is a ReasonName, empty when well. Calls the listener only when well turns to unwell
  /// or back.
  void SetComponent(const std::string& name, bool well, absl::string_view reason);
  /// `read` tells the state of the component's breaker (`closed`, `open`, `half_open`), on any
  /// thread that asks for components().
  void ReadBreaker(const std::string& name, std::function<std::string()> read);
  /// At most one listener. It is told how every component is now, then of each change in order, and
  /// nothing after it was replaced. It must not call back.
  void SetListener(OnChange listener);

  struct Component {
    bool well = true;
    std::string reason;
    std::string breaker;  ///< Its state; empty: it has none.
  };
  std::map<std::string, Component> components() const;

 private:
  std::atomic<Serving> serving_{Serving::kStarting};
  mutable std::mutex mutex_;
  std::map<std::string, Component> components_;
  std::map<std::string, std::function<std::string()>> breakers_;
  OnChange listener_;
};

}  // namespace gw::observe
