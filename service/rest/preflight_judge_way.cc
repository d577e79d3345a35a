// The judges of the connection: dns, connect, tls.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "service/base/base_url.h"
#include "service/base/ip_network.h"
#include "service/http/egress_policy.h"
#include "service/rest/preflight_judge.h"
#include "service/rest/preflight_words.h"

namespace gw::rest {
namespace {

using http::DialEnd;
using http::TlsEnd;
using http::TlsFlaw;

constexpr absl::Duration kSlowLookup = absl::Seconds(1);
// Renewals that work are done by then.
constexpr int64_t kFewDays = 14;

std::string UpstreamOf(const PreflightTarget& target) {
  return JoinHostPort(target.http.host, target.http.port);
}

std::string WordsOf(const DialSeen& dial, const PreflightTarget& target) {
  switch (dial.end) {
    case DialEnd::kConnected:
      return absl::StrCat("connected in ", Took(dial.took),
                          target.http.proxy ? ", with a tunnel to " + UpstreamOf(target) : "");
    case DialEnd::kProxyAuth:
      return "refused our credentials";
    case DialEnd::kProxyRefused:
      return absl::StrCat("refused a tunnel to ", UpstreamOf(target));
    case DialEnd::kProxyFailed:
      return absl::StrCat("made no tunnel to ", UpstreamOf(target));
    case DialEnd::kNoLocalEnd:
      return "not tried: egress.interface is not on this machine";
    case DialEnd::kTimedOut:
      return absl::StrCat("no answer within ", Took(dial.took));
    case DialEnd::kRefused:
      return "refused";
    case DialEnd::kNotPermitted: {
      const auto address = IpAddress::Parse(dial.address);
      return absl::StrCat("not permitted (",
                          address ? http::SpecialUse(*address) : "of no use without an interface",
                          ")");
    }
    case DialEnd::kUnreachable:
      return "unreachable";
    case DialEnd::kFailed:
      break;
  }
  return "failed on this machine";
}

// What to do when `end` says most about why there is no connection.
std::string AdviceFor(DialEnd end, const PreflightTarget& target) {
  const std::string where = target.http.proxy ? "egress.proxy" : BaseUrlKey(target);
  switch (end) {
    case DialEnd::kProxyAuth:
      return "egress.proxy_credentials_file must hold USER:PASSWORD as the proxy knows them";
    case DialEnd::kProxyRefused:
      return absl::StrCat("ask who runs the proxy to permit ", UpstreamOf(target),
                          ", or check egress.proxy");
    case DialEnd::kProxyFailed:
      return absl::StrCat("ask who runs the proxy whether it can reach ", UpstreamOf(target),
                          "; check egress.proxy and ", BaseUrlKey(target));
    case DialEnd::kNoLocalEnd:
      return "egress.interface must name an interface, or an address, that this machine has";
    case DialEnd::kRefused:
      return absl::StrCat("nobody listens there: check host and port in ", where,
                          ", and whether a firewall rejects connections");
    case DialEnd::kNotPermitted:
      return absl::StrCat("the name in ", BaseUrlKey(target),
                          " leads to this network's own addresses; if that is right, add theirs to "
                          "egress.allow_private");
    case DialEnd::kUnreachable:
      return "there is no way there from this machine: check its routes and its firewall";
    case DialEnd::kFailed:
      return "look at this machine: it has no descriptor left, or no such protocol";
    case DialEnd::kConnected:
    case DialEnd::kTimedOut:
      break;
  }
  return "nobody answers: a firewall drops the connections, this machine's or the other side's, or "
         "the host is down";
}

std::string Days(int64_t days) { return absl::StrCat(days, days == 1 ? " day" : " days"); }

int64_t DaysIn(absl::Duration duration) { return duration / absl::Hours(24); }

// When the peer's certificate ended, or what else has ended.
std::string Expired(const http::TlsSeen& tls, absl::Time now) {
  if (!tls.valid_until || *tls.valid_until > now) {
    return "a certificate that vouches for it has expired";
  }
  const int64_t days = DaysIn(now - *tls.valid_until);
  return absl::StrCat("its certificate expired ", days == 0 ? "less than a day" : Days(days),
                      " ago");
}

std::string NamesIn(const http::TlsSeen& tls) {
  return tls.names.empty() ? "no name" : absl::StrJoin(tls.names, ", ");
}

struct Words {
  std::string seen;
  std::string advice;
};

Words WordsOf(TlsFlaw flaw, const PreflightTarget& target, const http::TlsSeen& tls,
              absl::Time now) {
  switch (flaw) {
    case TlsFlaw::kExpired:
      return {Expired(tls, now), absl::StrCat(target.name,
                                              " must renew it; if it has, look at this machine's "
                                              "clock")};
    case TlsFlaw::kNotYetValid:
      return {"its certificate is not valid yet",
              "look at this machine's clock first: it may be behind"};
    case TlsFlaw::kOtherName:
      return {absl::StrCat("its certificate is for another name: ", NamesIn(tls)),
              absl::StrCat("check the host in ", BaseUrlKey(target),
                           ": it must be one of the certificate's names")};
    case TlsFlaw::kUnknownIssuer:
      return {
          absl::StrCat("nobody who is trusted vouches for its certificate, issued by ", tls.issuer),
          target.http.ca_file.empty()
              ? "if this issuer is to be trusted, name a file with its certificate as "
                "egress.ca_file; if not, something on the way answers in the upstream's place"
              : "egress.ca_file replaces the system's certificates: it must hold the issuer's, "
                "if it is to be trusted"};
    case TlsFlaw::kOther:
      break;
  }
  return {absl::StrCat("its certificate is not accepted: ", tls.other_flaw),
          absl::StrCat("ask ", target.name, " for a certificate that this machine accepts")};
}

PreflightCheck JudgeFlaws(const PreflightTarget& target, const http::TlsSeen& tls, absl::Time now) {
  std::vector<std::string> seen = {tls.version}, advice;
  for (const TlsFlaw flaw : tls.flaws) {
    Words words = WordsOf(flaw, target, tls, now);
    seen.push_back(std::move(words.seen));
    advice.push_back(std::move(words.advice));
  }
  return Failed("tls", absl::StrJoin(seen, ", "), absl::StrJoin(advice, "; "));
}

PreflightCheck JudgeAccepted(const PreflightTarget& target, const http::TlsSeen& tls,
                             absl::Time now) {
  std::string seen = absl::StrCat(tls.version, ", certificate issued by ", tls.issuer);
  if (!tls.valid_until) return Ok("tls", std::move(seen));
  const int64_t days = DaysIn(*tls.valid_until - now);
  absl::StrAppend(&seen, ", ", Days(days), " left");
  if (days >= kFewDays) return Ok("tls", std::move(seen));
  return Ok("tls", std::move(seen),
            absl::StrCat("the certificate ends soon: ask ", target.name, " to renew it"));
}

PreflightCheck JudgeBroken(const PreflightTarget& target, const http::TlsSeen& tls) {
  const std::string least = target.http.require_tls13 ? "TLS 1.3" : "TLS 1.2";
  switch (tls.end) {
    case TlsEnd::kVersionRefused:
      return Failed(
          "tls", absl::StrCat("it does not speak ", least),
          absl::StrCat("ask ", target.name, " for ", least, " or later",
                       target.http.require_tls13 ? absl::StrCat(", or accept less with ",
                                                                target.name, ".min_tls: \"1.2\"")
                                                 : ""));
    case TlsEnd::kNotTls:
      return Failed("tls", "what answers there does not speak TLS",
                    absl::StrCat("check scheme and port in ", BaseUrlKey(target)));
    case TlsEnd::kBrokenOff:
      return Failed("tls", "the connection was closed during the handshake",
                    "something on the way, or the upstream itself, does not let this address "
                    "through");
    case TlsEnd::kTimedOut:
      return Failed("tls", "no answer to the handshake",
                    "something on the way holds it up, a firewall that inspects TLS for instance");
    case TlsEnd::kTrustUnreadable:
      return Failed("tls", "the file of trusted certificates cannot be read",
                    target.http.ca_file.empty()
                        ? "install the package ca-certificates, or set egress.ca_file"
                        : "egress.ca_file must name a readable PEM file");
    case TlsEnd::kRefused:
      return Failed("tls", "the handshake was refused",
                    absl::StrCat(target.name,
                                 " may want what this gateway does not have, such as a "
                                 "certificate of its own: ask"));
    case TlsEnd::kDone:
    case TlsEnd::kFailed:
      break;
  }
  return Failed("tls", "the handshake could not be begun", "look at this machine's memory");
}

}  // namespace

PreflightCheck JudgeLookup(const PreflightTarget& target, const UpstreamSeen& seen) {
  const std::string& host = target.http.peer_host();
  // With a proxy it is the proxy that has to be found here.
  const std::string who = target.http.proxy ? absl::StrCat("the proxy ", host) : host;
  const std::string rest =
      target.http.proxy ? absl::StrCat("; it resolves ", target.http.host, " itself") : "";
  if (target.http.peer_is_address()) {
    return Ok("dns", absl::StrCat(who, " is an address, nothing to resolve", rest));
  }
  if (!seen.lookup) return Needs("dns", "");
  const LookupSeen& lookup = *seen.lookup;
  const std::string took =
      lookup.known_before ? "known before" : absl::StrCat("in ", Took(lookup.took));
  if (lookup.addresses.ok()) {
    return Ok(
        "dns",
        absl::StrCat(who, ": ", absl::StrJoin(**lookup.addresses, ", "), " (", took, ")", rest),
        lookup.took < kSlowLookup ? ""
                                  : "that is slow: look at the name server in /etc/resolv.conf");
  }
  if (absl::IsDeadlineExceeded(lookup.addresses.status())) {
    return Failed("dns", absl::StrCat("no answer about ", who, " within ", Took(lookup.took)),
                  "the name server does not answer: look at /etc/resolv.conf, and whether this "
                  "machine may ask it");
  }
  absl::string_view why = lookup.addresses.status().message();
  absl::ConsumePrefix(&why, absl::StrCat("looking up ", host, ": "));
  return Failed(
      "dns", absl::StrCat(who, " cannot be resolved: ", why),
      absl::StrCat("check the host in ", target.http.proxy ? "egress.proxy" : BaseUrlKey(target),
                   ", and the name server in /etc/resolv.conf"));
}

PreflightCheck JudgeDials(const PreflightTarget& target, const UpstreamSeen& seen) {
  if (seen.dials.empty()) return Needs("connect", BrokenStep(target, seen));
  std::vector<std::string> words;
  DialEnd most_telling = DialEnd::kFailed;
  bool timed_out = false;
  for (const DialSeen& dial : seen.dials) {
    words.push_back(absl::StrCat(target.http.proxy ? "the proxy " : "",
                                 JoinHostPort(dial.address, target.http.peer_port()), " ",
                                 WordsOf(dial, target)));
    most_telling = std::min(most_telling, dial.end);
    timed_out |= dial.end == DialEnd::kTimedOut;
  }
  std::string all = absl::StrJoin(words, "; ");
  if (most_telling != DialEnd::kConnected) {
    return Failed("connect", std::move(all), AdviceFor(most_telling, target));
  }
  return Ok("connect", std::move(all),
            timed_out ? "an address that does not answer costs requests time: find out why" : "");
}

PreflightCheck JudgeTls(const PreflightTarget& target, const UpstreamSeen& seen, absl::Time now) {
  if (!target.https()) {
    return Skipped("tls", absl::StrCat("plaintext: ", BaseUrlKey(target), " is http://"));
  }
  if (!seen.tls) return Needs("tls", BrokenStep(target, seen));
  if (seen.tls->end != TlsEnd::kDone) return JudgeBroken(target, *seen.tls);
  return seen.tls->flaws.empty() ? JudgeAccepted(target, *seen.tls, now)
                                 : JudgeFlaws(target, *seen.tls, now);
}

}  // namespace gw::rest
