// What the judges of a preflight are asked about.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/rest/preflight_judge.h"
#include "tests/support/fake_transport.h"

namespace gw::testing {

/// Concero, by name and over TLS 1.3.
inline rest::PreflightTarget Concero() {
  rest::PreflightTarget target;
  target.name = "concero";
  target.http.base_url = "https://portal.example:443/api/v1";
  target.http.host = "portal.example";
  target.key = {"concero.api_key_file", [] { return std::string("0a1b2c3d"); }};
  return target;
}

/// ProctorExam, by name and over TLS 1.2 at least.
inline rest::PreflightTarget ProctorExam() {
  rest::PreflightTarget target;
  target.name = "proctorexam";
  target.http.base_url = "https://i.example:443/api/v3";
  target.http.host = "i.example";
  target.http.require_tls13 = false;
  target.key = {"proctorexam.api_token_file", [] { return std::string("11111111"); }};
  target.signing_key = {"proctorexam.secret_key_file", [] { return std::string("22222222"); }};
  return target;
}

inline rest::LookupSeen Found(std::vector<std::string> addresses) {
  return {std::make_shared<const std::vector<std::string>>(std::move(addresses)),
          absl::Milliseconds(4)};
}

inline const absl::Time kNow = absl::FromUnixSeconds(1'721'034'000);

/// A good connection.
inline rest::UpstreamSeen Connected() {
  rest::UpstreamSeen seen;
  seen.lookup = Found({"203.0.113.80"});
  seen.dials = {{"203.0.113.80", http::DialEnd::kConnected, absl::Milliseconds(12)}};
  seen.tls.emplace();
  seen.tls->end = http::TlsEnd::kDone;
  seen.tls->version = "TLSv1.3";
  seen.tls->issuer = "R11 (Let's Encrypt)";
  seen.tls->names = {"portal.example"};
  seen.tls->valid_until = kNow + absl::Hours(24 * 61 + 1);
  return seen;
}

/// The same, and an answer that took 50 ms.
inline rest::UpstreamSeen AnsweredWith(http::Outcome outcome) {
  rest::UpstreamSeen seen = Connected();
  seen.answer = rest::AnswerSeen{std::move(outcome), kNow, kNow + absl::Milliseconds(50),
                                 absl::Milliseconds(50)};
  return seen;
}

/// `FAILED: seen -> advice`, without what is empty.
inline std::string Line(const rest::PreflightCheck& check) {
  static constexpr const char* kWords[] = {"OK", "FAILED", "SKIPPED"};
  return absl::StrCat(kWords[static_cast<int>(check.result)], ": ", check.seen,
                      check.advice.empty() ? "" : " -> ", check.advice);
}

}  // namespace gw::testing
