#include "service/http/transport.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace gw::http {

absl::string_view MethodName(Method method) {
  switch (method) {
    case Method::kGet:
      return "GET";
    case Method::kPost:
      return "POST";
    case Method::kPut:
      return "PUT";
    case Method::kPatch:
      return "PATCH";
    case Method::kDelete:
      return "DELETE";
  }
  return "";
}

absl::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kResolve:
      return "resolve";
    case ErrorKind::kConnect:
      return "connect";
    case ErrorKind::kTls:
      return "tls";
    case ErrorKind::kAddressRefused:
      return "address_refused";
    case ErrorKind::kProxyAuth:
      return "proxy_auth";
    case ErrorKind::kProxyRefused:
      return "proxy_refused";
    case ErrorKind::kConnectionLost:
      return "connection_lost";
    case ErrorKind::kProtocol:
      return "protocol";
    case ErrorKind::kTooLarge:
      return "too_large";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kDeadline:
      return "deadline";
    case ErrorKind::kCancelled:
      return "cancelled";
    case ErrorKind::kRefused:
      return "refused";
    case ErrorKind::kOverloaded:
      return "overloaded";
    case ErrorKind::kMemory:
      return "memory";
    case ErrorKind::kCircuitOpen:
      return "circuit_open";
    case ErrorKind::kShutdown:
      return "shutdown";
    case ErrorKind::kBadRequest:
      return "bad_request";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "";
}

std::optional<absl::string_view> Response::Header(absl::string_view name) const {
  absl::string_view rest = header_block;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const absl::string_view line = rest.substr(0, end);
    rest = end == absl::string_view::npos ? "" : rest.substr(end + 1);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        absl::EqualsIgnoreCase(line.substr(0, name.size()), name)) {
      return absl::StripAsciiWhitespace(line.substr(name.size() + 1));
    }
  }
  return std::nullopt;
}

}  // namespace gw::http
