#include "service/http/observed_transport.h"

#include <utility>
#include <variant>

#include "service/http/retry_policy.h"

namespace gw::http {
namespace {

enum class Verdict { kWell, kUnwell, kSaysNothing };

// What an outcome says of the upstream and of our way to it. Some are the caller's doing, or our
// own.
Verdict Judge(const Outcome& outcome, Reason reason, Reason forbidden) {
  if (const auto* error = std::get_if<TransportError>(&outcome);
      error != nullptr &&
      (error->kind == ErrorKind::kRefused || error->kind == ErrorKind::kBadRequest)) {
    return Verdict::kSaysNothing;
  }
  if (WasLostWithAKeptConnection(outcome)) return Verdict::kSaysNothing;
  switch (reason) {
    case Reason::kUpstreamUnavailable:
    case Reason::kUpstreamKeyRejected:
    case Reason::kUpstreamTlsFailed:
    case Reason::kEgressRefused:
    case Reason::kUpstreamBadResponse:
    case Reason::kUpstreamRedirected:
      return Verdict::kUnwell;
    case Reason::kDeadlineExceeded:
    case Reason::kCancelled:
    case Reason::kOverloaded:
    case Reason::kUpstreamCircuitOpen:
    case Reason::kShuttingDown:
      return Verdict::kSaysNothing;
    default:
      return reason == forbidden ? Verdict::kUnwell : Verdict::kWell;
  }
}

// Of a closed set, whatever came.
absl::string_view ResultOf(const Outcome& outcome) {
  constexpr absl::string_view kClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  if (const auto* error = std::get_if<TransportError>(&outcome)) return ErrorKindName(error->kind);
  const int status = std::get<Response>(outcome).status;
  return status >= 100 && status < 600 ? kClasses[status / 100 - 1] : "other";
}

}  // namespace

ObservedTransport::ObservedTransport(Transport& inner, UpstreamTraits traits,
                                     observe::UpstreamMetrics& metrics, observe::Health& health,
                                     Clock& clock)
    : inner_(inner), traits_(std::move(traits)), metrics_(metrics), health_(health), clock_(clock) {
  health_.AddComponent(traits_.name);
}

void ObservedTransport::Start(Request request, Completion done) {
  metrics_.Started();
  const Instant began = clock_.Now();
  observe::CallRecordPtr record = request.record;
  inner_.Start(std::move(request), [this, began, record = std::move(record),
                                    done = std::move(done)](Outcome outcome) mutable {
    Observe(outcome, clock_.Now() - began, record.get());
    std::move(done)(std::move(outcome));
  });
}

void ObservedTransport::Observe(const Outcome& outcome, absl::Duration took,
                                const observe::CallRecord* record) {
  metrics_.Finished(ResultOf(outcome), took);
  const absl::Status status = StatusOf(outcome, traits_);
  const Reason reason = status.ok() ? Reason::kUnspecified : GetFailure(status).reason;
  const Verdict verdict = Judge(outcome, reason, traits_.forbidden);
  if (verdict == Verdict::kSaysNothing) return;
  const bool well = verdict == Verdict::kWell;
  health_.SetComponent(traits_.name, well, well ? "" : ReasonName(reason));
  if (const auto* error = std::get_if<TransportError>(&outcome); error != nullptr && !well) {
    observe::LogOf(record, observe::LogLevel::kWarn, "upstream_failed",
                   {{"upstream", traits_.name},
                    {"kind", ErrorKindName(error->kind)},
                    {"detail", error->detail},
                    {"duration_ms", absl::ToDoubleMilliseconds(took)}});
  }
}

}  // namespace gw::http
