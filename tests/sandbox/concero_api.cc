#include "tests/sandbox/concero_api.h"

#include <algorithm>
#include <utility>

namespace sandbox {
namespace {

constexpr std::string_view kLinkPrefix = "https://concero.example/exam/start/";

Response NotFound(std::string_view message, std::string_view error) {
  return JsonResponse(404, FailureEnvelope(message, error));
}

Response UnknownInvite() {
  return NotFound("Invite not found.", "No allocation has this invite ID.");
}

Response RedirectToPage() {
  return {302,
          {{"Location", "/login"}, {"Content-Type", "text/html; charset=UTF-8"}},
          "<!DOCTYPE html>\n<html>\n<head><title>Redirecting to /login</title></head>\n"
          "<body>Redirecting to <a href=\"/login\">/login</a>.</body>\n</html>\n"};
}

bool Accepts(const Request& request, std::string_view media_type) {
  const auto accepted = ListElements(request.Header("accept"));
  return std::find(accepted.begin(), accepted.end(), media_type) != accepted.end();
}

bool HasJsonBody(const Request& request) {
  const auto types = ListElements(request.Header("content-type"));
  return types.size() == 1 && types[0] == "application/json";
}

}  // namespace

ConceroApi::ConceroApi(std::string api_key, std::function<std::string()> new_token)
    : api_keys_{std::move(api_key)},
      new_token_(std::move(new_token)),
      examinations_{{119, "Technology - Email Test"},
                    {120, "Technology - Backend Engineer (Level 2)"},
                    {124, "Finanzbuchhaltung für Einsteiger – Prüfung"},
                    {131, "Compréhension orale du français"},
                    {137, "データ分析 基礎"},
                    {140, "Aptitude & Reasoning \"Fast Track\""}} {}

const ConceroApi::Route* ConceroApi::FindRoute(std::string_view path) {
  static constexpr Route kRoutes[] = {
      {"/api/v1/examinations", "GET", &ConceroApi::ListExaminations},
      {"/api/v1/allocate-candidate", "POST", &ConceroApi::AllocateCandidate},
      {"/api/v1/cancel-allocation", "POST", &ConceroApi::CancelAllocation},
      {"/api/v1/report", "POST", &ConceroApi::GetReport},
  };
  const auto* const route = std::find_if(std::begin(kRoutes), std::end(kRoutes),
                                         [path](const Route& r) { return r.path == path; });
  return route == std::end(kRoutes) ? nullptr : route;
}

ConceroApi::Outcome ConceroApi::Handle(const Request& request) {
  const Route* const route = FindRoute(request.Path());
  if (route == nullptr) return {NotFound("Not found.", "There is nothing at this path.")};
  if (request.method != route->method) {
    auto response = JsonResponse(
        405, FailureEnvelope("Method not allowed.", "This path has another method; see Allow."));
    SetHeader(&response.headers, "Allow", std::string(route->method));
    return {response};
  }
  if (std::find(api_keys_.begin(), api_keys_.end(), request.Header("x-api-key")) ==
      api_keys_.end()) {
    return {
        JsonResponse(401, DumpJson({{"success", false}, {"message", "Unauthorized API key."}}))};
  }
  if (!Accepts(request, "application/json")) return {RedirectToPage()};
  if (route->method == "POST" && !HasJsonBody(request)) {
    return {JsonResponse(415, FailureEnvelope("Unsupported media type.",
                                              "The Content-Type must be application/json."))};
  }
  if (request.HasQuery()) {
    const Json none = Json::object();
    BodyFields fields(none);
    fields.AddError("query", "This path takes no query parameters.");
    return {fields.Refusal()};
  }
  if (route->method == "POST") return HandlePost(*route, request);
  return (this->*route->operation)(Json());
}

ConceroApi::Outcome ConceroApi::HandlePost(const Route& route, const Request& request) {
  const auto body = ParseJson(request.body);
  if (!body) {
    return {JsonResponse(400, FailureEnvelope("Bad request.", "The body is not valid JSON."))};
  }
  if (!body->is_object()) {
    const Json none = Json::object();
    BodyFields fields(none);
    fields.AddError("body", "The body must be a JSON object.");
    return {fields.Refusal()};
  }
  return (this->*route.operation)(*body);
}

ConceroApi::Outcome ConceroApi::ListExaminations(const Json&) {
  Json list = Json::array();
  for (const auto& [id, name] : examinations_) list.push_back({{"testId", id}, {"testName", name}});
  return {JsonResponse(200, DumpJson(list)), true};
}

ConceroApi::Outcome ConceroApi::AllocateCandidate(const Json& body) {
  BodyFields fields(body);
  const auto email = fields.Email("candidate_email");
  const auto examination_id = fields.Integer("examination_id");
  fields.RefuseOthers();
  if (fields.ok() && !examinations_.contains(examination_id)) {
    fields.AddError("examination_id", "The selected examination id is invalid.");
  }
  if (!fields.ok()) return {fields.Refusal()};

  const auto invite_id = next_invite_id_++;
  invites_[invite_id] = {examination_id, email};
  return {
      JsonResponse(201, DumpJson({{"success", true},
                                  {"message", "Candidate allocated to examination successfully."},
                                  {"data",
                                   {{"candidate_email", email},
                                    {"examination_id", examination_id},
                                    {"invite_id", invite_id},
                                    {"invite_link", std::string(kLinkPrefix) + new_token_()}}}})),
      true};
}

ConceroApi::Outcome ConceroApi::CancelAllocation(const Json& body) {
  BodyFields fields(body);
  const auto invite_id = fields.Integer("invite_id");
  fields.RefuseOthers();
  if (!fields.ok()) return {fields.Refusal()};
  if (!invites_.contains(invite_id)) return {UnknownInvite()};
  return {
      JsonResponse(200, DumpJson({{"success", true},
                                  {"message", "Allocation cancelled successfully."},
                                  {"data", {{"invite_id", invite_id}, {"status", "inValid"}}}})),
      true};
}

ConceroApi::Outcome ConceroApi::GetReport(const Json& body) {
  BodyFields fields(body);
  const auto invite_id = fields.Integer("inviteId");
  fields.RefuseOthers();
  if (!fields.ok()) return {fields.Refusal()};

  const auto invite = invites_.find(invite_id);
  const auto laid_over = laid_over_.find(invite_id);
  if (invite == invites_.end() && laid_over == laid_over_.end()) return {UnknownInvite(), true};
  Json report = {{"inviteId", std::to_string(invite_id)}};
  if (invite != invites_.end()) {
    const auto& [examination_id, email] = invite->second;
    report["testId"] = std::to_string(examination_id);
    report["testName"] = examinations_.at(examination_id);
    report["email"] = email;
    for (const char* later : {"reportURL", "proctoringURL", "score", "totalScore", "percentage",
                              "testStartDate", "testEndDate", "status", "metadata"}) {
      report[later] = nullptr;
    }
  }
  if (laid_over != laid_over_.end()) report.update(laid_over->second);
  return {JsonResponse(200, DumpJson(report)), true};
}

void ConceroApi::MergeReport(std::int64_t invite_id, const Json& members) {
  auto& laid_over = laid_over_.try_emplace(invite_id, Json::object()).first->second;
  laid_over.update(members);
}

}  // namespace sandbox
