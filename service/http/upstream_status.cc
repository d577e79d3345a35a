#include "service/http/upstream_status.h"

#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"

namespace gw::http {
namespace {

using Code = absl::StatusCode;

constexpr absl::Duration kRetryDelay = absl::Seconds(1);

struct Row {
  Code code;
  Reason reason;
  std::string message;
  std::optional<absl::Duration> retry_delay = std::nullopt;
};

absl::Status Make(const UpstreamTraits& traits, const Row& row, int http_status = 0) {
  Failure failure;
  failure.reason = row.reason;
  failure.retry_delay = row.retry_delay;
  failure.metadata = {{"upstream", traits.name}};
  if (http_status != 0) failure.metadata.emplace_back("http_status", absl::StrCat(http_status));
  return MakeFailure(row.code, row.message, failure);
}

absl::Status WithStop(const absl::Status& status, absl::string_view why) {
  return why.empty() ? status : WithMetadata(status, "stopped_because", why);
}

Row RowOf(const Response& response, const UpstreamTraits& traits) {
  const std::string& name = traits.name;
  const int status = response.status;
  switch (status) {
    case 401:
      return {Code::kFailedPrecondition, Reason::kUpstreamKeyRejected,
              absl::StrCat(name, " refused the gateway's key")};
    case 403:
      return {Code::kFailedPrecondition, traits.forbidden, std::string(traits.forbidden_message)};
    case 404:
      return {Code::kNotFound, Reason::kUpstreamNotFound,
              absl::StrCat(name, " does not know this id")};
    case 422:
      return {Code::kInvalidArgument, Reason::kUpstreamRejectedField,
              absl::StrCat(name, " refused a field of the request")};
    case 429:
      return {Code::kResourceExhausted, Reason::kUpstreamRateLimited,
              absl::StrCat(name, " asks for fewer calls"),
              response.retry_after.value_or(kRetryDelay)};
    default:
      break;
  }
  if (status >= 300 && status < 400) {
    return {
        Code::kFailedPrecondition, Reason::kUpstreamRedirected,
        absl::StrCat(name, " answered with a redirect, which is not followed; check its base_url")};
  }
  if (status >= 400 && status < 500) {
    return {Code::kInternal, Reason::kUpstreamBadRequest,
            absl::StrCat(name, " refused the gateway's request")};
  }
  if (status >= 500 && status < 600) {
    return {Code::kUnavailable, Reason::kUpstreamUnavailable, absl::StrCat(name, " failed"),
            response.retry_after.value_or(kRetryDelay)};
  }
  return {Code::kInternal, Reason::kUpstreamBadResponse,
          absl::StrCat(name, " gave an answer that cannot be read")};
}

Row RowOf(const TransportError& error, const UpstreamTraits& traits) {
  const std::string& name = traits.name;
  const absl::Duration retry_delay = error.retry_after.value_or(kRetryDelay);
  switch (error.kind) {
    case ErrorKind::kTls:
      return {Code::kFailedPrecondition, Reason::kUpstreamTlsFailed,
              absl::StrCat("no TLS connection to ", name, " as configured")};
    case ErrorKind::kAddressRefused:
      return {Code::kFailedPrecondition, Reason::kEgressRefused,
              absl::StrCat("the host of ", name,
                           "'s base_url leads to an address that is not permitted; if that is "
                           "right, add its network to egress.allow_private")};
    case ErrorKind::kProxyAuth:
      return {Code::kFailedPrecondition, Reason::kEgressRefused,
              absl::StrCat("the proxy on the way to ", name,
                           " refuses the gateway's credentials; check "
                           "egress.proxy_credentials_file")};
    case ErrorKind::kProxyRefused:
      return {Code::kFailedPrecondition, Reason::kEgressRefused,
              absl::StrCat("the proxy does not let the gateway connect to ", name,
                           "; check egress.proxy and what it permits")};
    case ErrorKind::kProtocol:
    case ErrorKind::kTooLarge:
      return {Code::kInternal, Reason::kUpstreamBadResponse,
              absl::StrCat(name, " gave an answer that cannot be read")};
    case ErrorKind::kDeadline:
      return {Code::kDeadlineExceeded, Reason::kDeadlineExceeded,
              error.NothingSent() ? absl::StrCat("the deadline left too little time to ask ", name,
                                                 ": nothing was sent")
                                  : absl::StrCat("deadline passed before ", name, " answered")};
    case ErrorKind::kCancelled:
      return {Code::kCancelled, Reason::kCancelled,
              error.NothingSent() ? "cancelled by the caller: nothing was sent"
                                  : "cancelled by the caller"};
    case ErrorKind::kOverloaded:
      return {Code::kResourceExhausted, Reason::kOverloaded,
              absl::StrCat("too many calls to ", name, " are under way and waiting"), retry_delay};
    case ErrorKind::kMemory:
      return {Code::kResourceExhausted, Reason::kOverloaded,
              "the calls under way hold as much memory as is allowed", retry_delay};
    case ErrorKind::kCircuitOpen:
      return {Code::kUnavailable, Reason::kUpstreamCircuitOpen,
              absl::StrCat(name,
                           " has failed too often and is left alone for a while: nothing "
                           "was sent"),
              retry_delay};
    case ErrorKind::kShutdown:
      return {Code::kUnavailable, Reason::kShuttingDown, "this gateway is stopping"};
    case ErrorKind::kBadRequest:
      return {Code::kInternal, Reason::kUpstreamBadRequest,
              "the request cannot be written as HTTP"};
    case ErrorKind::kTimeout:
      return {Code::kUnavailable, Reason::kUpstreamUnavailable,
              absl::StrCat(name, " did not answer in time"), retry_delay};
    case ErrorKind::kRefused:
    case ErrorKind::kResolve:
    case ErrorKind::kConnect:
    case ErrorKind::kConnectionLost:
    case ErrorKind::kInternal:
      break;
  }
  return {Code::kUnavailable, Reason::kUpstreamUnavailable,
          error.NothingSent() ? absl::StrCat(name, " cannot be reached")
                              : absl::StrCat("the connection to ", name, " was lost"),
          retry_delay};
}

}  // namespace

absl::Status StatusOf(const Outcome& outcome, const UpstreamTraits& traits) {
  if (const auto* error = std::get_if<TransportError>(&outcome)) {
    absl::Status status = Make(traits, RowOf(*error, traits));
    if (error->kind == ErrorKind::kOverloaded) {
      status = WithMetadata(status, "limit", absl::StrCat(traits.name, ".max_queued"));
    }
    if (error->kind == ErrorKind::kMemory) status = WithMetadata(status, "limit", "memory");
    return WithStop(status, error->stopped_because);
  }
  const auto& response = std::get<Response>(outcome);
  if (response.status >= 200 && response.status < 300) return absl::OkStatus();
  return WithStop(Make(traits, RowOf(response, traits), response.status), response.stopped_because);
}

absl::Status BadResponse(const UpstreamTraits& traits, int http_status) {
  return Make(traits,
              {Code::kInternal, Reason::kUpstreamBadResponse,
               absl::StrCat(traits.name, " gave an answer that is not what it documents")},
              http_status);
}

bool MayHaveBeenExecuted(const Outcome& outcome) {
  const auto* response = std::get_if<Response>(&outcome);
  if (response == nullptr) return !std::get<TransportError>(outcome).NothingSent();
  const int status = response->status;
  if (status == 301 || status == 307 || status == 308) return false;
  return status < 400 || status >= 500 || status == 408;
}

absl::Status OutcomeUnknown(const UpstreamTraits& traits, int http_status) {
  return Make(traits,
              {Code::kUnknown, Reason::kUpstreamOutcomeUnknown,
               absl::StrCat("the request was sent to ", traits.name,
                            " and may have been executed; find out before sending it again")},
              http_status);
}

absl::Status NotConfigured(const UpstreamTraits& traits) {
  return Make(traits, {Code::kUnimplemented, Reason::kUpstreamNotConfigured,
                       absl::StrCat("this gateway is not configured for ", traits.name)});
}

}  // namespace gw::http
