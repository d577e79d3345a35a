#include "service/app/preflight_command.h"

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/app/loop_threads.h"
#include "service/app/preflight_targets.h"
#include "service/app/settings.h"
#include "service/app/timer_thread.h"
#include "service/app/upstream.h"
#include "service/base/byte_budget.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/http/dialer.h"
#include "service/http/resolver.h"
#include "service/keys/file_watcher.h"
#include "service/observe/health.h"
#include "service/observe/metrics.h"

namespace gw::app {
namespace {

using Results = rest::Preflights::Results;

// For the list of examinations and one student session.
constexpr size_t kMaxHeldBytes = size_t{64} << 20;

const char* WordOf(rest::PreflightResult result) {
  switch (result) {
    case rest::PreflightResult::kOk:
      return "ok";
    case rest::PreflightResult::kFailed:
      return "FAILED";
    case rest::PreflightResult::kSkipped:
      break;
  }
  return "skipped";
}

bool Failed(const Results& results) {
  for (const rest::UpstreamPreflight& upstream : results) {
    for (const rest::PreflightCheck& check : upstream.checks) {
      if (check.result == rest::PreflightResult::kFailed) return true;
    }
  }
  return false;
}

}  // namespace

std::string PreflightTable(const Results& results) {
  std::string table;
  for (const rest::UpstreamPreflight& upstream : results) {
    absl::StrAppend(&table, table.empty() ? "" : "\n", upstream.upstream, "\n");
    for (const rest::PreflightCheck& check : upstream.checks) {
      absl::StrAppendFormat(&table, "  %-10s  %-7s  %s\n", check.name, WordOf(check.result),
                            check.seen);
      if (!check.advice.empty()) absl::StrAppendFormat(&table, "%23s%s\n", "", check.advice);
    }
  }
  return table;
}

bool RunPreflight(const gateway::config::v1::Config& config, const Secrets& secrets,
                  std::ostream& out) {
  Clock& clock = SystemClock();
  observe::Metrics metrics;
  observe::Health health;
  ByteBudget memory(kMaxHeldBytes);
  TimerThread timer(clock);
  http::CachingResolver resolver(clock, &http::SystemLookup);
  const http::SocketDialer dialer;
  keys::FileWatcher file_watcher(clock);
  const LoopThreads threads(clock);
  const Surroundings around{clock,        SystemRandom(), timer.timer(),
                            resolver,     metrics,        health,
                            file_watcher, memory,         secrets.proxy_credentials,
                            threads.all()};

  std::unique_ptr<Upstream> concero, proctorexam;
  if (config.has_concero()) {
    concero = std::make_unique<Upstream>(
        ConceroUpstream(config.concero(), config.egress(), secrets.concero), around);
  }
  if (config.has_proctorexam()) {
    proctorexam =
        std::make_unique<Upstream>(ProctorExamUpstream(config.proctorexam(), config.egress(),
                                                       secrets.proctorexam, clock, SystemRandom()),
                                   around);
  }
  rest::Preflights preflights(PreflightTargets(concero.get(), proctorexam.get()),
                              EchoOptions(config.egress(), secrets.proxy_credentials),
                              {resolver, dialer, clock, timer.timer()});

  std::promise<absl::StatusOr<Results>> told;
  preflights.Run({}, {}, [&](auto results) { told.set_value(std::move(results)); });
  const absl::StatusOr<Results> results = told.get_future().get();
  // Nobody cancels or stops it, and it has no deadline but its own.
  if (!results.ok()) return false;
  out << PreflightTable(*results) << std::flush;
  return !Failed(*results);
}

}  // namespace gw::app
