#include "service/concero/client.h"

#include <string>
#include <utility>

#include "service/base/failure.h"
#include "service/concero/examinations_codec.h"
#include "service/concero/report_codec.h"

namespace gw::concero {
namespace {

using http::Request;
using http::Response;

absl::string_view OurField(absl::string_view theirs) {
  if (theirs == "candidate_email" || theirs == "examination_id") return theirs;
  if (theirs == "invite_id" || theirs == "inviteId") return "invite_id";
  return "";
}

}  // namespace

const rest::Dialect& Dialect() {
  static const auto* const dialect =
      new rest::Dialect{{"concero", Reason::kUpstreamIpNotAllowed,
                         "concero refused the gateway's address; it must be allowlisted"},
                        &OurField};
  return *dialect;
}

const http::UpstreamTraits& Traits() { return Dialect().traits; }

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

Request HarmlessRequest() { return MakeRequest(http::Method::kGet, "/examinations", ""); }

void Client::ListExaminations(const rest::CallContext& context,
                              Once<absl::StatusOr<std::vector<::concero::v1::Examination>>> done) {
  rest::Call<std::vector<::concero::v1::Examination>>(
      transport_, HarmlessRequest(), context, Dialect(),
      [](const Response& response) { return DecodeExaminations(response.body); }, std::move(done));
}

void Client::CancelAllocation(int64_t invite_id, const rest::CallContext& context,
                              Once<absl::StatusOr<CancellationAnswer>> done) {
  rest::Call<CancellationAnswer>(
      transport_,
      MakeRequest(http::Method::kPost, "/cancel-allocation", EncodeCancellation(invite_id)),
      context, Dialect(),
      [invite_id](const Response& response) -> absl::StatusOr<CancellationAnswer> {
        auto answer = DecodeCancellation(response.body);
        if (answer.ok() && answer->invite_id != invite_id) {
          return absl::InvalidArgumentError("data.invite_id: is another one than asked for");
        }
        return answer;
      },
      std::move(done));
}

void Client::GetReport(int64_t invite_id, const rest::CallContext& context,
                       Once<absl::StatusOr<::concero::v1::Report>> done) {
  rest::Call<::concero::v1::Report>(
      transport_, MakeRequest(http::Method::kPost, "/report", EncodeReportRequest(invite_id)),
      context, Dialect(),
      [invite_id](const Response& response) -> absl::StatusOr<::concero::v1::Report> {
        auto report = DecodeReport(response.body);
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

}  // namespace gw::concero
