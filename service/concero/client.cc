#include "service/concero/client.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "service/base/failure.h"
#include "service/concero/body_excerpt.h"
#include "service/concero/examinations_codec.h"
#include "service/concero/failure_codec.h"
#include "service/concero/report_codec.h"

namespace gw::concero {
namespace {

using http::Outcome;
using http::Request;
using http::Response;

absl::Status Undecodable(const observe::CallRecord* record, absl::string_view target,
                         const Response& response, const absl::Status& error) {
  observe::LogOf(record, observe::LogLevel::kWarn, "upstream_bad_response",
                 {{"upstream", Traits().name},
                  {"target", target},
                  {"http_status", response.status},
                  {"problem", error.message()},
                  {"body", DescribeForLog(response.body)}});
  return http::BadResponse(Traits(), response.status);
}

// Sends, and hands a 2xx to `decode`.
template <class Value, class Decode>
void Call(http::Transport& transport, Request request, const CallContext& context, Decode decode,
          Once<absl::StatusOr<Value>> done) {
  request.deadline = context.deadline;
  request.cancel = context.cancel;
  request.record = context.record;
  std::string target = request.target;
  transport.Start(std::move(request),
                  [decode = std::move(decode), target = std::move(target), record = context.record,
                   done = std::move(done)](Outcome outcome) mutable {
                    if (absl::Status status = http::StatusOf(outcome, Traits()); !status.ok()) {
                      return std::move(done)(RefusalOf(outcome, record.get()));
                    }
                    const auto& response = std::get<Response>(outcome);
                    absl::StatusOr<Value> value = decode(absl::string_view(response.body));
                    if (!value.ok())
                      value = Undecodable(record.get(), target, response, value.status());
                    std::move(done)(std::move(value));
                  });
}

}  // namespace

const http::UpstreamTraits& Traits() {
  static const auto* const traits =
      new http::UpstreamTraits{"concero", Reason::kUpstreamIpNotAllowed,
                               "concero refused the gateway's address; it must be allowlisted"};
  return *traits;
}

Request MakeRequest(http::Method method, absl::string_view target, std::string body) {
  Request request;
  request.method = method;
  request.target = std::string(target);
  request.headers = {{"Accept", "application/json"}};
  if (method == http::Method::kPost) {
    request.headers.push_back({"Content-Type", "application/json"});
  }
  request.body = std::move(body);
  return request;
}

void Client::ListExaminations(const CallContext& context,
                              Once<absl::StatusOr<std::vector<::concero::v1::Examination>>> done) {
  Call<std::vector<::concero::v1::Examination>>(
      transport_, MakeRequest(http::Method::kGet, "/examinations", ""), context,
      [](absl::string_view body) { return DecodeExaminations(body); }, std::move(done));
}

void Client::CancelAllocation(int64_t invite_id, const CallContext& context,
                              Once<absl::StatusOr<CancellationAnswer>> done) {
  Call<CancellationAnswer>(
      transport_,
      MakeRequest(http::Method::kPost, "/cancel-allocation", EncodeCancellation(invite_id)),
      context,
      [invite_id](absl::string_view body) -> absl::StatusOr<CancellationAnswer> {
        auto answer = DecodeCancellation(body);
        if (answer.ok() && answer->invite_id != invite_id) {
          return absl::InvalidArgumentError("data.invite_id: is another one than asked for");
        }
        return answer;
      },
      std::move(done));
}

void Client::GetReport(int64_t invite_id, const CallContext& context,
                       Once<absl::StatusOr<::concero::v1::Report>> done) {
  Call<::concero::v1::Report>(
      transport_, MakeRequest(http::Method::kPost, "/report", EncodeReportRequest(invite_id)),
      context,
      [invite_id](absl::string_view body) -> absl::StatusOr<::concero::v1::Report> {
        auto report = DecodeReport(body);
        if (!report.ok()) return report;
        // Somebody else's report is worse than none.
        if (report->invite_id() != 0 && report->invite_id() != invite_id) {
          return absl::InvalidArgumentError("inviteId: is another one than asked for");
        }
        report->set_invite_id(invite_id);
        return report;
      },
      std::move(done));
}

absl::Status RefusalOf(const Outcome& outcome, const observe::CallRecord* record) {
  absl::Status status = http::StatusOf(outcome, Traits());
  const auto* response = std::get_if<Response>(&outcome);
  if (response == nullptr) return status;
  observe::LogOf(record, observe::LogLevel::kWarn, "upstream_refused",
                 {{"upstream", Traits().name},
                  {"http_status", response->status},
                  {"body", DescribeForLog(response->body)}});
  if (response->status != 422) return status;
  const Rejection rejection = DecodeRejection(response->body);
  Failure failure = GetFailure(status);
  failure.violations = rejection.violations;
  if (!rejection.violations.empty()) {
    failure.metadata.emplace_back("field", rejection.violations.front().field);
  }
  const auto code = rejection.already_taken ? absl::StatusCode::kAlreadyExists : status.code();
  return MakeFailure(code, status.message(), failure);
}

}  // namespace gw::concero
