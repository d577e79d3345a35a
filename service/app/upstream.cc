#include "service/app/upstream.h"

#include <utility>

namespace gw::app {

Upstream::Upstream(const Options& options, const Surroundings& around)
    : loop_(options.http, around.resolver, around.clock),
      clock_skew_(loop_, options.traits.name, around.clock),
      recorded_(clock_skew_),
      authenticated_(options.authenticate(recorded_)),
      resending_(*authenticated_),
      large_answers_(options.authenticates_each_send ? resending_ : *authenticated_,
                     [this](auto fn) { decoding_.Submit(std::move(fn)); }),
      limited_(large_answers_, options.limits, around.timer),
      observed_(limited_, options.traits, around.metrics.ForUpstream(options.traits.name),
                around.health, around.clock),
      thread_([this] { loop_.Run(); }) {
  const std::string& name = options.traits.name;
  around.metrics.ReadConnectionsOpened(
      name, [this] { return static_cast<double>(loop_.counts().opened); });
  around.metrics.ReadRetries(name, [this] { return static_cast<double>(resending_.resent()); });
  around.metrics.ReadClockSkew(name, [this] { return clock_skew_.SecondsApart(); });
}

Upstream::~Upstream() { Stop(); }

void Upstream::Stop() {
  loop_.Stop();
  if (thread_.joinable()) thread_.join();
  decoding_.Finish();
}

}  // namespace gw::app
