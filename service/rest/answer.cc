#include "service/rest/answer.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/base/failure.h"
#include "service/rest/body_excerpt.h"

namespace gw::rest {
namespace {

std::string DescribeAnswer(absl::string_view body) {
  absl::string_view text = body;
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  text = absl::StripLeadingAsciiWhitespace(text);
  if (text.empty() || !absl::StrContains("{[\"", text.front())) return DescribeForLog(body);
  return absl::StrCat("JSON of ", body.size(), " bytes");
}

}  // namespace

absl::Status RefusalOf(const http::Outcome& outcome, const Dialect& dialect,
                       const observe::CallRecord* record) {
  absl::Status status = http::StatusOf(outcome, dialect.traits);
  const auto* response = std::get_if<http::Response>(&outcome);
  if (response == nullptr) return status;
  observe::LogOf(record, observe::LogLevel::kWarn, "upstream_refused",
                 {{"upstream", dialect.traits.name},
                  {"http_status", response->status},
                  {"body", DescribeForLog(response->body)}});
  if (response->status != 422) return status;
  const Rejection rejection = DecodeRejection(response->body, dialect.our_field);
  Failure failure = GetFailure(status);
  failure.violations = rejection.violations;
  if (!rejection.violations.empty()) {
    failure.metadata.emplace_back("field", rejection.violations.front().field);
  }
  if (rejection.unmapped > 0) {
    failure.metadata.emplace_back("unmapped_fields", absl::StrCat(rejection.unmapped));
  }
  const auto code = rejection.already_taken ? absl::StatusCode::kAlreadyExists : status.code();
  return MakeFailure(code, status.message(), failure);
}

void LogUndecodable(const http::Response& response, absl::string_view target,
                    const absl::Status& problem, const Dialect& dialect,
                    const observe::CallRecord* record) {
  // A query has a signature in it.
  observe::LogOf(record, observe::LogLevel::kWarn, "upstream_bad_response",
                 {{"upstream", dialect.traits.name},
                  {"target", target.substr(0, target.find('?'))},
                  {"http_status", response.status},
                  {"problem", problem.message()},
                  {"body", DescribeAnswer(response.body)}});
}

}  // namespace gw::rest
