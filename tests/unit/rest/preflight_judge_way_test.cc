#include <gmock/gmock.h>

#include "tests/unit/rest/preflight_fixture.h"

namespace gw::rest {
namespace {

using http::DialEnd;
using http::TlsEnd;
using http::TlsFlaw;
using ::testing::AllOf;
using testing::Concero;
using testing::Connected;
using testing::Found;
using ::testing::HasSubstr;
using testing::kNow;
using testing::Line;
using testing::ProctorExam;
using ::testing::StartsWith;

std::string Lookup(LookupSeen lookup, const PreflightTarget& target = Concero()) {
  UpstreamSeen seen;
  seen.lookup = std::move(lookup);
  return Line(JudgeLookup(target, seen));
}

TEST(PreflightDns, ShowsEveryAddress) {
  EXPECT_EQ(Lookup(Found({"203.0.113.80", "2001:db8::80"})),
            "OK: portal.example: 203.0.113.80, 2001:db8::80 (in 4ms)");
  LookupSeen known = Found({"203.0.113.80"});
  known.known_before = true;
  EXPECT_EQ(Lookup(known), "OK: portal.example: 203.0.113.80 (known before)");
}

TEST(PreflightDns, HasNothingToResolveForAnAddress) {
  PreflightTarget target = Concero();
  target.http.host = "203.0.113.80";
  target.http.host_is_address = true;
  EXPECT_EQ(Line(JudgeLookup(target, {})), "OK: 203.0.113.80 is an address, nothing to resolve");
}

TEST(PreflightDns, TellsAnUnknownNameFromASlowAndAStuckNameServer) {
  EXPECT_EQ(Lookup({absl::UnavailableError("looking up portal.example: Name or service not known"),
                    absl::Milliseconds(3)}),
            "FAILED: portal.example cannot be resolved: Name or service not known -> check the "
            "host in concero.base_url, and the name server in /etc/resolv.conf");
  EXPECT_EQ(Lookup({absl::DeadlineExceededError("no answer"), absl::Milliseconds(10'004)}),
            "FAILED: no answer about portal.example within 10s -> the name server does not answer: "
            "look at /etc/resolv.conf, and whether this machine may ask it");
  LookupSeen slow = Found({"203.0.113.80"});
  slow.took = absl::Milliseconds(1'234);
  EXPECT_EQ(Lookup(slow),
            "OK: portal.example: 203.0.113.80 (in 1.2s) -> that is slow: look at the name server "
            "in /etc/resolv.conf");
}

PreflightTarget BehindAProxy() {
  PreflightTarget target = Concero();
  target.http.proxy = http::Proxy{{"proxy.corp", 3128, false, false}, Secret()};
  return target;
}

TEST(PreflightDns, IsAboutTheProxyWhereThereIsOne) {
  EXPECT_EQ(Lookup(Found({"10.0.0.5"}), BehindAProxy()),
            "OK: the proxy proxy.corp: 10.0.0.5 (in 4ms); it resolves portal.example itself");
  EXPECT_EQ(Lookup({absl::UnavailableError("looking up proxy.corp: Name or service not known"),
                    absl::Milliseconds(3)},
                   BehindAProxy()),
            "FAILED: the proxy proxy.corp cannot be resolved: Name or service not known -> check "
            "the host in egress.proxy, and the name server in /etc/resolv.conf");
}

std::string Dials(std::vector<DialSeen> dials, const PreflightTarget& target = Concero()) {
  UpstreamSeen seen;
  seen.lookup = Found({"203.0.113.80"});
  seen.dials = std::move(dials);
  return Line(JudgeDials(target, seen));
}

TEST(PreflightConnect, ShowsWhatEachAddressSaidAndOneIsEnough) {
  EXPECT_EQ(Dials({{"2001:db8::80", DialEnd::kUnreachable, absl::ZeroDuration()},
                   {"203.0.113.80", DialEnd::kConnected, absl::Milliseconds(12)}}),
            "OK: [2001:db8::80]:443 unreachable; 203.0.113.80:443 connected in 12ms");
  EXPECT_EQ(Dials({{"203.0.113.80", DialEnd::kTimedOut, absl::Milliseconds(3'001)},
                   {"203.0.113.81", DialEnd::kConnected, absl::Microseconds(200)}}),
            "OK: 203.0.113.80:443 no answer within 3s; 203.0.113.81:443 connected in less than 1ms "
            "-> an address that does not answer costs requests time: find out why");
}

TEST(PreflightConnect, TellsRefusedFromUnreachableFromSilent) {
  const DialSeen refused{"203.0.113.80", DialEnd::kRefused, absl::ZeroDuration()};
  const DialSeen unreachable{"203.0.113.81", DialEnd::kUnreachable, absl::ZeroDuration()};
  const DialSeen silent{"203.0.113.82", DialEnd::kTimedOut, absl::Seconds(3)};
  EXPECT_THAT(Dials({refused}),
              AllOf(StartsWith("FAILED: 203.0.113.80:443 refused -> nobody listens there: "),
                    HasSubstr("concero.base_url")));
  EXPECT_THAT(Dials({unreachable}),
              StartsWith("FAILED: 203.0.113.81:443 unreachable -> there is no way there"));
  EXPECT_THAT(Dials({silent}),
              StartsWith("FAILED: 203.0.113.82:443 no answer within 3s -> nobody answers: a "
                         "firewall drops"));
  EXPECT_THAT(Dials({refused, silent}), HasSubstr("nobody answers"));
}

TEST(PreflightConnect, SaysWhereANameMustNotLead) {
  EXPECT_EQ(Dials({{"10.0.0.7", DialEnd::kNotPermitted, absl::ZeroDuration()}}),
            "FAILED: 10.0.0.7:443 not permitted (private) -> the name in concero.base_url leads to "
            "this network's own addresses; if that is right, add theirs to egress.allow_private");
}

TEST(PreflightConnect, SaysThatTheLocalEndIsMissing) {
  EXPECT_THAT(Dials({{"203.0.113.80", DialEnd::kNoLocalEnd, absl::ZeroDuration()}}),
              HasSubstr("egress.interface is not on this machine -> egress.interface must name"));
}

TEST(PreflightConnect, TellsOfAProxyWhatItSaid) {
  const auto said = [](DialEnd end) {
    return Dials({{"10.0.0.5", end, absl::Milliseconds(12)}}, BehindAProxy());
  };
  EXPECT_EQ(said(DialEnd::kConnected),
            "OK: the proxy 10.0.0.5:3128 connected in 12ms, with a tunnel to portal.example:443");
  EXPECT_THAT(said(DialEnd::kProxyAuth),
              AllOf(StartsWith("FAILED: the proxy 10.0.0.5:3128 refused our credentials -> "),
                    HasSubstr("egress.proxy_credentials_file")));
  EXPECT_THAT(said(DialEnd::kProxyRefused),
              HasSubstr("refused a tunnel to portal.example:443 -> ask who runs the proxy"));
  EXPECT_THAT(said(DialEnd::kProxyFailed),
              HasSubstr("made no tunnel to portal.example:443 -> ask who runs the proxy whether"));
  EXPECT_THAT(said(DialEnd::kRefused),
              HasSubstr("refused -> nobody listens there: check host and port in egress.proxy"));
}

std::string Tls(const http::TlsSeen& tls, const PreflightTarget& target = Concero()) {
  UpstreamSeen seen = Connected();
  seen.tls = tls;
  return Line(JudgeTls(target, seen, kNow));
}

http::TlsSeen Good() { return *Connected().tls; }

http::TlsSeen Flawed(std::vector<TlsFlaw> flaws) {
  http::TlsSeen tls = Good();
  tls.flaws = std::move(flaws);
  return tls;
}

http::TlsSeen Ended(TlsEnd end) {
  http::TlsSeen tls;
  tls.end = end;
  return tls;
}

TEST(PreflightTls, ShowsVersionIssuerAndDaysLeft) {
  EXPECT_EQ(Tls(Good()), "OK: TLSv1.3, certificate issued by R11 (Let's Encrypt), 61 days left");
}

TEST(PreflightTls, WarnsOfACertificateThatEndsWithinTwoWeeks) {
  http::TlsSeen tls = Good();
  tls.valid_until = kNow + absl::Hours(24 * 14);
  EXPECT_EQ(Line(JudgeTls(Concero(), Connected(), kNow)).find("->"), std::string::npos);
  EXPECT_THAT(Tls(tls), HasSubstr("14 days left"));
  EXPECT_EQ(Tls(tls).find("->"), std::string::npos);
  tls.valid_until = kNow + absl::Hours(47);
  EXPECT_EQ(Tls(tls),
            "OK: TLSv1.3, certificate issued by R11 (Let's Encrypt), 1 day left -> the certificate "
            "ends soon: ask concero to renew it");
}

TEST(PreflightTls, SaysSinceWhenACertificateHasExpired) {
  http::TlsSeen tls = Flawed({TlsFlaw::kExpired});
  tls.valid_until = kNow - absl::Hours(24 * 3 + 2);
  EXPECT_EQ(Tls(tls),
            "FAILED: TLSv1.3, its certificate expired 3 days ago -> concero must renew it; if it "
            "has, look at this machine's clock");
  tls.valid_until = kNow - absl::Hours(2);
  EXPECT_THAT(Tls(tls), HasSubstr("its certificate expired less than a day ago"));
  EXPECT_THAT(Tls(Flawed({TlsFlaw::kExpired})),
              HasSubstr("a certificate that vouches for it has expired"));
}

TEST(PreflightTls, HasAnAdviceForEachFlaw) {
  EXPECT_EQ(Tls(Flawed({TlsFlaw::kNotYetValid})),
            "FAILED: TLSv1.3, its certificate is not valid yet -> look at this machine's clock "
            "first: it may be behind");
  EXPECT_EQ(Tls(Flawed({TlsFlaw::kOtherName})),
            "FAILED: TLSv1.3, its certificate is for another name: portal.example -> check the "
            "host in concero.base_url: it must be one of the certificate's names");
  EXPECT_THAT(Tls(Flawed({TlsFlaw::kUnknownIssuer})),
              AllOf(HasSubstr("nobody who is trusted vouches for its certificate, issued by R11"),
                    HasSubstr("egress.ca_file")));
  http::TlsSeen other = Flawed({TlsFlaw::kOther});
  other.other_flaw = "EE certificate key too weak";
  EXPECT_THAT(Tls(other), HasSubstr("is not accepted: EE certificate key too weak -> ask concero"));
  EXPECT_THAT(Tls(Flawed({TlsFlaw::kUnknownIssuer, TlsFlaw::kOtherName})),
              AllOf(HasSubstr("vouches"), HasSubstr("another name"), HasSubstr("base_url")));
}

TEST(PreflightTls, SaysThatAFileReplacesTheSystemsTrust) {
  PreflightTarget target = Concero();
  target.http.ca_file = "/etc/ca.pem";
  EXPECT_THAT(Tls(Flawed({TlsFlaw::kUnknownIssuer}), target),
              HasSubstr("egress.ca_file replaces the system's certificates"));
  EXPECT_THAT(Tls(Ended(TlsEnd::kTrustUnreadable), target),
              HasSubstr("egress.ca_file must name a readable PEM file"));
}

TEST(PreflightTls, TellsWhyThereWasNoHandshake) {
  EXPECT_EQ(Tls(Ended(TlsEnd::kVersionRefused)),
            "FAILED: it does not speak TLS 1.3 -> ask concero for TLS 1.3 or later, or accept less "
            "with concero.min_tls: \"1.2\"");
  EXPECT_EQ(Tls(Ended(TlsEnd::kVersionRefused), ProctorExam()),
            "FAILED: it does not speak TLS 1.2 -> ask proctorexam for TLS 1.2 or later");
  EXPECT_THAT(Tls(Ended(TlsEnd::kNotTls)),
              HasSubstr("does not speak TLS -> check scheme and port"));
  EXPECT_THAT(Tls(Ended(TlsEnd::kBrokenOff)), HasSubstr("closed during the handshake"));
  EXPECT_THAT(Tls(Ended(TlsEnd::kTimedOut)), HasSubstr("no answer to the handshake"));
  EXPECT_THAT(Tls(Ended(TlsEnd::kRefused)), HasSubstr("the handshake was refused"));
}

TEST(PreflightTls, IsSkippedInPlaintext) {
  PreflightTarget target = Concero();
  target.http.base_url = "http://portal.example:80/api/v1";
  EXPECT_EQ(Line(JudgeTls(target, {}, kNow)), "SKIPPED: plaintext: concero.base_url is http://");
}

// Every line of a preflight of which that was seen.
std::vector<std::string> Lines(const UpstreamSeen& seen) {
  std::vector<std::string> lines;
  for (const PreflightCheck& check : Judge(Concero(), seen, std::nullopt, kNow).checks) {
    lines.push_back(check.name + " " + Line(check).substr(0, Line(check).find(" ->")));
  }
  return lines;
}

TEST(Preflight, HasAllChecksInOrderAndNamesTheOneThatIsNeeded) {
  using ::testing::ElementsAre;
  const std::string echo = "egress_ip SKIPPED: egress.echo_url is not set";
  UpstreamSeen seen;
  seen.lookup = LookupSeen{absl::UnavailableError("x"), absl::ZeroDuration()};
  EXPECT_THAT(Lines(seen), ElementsAre(StartsWith("dns FAILED"), "connect SKIPPED: needs dns",
                                       "tls SKIPPED: needs dns", "clock SKIPPED: needs dns",
                                       "credential SKIPPED: needs dns", echo));
  seen.lookup = Found({"203.0.113.80"});
  seen.dials = {{"203.0.113.80", DialEnd::kRefused, absl::ZeroDuration()}};
  EXPECT_THAT(Lines(seen), ElementsAre(StartsWith("dns OK"), StartsWith("connect FAILED"),
                                       "tls SKIPPED: needs connect", "clock SKIPPED: needs connect",
                                       "credential SKIPPED: needs connect", echo));
  seen = Connected();
  seen.tls->flaws = {TlsFlaw::kExpired};
  EXPECT_THAT(Lines(seen),
              ElementsAre(StartsWith("dns OK"), StartsWith("connect OK"), StartsWith("tls FAILED"),
                          "clock SKIPPED: needs tls", "credential SKIPPED: needs tls", echo));
  seen = testing::AnsweredWith(testing::Answered(200, "[]"));
  EXPECT_THAT(Lines(seen),
              ElementsAre(StartsWith("dns OK"), StartsWith("connect OK"), StartsWith("tls OK"),
                          StartsWith("clock SKIPPED"), StartsWith("credential OK"), echo));
}

TEST(Preflight, SaysOfWhatWasNotTriedThatThereWasNoTime) {
  using ::testing::ElementsAre;
  const std::string late = " SKIPPED: no time was left for it";
  EXPECT_THAT(Lines({}), ElementsAre("dns" + late, "connect" + late, "tls" + late, "clock" + late,
                                     "credential" + late, StartsWith("egress_ip SKIPPED")));
}

}  // namespace
}  // namespace gw::rest
