#include "service/http/observed_transport.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "service/observe/log.h"

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
  switch (reason) {
    case Reason::kUpstreamUnavailable:
    case Reason::kUpstreamKeyRejected:
    case Reason::kUpstreamTlsFailed:
    case Reason::kUpstreamBadResponse:
    case Reason::kUpstreamRedirected:
      return Verdict::kUnwell;
    case Reason::kDeadlineExceeded:
    case Reason::kCancelled:
    case Reason::kOverloaded:
    case Reason::kShuttingDown:
      return Verdict::kSaysNothing;
    default:
      return reason == forbidden ? Verdict::kUnwell : Verdict::kWell;
  }
}

std::string ResultOf(const Outcome& outcome) {
  if (const auto* error = std::get_if<TransportError>(&outcome)) {
    return std::string(ErrorKindName(error->kind));
  }
  const int status_class = std::get<Response>(outcome).status / 100;
  return status_class >= 1 && status_class <= 5 ? absl::StrCat(status_class, "xx") : "other";
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
  ++active_;
  const Instant began = clock_.Now();
  inner_.Start(std::move(request), [this, began, done = std::move(done)](Outcome outcome) mutable {
    Observe(outcome, clock_.Now() - began);
    std::move(done)(std::move(outcome));
    --active_;
  });
}

void ObservedTransport::Observe(const Outcome& outcome, absl::Duration took) {
  metrics_.Finished(ResultOf(outcome), took);
  const absl::Status status = StatusOf(outcome, traits_);
  const Reason reason = status.ok() ? Reason::kUnspecified : GetFailure(status).reason;
  const Verdict verdict = Judge(outcome, reason, traits_.forbidden);
  if (verdict == Verdict::kSaysNothing) return;
  const bool well = verdict == Verdict::kWell;
  health_.SetComponent(traits_.name, well, well ? "" : ReasonName(reason));
  if (const auto* error = std::get_if<TransportError>(&outcome); error != nullptr && !well) {
    observe::Log(observe::LogLevel::kWarn, "upstream_failed",
                 {{"upstream", traits_.name},
                  {"kind", ErrorKindName(error->kind)},
                  {"detail", error->detail},
                  {"duration_ms", absl::ToDoubleMilliseconds(took)}});
  }
}

}  // namespace gw::http
