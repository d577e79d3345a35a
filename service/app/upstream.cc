#include "service/app/upstream.h"

#include <utility>

namespace gw::app {

Upstream::Upstream(Options options, http::Resolver& resolver, Timer& timer, Clock& clock,
                   observe::Metrics& metrics, observe::Health& health)
    : loop_(options.http, resolver, clock),
      recorded_(loop_),
      authenticated_(recorded_, options.key_header, std::move(options.key)),
      large_answers_(authenticated_, [this](auto fn) { decoding_.Submit(std::move(fn)); }),
      limited_(large_answers_, options.limits, timer),
      observed_(limited_, options.traits, metrics.ForUpstream(options.traits.name), health, clock),
      thread_([this] { loop_.Run(); }) {
  metrics.ReadConnectionsOpened(options.traits.name,
                                [this] { return static_cast<double>(loop_.counts().opened); });
}

Upstream::~Upstream() { Stop(); }

void Upstream::Stop() {
  loop_.Stop();
  if (thread_.joinable()) thread_.join();
  decoding_.Finish();
}

}  // namespace gw::app
