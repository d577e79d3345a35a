#include <gmock/gmock.h>

#include "tests/unit/rest/preflight_fixture.h"

namespace gw::rest {
namespace {

using http::ErrorKind;
using http::Outcome;
using http::Phase;
using ::testing::AllOf;
using testing::Answered;
using testing::AnsweredWith;
using testing::Broken;
using testing::Concero;
using ::testing::HasSubstr;
using testing::kNow;
using testing::Line;
using ::testing::Not;
using testing::ProctorExam;
using ::testing::StartsWith;

constexpr char kHtml[] = "Content-Type: text/html; charset=utf-8\r\n";
constexpr char kJson[] = "Content-Type: application/json\r\n";

std::string Credential(Outcome outcome, const PreflightTarget& target = Concero(),
                       absl::string_view egress_ip = "203.0.113.7") {
  return Line(JudgeCredential(target, AnsweredWith(std::move(outcome)), egress_ip));
}

TEST(PreflightCredential, IsOkWhenTheRequestIsAnswered) {
  EXPECT_EQ(Credential(Answered(200, "[]", kJson)), "OK: answered 200: the key is accepted");
}

TEST(PreflightCredential, SaysOfA401WhichKeyIsWrong) {
  EXPECT_EQ(Credential(Answered(401, "{}", kJson)),
            "FAILED: answered 401: the key is wrong -> put the right key into the file of "
            "concero.api_key_file (the one in use has the fingerprint 0a1b2c3d)");
  EXPECT_EQ(Credential(Answered(401, "{}", kJson), ProctorExam()),
            "FAILED: answered 401: the key is wrong -> put the right key into the file of "
            "proctorexam.api_token_file (the one in use has the fingerprint 11111111)");
}

TEST(PreflightCredential, SaysOfConcerosA403WhichAddressIsToBeAllowlisted) {
  EXPECT_EQ(Credential(Answered(403, "{}", kJson)),
            "FAILED: answered 403: this address is not allowlisted, the address the upstream sees "
            "is 203.0.113.7 -> ask concero to allowlist 203.0.113.7, or leave from an address that "
            "is allowlisted");
  EXPECT_EQ(Credential(Answered(403, "{}", kJson), Concero(), ""),
            "FAILED: answered 403: this address is not allowlisted, the address the upstream sees "
            "is not known -> set egress.echo_url to learn the address, then ask concero to "
            "allowlist it");
}

TEST(PreflightCredential, SaysOfProctorExamsA403WhatItMayBeAbout) {
  EXPECT_EQ(
      Credential(Answered(403, "{}", kJson), ProctorExam()),
      "FAILED: answered 403: the request is not authorized -> put the right key into the file "
      "of proctorexam.secret_key_file (the one in use has the fingerprint 22222222); look at "
      "the check clock; and ask proctorexam what the token may do");
}

TEST(PreflightCredential, TakesAPageInsteadOfARefusalForARefusedAddress) {
  for (const int status : {401, 403, 406}) {
    for (const PreflightTarget& target : {Concero(), ProctorExam()}) {
      EXPECT_THAT(Credential(Answered(status, "", kHtml), target),
                  AllOf(StartsWith(absl::StrCat("FAILED: answered ", status)),
                        HasSubstr("with a page of HTML: this address is not allowlisted, the "
                                  "address the upstream sees is 203.0.113.7")));
    }
  }
  EXPECT_THAT(Credential(Answered(403, "\n <!DOCTYPE html>")), HasSubstr("a page of HTML"));
}

TEST(PreflightCredential, SaysOfAPageWithA5xxThatItMayBeEither) {
  EXPECT_THAT(Credential(Answered(502, "<h1>canary</h1>", kHtml)),
              AllOf(StartsWith("FAILED: answered 502 with a page of HTML: the upstream is failing, "
                               "or this address is not allowlisted, the address the upstream sees "
                               "is 203.0.113.7 -> try again later"),
                    Not(HasSubstr("canary"))));
}

TEST(PreflightCredential, DoesNotTakeAPageForTheApi) {
  EXPECT_THAT(Credential(Answered(200, "<html>", kHtml)),
              AllOf(StartsWith("FAILED: answered 200 with a page of HTML: this is not the API -> "
                               "check concero.base_url"),
                    HasSubstr("203.0.113.7")));
}

TEST(PreflightCredential, HasAnAdviceForEachOtherStatus) {
  EXPECT_THAT(Credential(Answered(302)), HasSubstr("a redirect, which is not followed -> check "
                                                   "concero.base_url"));
  EXPECT_THAT(Credential(Answered(404)), HasSubstr("there is no such path -> check the path in "
                                                   "concero.base_url"));
  EXPECT_THAT(Credential(Answered(418)),
              StartsWith("FAILED: answered 418: the request was refused"));
  EXPECT_THAT(Credential(Answered(503)),
              StartsWith("FAILED: answered 503: the upstream is failing -> try again later"));
  EXPECT_THAT(Credential(Answered(429)),
              StartsWith("SKIPPED: answered 429: too many requests, which says nothing about the "
                         "key -> try again later"));
}

TEST(PreflightCredential, TellsWhyThereWasNoAnswer) {
  EXPECT_THAT(Credential(Broken(ErrorKind::kTimeout)),
              StartsWith("FAILED: no answer within 50ms -> try again"));
  EXPECT_THAT(Credential(Broken(ErrorKind::kConnectionLost)), HasSubstr("the connection was lost"));
  EXPECT_THAT(Credential(Broken(ErrorKind::kTls)), HasSubstr("certificate of the gateway's own"));
  EXPECT_THAT(Credential(Broken(ErrorKind::kProtocol)), HasSubstr("not HTTP/1.1"));
  EXPECT_THAT(Credential(Broken(ErrorKind::kTooLarge)), HasSubstr("concero.max_response_bytes"));
  EXPECT_THAT(Credential(Broken(ErrorKind::kInternal, Phase::kWritten, "canary")),
              AllOf(StartsWith("FAILED: no answer: internal"), Not(HasSubstr("canary"))));
  EXPECT_EQ(Credential(Broken(ErrorKind::kDeadline, Phase::kNotConnected)),
            "SKIPPED: no time was left for it -> give the call a longer deadline");
  EXPECT_EQ(Credential(Broken(ErrorKind::kShutdown)), "SKIPPED: the preflight was stopped");
}

std::string ClockSays(absl::Duration ahead, const PreflightTarget& target = Concero(),
                      const std::string& more = "") {
  const std::string date = absl::FormatTime(
      "%a, %d %b %Y %H:%M:%S GMT", kNow + absl::Milliseconds(20) + ahead, absl::UTCTimeZone());
  return Line(JudgeClock(
      target, AnsweredWith(Answered(401, "", absl::StrCat("Date: ", date, "\r\n", more)))));
}

TEST(PreflightClock, IsOkWithinThirtySecondsWhateverTheStatus) {
  EXPECT_EQ(ClockSays(absl::ZeroDuration()), "OK: less than a second apart");
  EXPECT_EQ(ClockSays(absl::Seconds(4)), "OK: 4s apart");
  EXPECT_EQ(ClockSays(-absl::Seconds(30)), "OK: 29s apart");
}

TEST(PreflightClock, SaysWhoseIsBehindAndWhatBreaks) {
  EXPECT_EQ(ClockSays(absl::Minutes(10)),
            "FAILED: ours is 10m behind -> compare this machine's clock with a time server; "
            "certificates are judged by it");
  EXPECT_EQ(ClockSays(-absl::Minutes(10) - absl::Seconds(1), ProctorExam()),
            "FAILED: ours is 10m ahead -> compare this machine's clock with a time server; "
            "proctorexam refuses what is signed with a wrong time");
}

TEST(PreflightClock, IsSkippedWithoutADateOfTheUpstreamsOwn) {
  EXPECT_EQ(Line(JudgeClock(Concero(), AnsweredWith(Answered(200)))),
            "SKIPPED: the answer has no Date");
  EXPECT_EQ(Line(JudgeClock(Concero(), AnsweredWith(Answered(200, "", "Date: today\r\n")))),
            "SKIPPED: the answer has no Date");
  EXPECT_EQ(ClockSays(absl::Hours(1), Concero(), "Age: 3600\r\n"),
            "SKIPPED: the answer came out of somebody's cache");
  EXPECT_EQ(Line(JudgeClock(Concero(), AnsweredWith(Broken(ErrorKind::kTimeout)))),
            "SKIPPED: no answer came whose Date could be compared");
}

std::string Echo(const EchoSeen& echo, std::string* address) {
  return Line(JudgeEcho(echo, address));
}

TEST(PreflightEgressIp, IsTheAddressThatTheEchoSays) {
  std::string address;
  EXPECT_EQ(Echo(Answered(200, "203.0.113.7\n"), &address), "OK: 203.0.113.7");
  EXPECT_EQ(address, "203.0.113.7");
}

TEST(PreflightEgressIp, TellsWhyThereIsNone) {
  std::string address;
  EXPECT_THAT(Echo(std::nullopt, &address), StartsWith("SKIPPED: egress.echo_url is not set -> "));
  EXPECT_THAT(Echo(Answered(200, "canary"), &address),
              AllOf(StartsWith("FAILED: egress.echo_url did not answer with an address -> "),
                    Not(HasSubstr("canary"))));
  EXPECT_THAT(Echo(Answered(500, "203.0.113.7"), &address),
              StartsWith("FAILED: egress.echo_url answered 500 -> "));
  EXPECT_THAT(Echo(Broken(ErrorKind::kConnect), &address),
              StartsWith("FAILED: egress.echo_url did not answer: connect -> "));
  EXPECT_EQ(Echo(Broken(ErrorKind::kDeadline, Phase::kNotConnected), &address),
            "SKIPPED: no time was left for it -> give the call a longer deadline");
  EXPECT_EQ(address, "");
}

}  // namespace
}  // namespace gw::rest
