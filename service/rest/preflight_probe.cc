#include "service/rest/preflight_probe.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "service/base/patient.h"
#include "service/http/lone_request.h"

namespace gw::rest {
namespace {

bool IsUp(const PreflightTools& tools, const PreflightLimit& limit) {
  return limit.stop.stop_requested() || tools.clock.Now() >= limit.deadline;
}

LookupSeen LookUp(const PreflightTarget& target, const PreflightTools& tools,
                  const PreflightLimit& limit) {
  using Found = absl::StatusOr<http::Addresses>;
  const Instant began = tools.clock.Now();
  std::promise<Found> told;
  std::future<Found> found = told.get_future();
  // A name server that is stuck may be so for ever; a request would wait for it so long.
  const auto patient = Patient<Found>::Wait(
      [told = std::move(told)](Found f) mutable { told.set_value(std::move(f)); },
      std::min(limit.deadline, began + target.http.timeout), limit.stop, tools.timer,
      [](GaveUp) -> Found { return absl::DeadlineExceededError("no answer"); });
  // On this thread only what is known before is told.
  auto known_before = std::make_shared<std::atomic<bool>>(false);
  tools.resolver.Resolve(target.http.peer_host(),
                         [patient, known_before, asks = std::this_thread::get_id()](Found f) {
                           if (std::this_thread::get_id() == asks) *known_before = true;
                           patient->Complete(std::move(f));
                         });
  Found addresses = found.get();
  return {std::move(addresses), tools.clock.Now() - began, *known_before};
}

// The first connection; the others are closed at once.
UniqueFd DialAll(const std::vector<std::string>& addresses, const PreflightTarget& target,
                 const PreflightTools& tools, const PreflightLimit& limit,
                 std::vector<DialSeen>* seen) {
  UniqueFd first;
  for (const std::string& address : addresses) {
    if (seen->size() == kMaxAddresses || IsUp(tools, limit)) break;
    const Instant began = tools.clock.Now();
    http::SocketWait wait(
        tools.clock, std::min(limit.deadline, began + target.http.connect_timeout), limit.stop);
    http::Dialed dialed = tools.dialer.Dial(target.http, address, wait);
    seen->push_back({address, dialed.end, tools.clock.Now() - began});
    if (!first) first = std::move(dialed.socket);
  }
  return first;
}

http::TlsSeen LookAtTls(const UniqueFd& socket, const PreflightTarget& target,
                        const PreflightTools& tools, const PreflightLimit& limit) {
  http::SocketWait wait(tools.clock,
                        std::min(limit.deadline, tools.clock.Now() + target.http.connect_timeout),
                        limit.stop);
  return http::ProbeTls(socket.get(), target.http, wait);
}

AnswerSeen Ask(const PreflightTarget& target, const PreflightTools& tools,
               const PreflightLimit& limit) {
  http::Request request = target.harmless_request;
  request.deadline = limit.deadline;
  request.cancel = limit.stop;
  request.max_idle = absl::ZeroDuration();  // what is looked at is the way as it is now
  const absl::Time asked = tools.clock.WallNow();
  const Instant began = tools.clock.Now();
  std::promise<http::Outcome> told;
  std::future<http::Outcome> answer = told.get_future();
  target.transport->Start(std::move(request),
                          [told = std::move(told)](http::Outcome outcome) mutable {
                            told.set_value(std::move(outcome));
                          });
  http::Outcome outcome = answer.get();
  return {std::move(outcome), asked, tools.clock.WallNow(), tools.clock.Now() - began};
}

}  // namespace

UpstreamSeen LookAt(const PreflightTarget& target, const PreflightTools& tools,
                    const PreflightLimit& limit) {
  UpstreamSeen seen;
  std::vector<std::string> addresses = {target.http.peer_host()};
  if (!target.http.peer_is_address()) {
    if (IsUp(tools, limit)) return seen;
    seen.lookup = LookUp(target, tools, limit);
    if (!seen.lookup->addresses.ok()) return seen;
    addresses = **seen.lookup->addresses;
  }
  UniqueFd socket = DialAll(addresses, target, tools, limit, &seen.dials);
  if (!socket || IsUp(tools, limit)) return seen;
  if (target.https()) {
    seen.tls = LookAtTls(socket, target, tools, limit);
    if (!seen.tls->Accepted() || IsUp(tools, limit)) return seen;
  }
  socket = UniqueFd();
  seen.answer = Ask(target, tools, limit);
  return seen;
}

EchoSeen AskEcho(const std::optional<http::UpstreamOptions>& echo, const PreflightTools& tools,
                 const PreflightLimit& limit) {
  if (!echo) return std::nullopt;
  http::Request request;
  request.headers = {{"Accept", "text/plain, application/json;q=0.9"}};
  request.deadline = limit.deadline;
  request.cancel = limit.stop;
  return http::SendAlone(*echo, tools.resolver, tools.clock, std::move(request));
}

}  // namespace gw::rest
