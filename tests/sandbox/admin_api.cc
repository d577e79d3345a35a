#include "tests/sandbox/admin_api.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sandbox/fault_codec.h"
#include "tests/sandbox/json_text.h"

namespace sandbox {
namespace {

constexpr std::string_view kRoot = "/_sandbox";
constexpr std::string_view kReports = "/_sandbox/reports/";

Response NoContent() { return {204, {}, ""}; }

Response BadRequest(std::string_view message) {
  return JsonResponse(400, FailureEnvelope(message, "Nothing was changed."));
}

Response NotFound() {
  return JsonResponse(404, FailureEnvelope("Not found.", "There is nothing at this path."));
}

Response MethodNotAllowed(std::string allow) {
  auto response = JsonResponse(
      405, FailureEnvelope("Method not allowed.", "This path has other methods; see Allow."));
  SetHeader(&response.headers, "Allow", std::move(allow));
  return response;
}

Response Address(const Request& request, const IpAddress& peer) {
  if (request.method != "GET") return MethodNotAllowed("GET");
  return {200, {{"Content-Type", "text/plain"}}, FormatIpAddress(peer) + "\n"};
}

std::optional<std::int64_t> ParseId(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

bool IsText(const Json& value) {
  return value.is_string() && !value.get_ref<const std::string&>().empty();
}

}  // namespace

bool AdminApi::Owns(std::string_view path) {
  return path.starts_with(kRoot) && (path.size() == kRoot.size() || path[kRoot.size()] == '/');
}

Response AdminApi::Handle(const Request& request, const IpAddress& peer) {
  const auto path = request.Path();
  if (path == "/_sandbox/faults") return Faults(request);
  if (path == "/_sandbox/journal") return ReadJournal(request);
  if (path == "/_sandbox/keys") return Keys(request);
  if (path == "/_sandbox/address") return Address(request, peer);
  if (path.starts_with(kReports)) return Report(request, path.substr(kReports.size()));
  return NotFound();
}

Response AdminApi::Faults(const Request& request) {
  if (request.method == "DELETE") {
    faults_->Replace({});
    return NoContent();
  }
  if (request.method != "PUT") return MethodNotAllowed("PUT, DELETE");
  auto parsed = ParseFaults(request.body);
  if (const auto* wrong = std::get_if<std::string>(&parsed)) return BadRequest(*wrong);
  faults_->Replace(std::get<std::vector<Fault>>(std::move(parsed)));
  return NoContent();
}

Response AdminApi::ReadJournal(const Request& request) {
  if (request.method == "GET") return JsonResponse(200, journal_->ToJson());
  if (request.method != "DELETE") return MethodNotAllowed("GET, DELETE");
  journal_->Clear();
  return NoContent();
}

Response AdminApi::Keys(const Request& request) {
  if (request.method != "PUT") return MethodNotAllowed("PUT");
  const auto keys = ParseJson(request.body);
  if (!keys || !keys->is_object()) return BadRequest("keys: must be a JSON object");
  std::vector<std::string> api_keys;
  std::vector<ProctorExamApi::Credential> credentials;
  for (const auto& [name, list] : keys->items()) {
    if (!list.is_array() || list.empty() || (name != "api_keys" && name != "proctorexam")) {
      return BadRequest("keys: has api_keys and proctorexam, each a list that is not empty");
    }
    for (const Json& one : list) {
      if (name == "api_keys") {
        if (!IsText(one)) return BadRequest("api_keys: has texts that are not empty");
        api_keys.push_back(one);
        continue;
      }
      if (!one.is_object() || one.size() != 2 || !IsText(one.value("token", Json())) ||
          !IsText(one.value("secret", Json()))) {
        return BadRequest("proctorexam: has objects with token and secret, texts not empty");
      }
      credentials.push_back({one.at("token"), one.at("secret")});
    }
  }
  if (!credentials.empty() && proctorexam_ == nullptr) {
    return BadRequest("proctorexam: is not stood in for; start with --proctorexam-token");
  }
  if (!api_keys.empty()) concero_->AcceptKeys(std::move(api_keys));
  if (!credentials.empty()) proctorexam_->AcceptKeys(std::move(credentials));
  return NoContent();
}

Response AdminApi::Report(const Request& request, std::string_view invite_id) {
  const auto id = ParseId(invite_id);
  if (!id) return NotFound();
  if (request.method != "PUT") return MethodNotAllowed("PUT");
  const auto members = ParseJson(request.body);
  if (!members || !members->is_object()) return BadRequest("report: must be a JSON object");
  concero_->MergeReport(*id, *members);
  return NoContent();
}

}  // namespace sandbox
