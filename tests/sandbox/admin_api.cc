#include "tests/sandbox/admin_api.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

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

std::optional<std::int64_t> ParseId(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

}  // namespace

bool AdminApi::Owns(std::string_view path) {
  return path.starts_with(kRoot) && (path.size() == kRoot.size() || path[kRoot.size()] == '/');
}

Response AdminApi::Handle(const Request& request) {
  const auto path = request.Path();
  if (path == "/_sandbox/faults") return Faults(request);
  if (path == "/_sandbox/journal") return ReadJournal(request);
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
