// The judges of the answers: clock, credential, egress_ip.
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/http/clock_skew_transport.h"
#include "service/http/http_date.h"
#include "service/rest/address_codec.h"
#include "service/rest/preflight_judge.h"
#include "service/rest/preflight_words.h"

namespace gw::rest {
namespace {

using http::ErrorKind;
using http::Response;
using http::TransportError;

// For people to read, where an API would have answered for programs.
bool IsPage(const Response& response) {
  const std::string type = absl::AsciiStrToLower(response.Header("content-type").value_or(""));
  const absl::string_view body = absl::StripLeadingAsciiWhitespace(response.body);
  return absl::StartsWith(type, "text/html") || absl::StartsWith(body, "<");
}

bool WasStopped(const TransportError& error) {
  return error.kind == ErrorKind::kShutdown || error.kind == ErrorKind::kCancelled;
}

std::string WordsOf(const TransportError& error, absl::Duration took) {
  switch (error.kind) {
    case ErrorKind::kResolve:
      return "its name could not be resolved";
    case ErrorKind::kConnect:
      return "no connection";
    case ErrorKind::kTls:
      return "TLS was refused";
    case ErrorKind::kConnectionLost:
      return "the connection was lost before the answer was complete";
    case ErrorKind::kProtocol:
      return "the answer is not HTTP/1.1";
    case ErrorKind::kTooLarge:
      return "the answer is larger than is accepted";
    case ErrorKind::kTimeout:
    case ErrorKind::kDeadline:
      return absl::StrCat("no answer within ", Took(took));
    default:
      return absl::StrCat("no answer: ", http::ErrorKindName(error.kind));
  }
}

PreflightCheck JudgeUnanswered(const PreflightTarget& target, const TransportError& error,
                               absl::Duration took) {
  constexpr absl::string_view kName = "credential";
  if (WasStopped(error)) return Skipped(kName, "the preflight was stopped");
  if (error.kind == ErrorKind::kDeadline && error.NothingSent()) return Needs(kName, "");
  std::string advice;
  switch (error.kind) {
    case ErrorKind::kTls:
      advice = absl::StrCat(target.name,
                            " may want a certificate of the gateway's own, which it does not have");
      break;
    case ErrorKind::kTooLarge:
      advice = absl::StrCat("raise ", target.name, ".max_response_bytes");
      break;
    case ErrorKind::kProtocol:
      advice = absl::StrCat("check ", BaseUrlKey(target), ": what answers there is no web server");
      break;
    default:
      advice = absl::StrCat("try again; if it stays so, ask ", target.name, " whether it is well");
  }
  return Failed(kName, WordsOf(error, took), std::move(advice));
}

struct Allowlist {
  std::string seen, advice;
};

Allowlist NotAllowlisted(const PreflightTarget& target, absl::string_view egress_ip) {
  if (egress_ip.empty()) {
    return {"this address is not allowlisted, the address the upstream sees is not known",
            absl::StrCat("set egress.echo_url to learn the address, then ask ", target.name,
                         " to allowlist it")};
  }
  return {
      absl::StrCat("this address is not allowlisted, the address the upstream sees is ", egress_ip),
      absl::StrCat("ask ", target.name, " to allowlist ", egress_ip,
                   ", or leave from an address that is allowlisted")};
}

std::string Loaded(const PreflightKey& key) {
  return absl::StrCat(key.config_key, " (the one in use has the fingerprint ", key.fingerprint(),
                      ")");
}

PreflightCheck JudgePage(const PreflightTarget& target, int status, absl::string_view egress_ip) {
  constexpr absl::string_view kName = "credential";
  const Allowlist allowlist = NotAllowlisted(target, egress_ip);
  const std::string answered = absl::StrCat("answered ", status, " with a page of HTML: ");
  if (status >= 500) {
    return Failed(kName, absl::StrCat(answered, "the upstream is failing, or ", allowlist.seen),
                  absl::StrCat("try again later; if it stays so, ", allowlist.advice));
  }
  if (status == 401 || status == 403 || status == 406) {
    return Failed(kName, answered + allowlist.seen, allowlist.advice);
  }
  return Failed(kName, absl::StrCat(answered, "this is not the API"),
                absl::StrCat("check ", BaseUrlKey(target),
                             "; if it is right, something before the API shows a page of its own: ",
                             allowlist.advice));
}

PreflightCheck JudgeForbidden(const PreflightTarget& target, absl::string_view egress_ip) {
  constexpr absl::string_view kName = "credential";
  if (!target.signing_key) {
    const Allowlist allowlist = NotAllowlisted(target, egress_ip);
    return Failed(kName, "answered 403: " + allowlist.seen, allowlist.advice);
  }
  return Failed(
      kName, "answered 403: the request is not authorized",
      absl::StrCat("put the right key into the file of ", Loaded(*target.signing_key),
                   "; look at the check clock; and ask ", target.name, " what the token may do"));
}

PreflightCheck JudgeStatus(const PreflightTarget& target, int status, absl::string_view egress_ip) {
  constexpr absl::string_view kName = "credential";
  const std::string answered = absl::StrCat("answered ", status);
  if (status >= 200 && status < 300) return Ok(kName, answered + ": the key is accepted");
  if (status >= 300 && status < 400) {
    return Failed(kName, answered + ": a redirect, which is not followed",
                  absl::StrCat("check ", BaseUrlKey(target), ": it must be the API's own"));
  }
  switch (status) {
    case 401:
      return Failed(kName, "answered 401: the key is wrong",
                    absl::StrCat("put the right key into the file of ", Loaded(target.key)));
    case 403:
      return JudgeForbidden(target, egress_ip);
    case 404:
      return Failed(kName, "answered 404: there is no such path",
                    absl::StrCat("check the path in ", BaseUrlKey(target)));
    case 429:
      return Skipped(kName, "answered 429: too many requests, which says nothing about the key",
                     "try again later");
    default:
      break;
  }
  if (status >= 500) {
    return Failed(
        kName, answered + ": the upstream is failing",
        absl::StrCat("try again later; if it stays so, ask ", target.name, " whether it is well"));
  }
  return Failed(kName, answered + ": the request was refused",
                absl::StrCat("check ", BaseUrlKey(target), ", and ask ", target.name, " why"));
}

// Rounded up: what is known is that they are apart by so much at least.
std::string WholeSeconds(absl::Duration duration) {
  return absl::FormatDuration(absl::Ceil(duration, absl::Seconds(1)));
}

}  // namespace

PreflightCheck JudgeClock(const PreflightTarget& target, const UpstreamSeen& seen) {
  constexpr absl::string_view kName = "clock";
  if (!seen.answer) return Needs(kName, BrokenStep(target, seen));
  const auto* response = std::get_if<Response>(&seen.answer->outcome);
  if (response == nullptr) return Skipped(kName, "no answer came whose Date could be compared");
  const auto text = response->Header("date");
  const std::optional<absl::Time> date = text ? http::ParseHttpDate(*text) : std::nullopt;
  if (!date) return Skipped(kName, "the answer has no Date");
  if (response->Header("age")) return Skipped(kName, "the answer came out of somebody's cache");
  const absl::Duration ahead =
      http::UpstreamAhead(*date, seen.answer->asked, seen.answer->answered);
  const absl::Duration apart = absl::AbsDuration(ahead);
  if (apart == absl::ZeroDuration()) return Ok(kName, "less than a second apart");
  if (apart <= http::ClockSkewTransport::kTolerated) {
    return Ok(kName, absl::StrCat(WholeSeconds(apart), " apart"));
  }
  return Failed(
      kName,
      absl::StrCat("ours is ", WholeSeconds(apart),
                   ahead > absl::ZeroDuration() ? " behind" : " ahead"),
      absl::StrCat("compare this machine's clock with a time server; ",
                   target.signing_key
                       ? absl::StrCat(target.name, " refuses what is signed with a wrong time")
                       : "certificates are judged by it"));
}

PreflightCheck JudgeCredential(const PreflightTarget& target, const UpstreamSeen& seen,
                               absl::string_view egress_ip) {
  if (!seen.answer) return Needs("credential", BrokenStep(target, seen));
  if (const auto* error = std::get_if<TransportError>(&seen.answer->outcome)) {
    return JudgeUnanswered(target, *error, seen.answer->took);
  }
  const auto& response = std::get<Response>(seen.answer->outcome);
  return IsPage(response) ? JudgePage(target, response.status, egress_ip)
                          : JudgeStatus(target, response.status, egress_ip);
}

PreflightCheck JudgeEcho(const EchoSeen& echo, std::string* egress_ip) {
  constexpr absl::string_view kName = "egress_ip";
  constexpr absl::string_view kAdvice =
      "egress.echo_url must be a URL that answers with the address of who asks";
  if (!echo) {
    return Skipped(kName, "egress.echo_url is not set",
                   "set it to a URL that answers with the address of who asks, to see from where "
                   "this gateway leaves");
  }
  if (const auto* error = std::get_if<TransportError>(&*echo)) {
    if (WasStopped(*error)) return Skipped(kName, "the preflight was stopped");
    if (error->kind == ErrorKind::kDeadline && error->NothingSent()) return Needs(kName, "");
    return Failed(
        kName, absl::StrCat("egress.echo_url did not answer: ", http::ErrorKindName(error->kind)),
        std::string(kAdvice));
  }
  const auto& response = std::get<Response>(*echo);
  if (response.status != 200) {
    return Failed(kName, absl::StrCat("egress.echo_url answered ", response.status),
                  std::string(kAdvice));
  }
  auto address = DecodeAddress(response.body);
  if (!address) {
    return Failed(kName, "egress.echo_url did not answer with an address", std::string(kAdvice));
  }
  *egress_ip = *address;
  return Ok(kName, *std::move(address));
}

}  // namespace gw::rest
