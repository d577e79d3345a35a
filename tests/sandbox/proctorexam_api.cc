#include "tests/sandbox/proctorexam_api.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "tests/sandbox/query.h"
#include "tests/sandbox/student_fields.h"

namespace sandbox {
namespace {

constexpr std::string_view kRoot = "/api/v3/";
constexpr std::string_view kSessions = "student_sessions";
constexpr std::string_view kExams = "exams/";
constexpr std::int64_t kMostPerPage = 300;

struct Page {
  std::int64_t number = 1;
  std::int64_t limit = 30;
};

Response Refusal(int status, std::string_view error) {
  return JsonResponse(status, DumpJson({{"error", error}}));
}

// In its one way of being written: a number is signed as it stands.
std::optional<std::int64_t> ParsePositive(std::string_view text) {
  if (text.starts_with('0')) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  return number;
}

bool HasBody(const Request& request) {
  return request.method == "POST" || request.method == "PATCH" || request.method == "PUT";
}

bool Has(const std::vector<std::string>& elements, std::string_view one) {
  return std::find(elements.begin(), elements.end(), one) != elements.end();
}

// `methods` as in Allow.
bool Allows(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const auto one = methods.substr(0, methods.find(", "));
    if (one == method) return true;
    methods.remove_prefix(std::min(one.size() + 2, methods.size()));
  }
  return false;
}

// The parameters of a list, which are texts.
Page ReadPage(const Json& parameters, FieldErrors* errors) {
  Page page;
  for (const auto& [name, value] : parameters.items()) {
    const auto number = ParsePositive(value.get_ref<const std::string&>());
    if (name == "page") {
      if (!number) errors->Add(name, "must be a number from 1");
      page.number = number.value_or(page.number);
    } else if (name == "limit") {
      if (!number || *number > kMostPerPage) errors->Add(name, "must be a number from 1 to 300");
      page.limit = number.value_or(page.limit);
    } else {
      errors->Add(name, "is not known");
    }
  }
  return page;
}

Api::Outcome Student(int status, const Json& session) {
  return {JsonResponse(status, DumpJson({{"student", session}})), true};
}

Response NoSuchSession(std::int64_t id) {
  return Refusal(404, "Couldn't find Student Session with 'id'=" + std::to_string(id));
}

}  // namespace

ProctorExamApi::ProctorExamApi(Settings settings)
    : settings_(std::move(settings)), credentials_{{settings_.token, settings_.secret_key}} {}

bool ProctorExamApi::Owns(std::string_view path) { return path.starts_with(kRoot); }

std::optional<ProctorExamApi::Place> ProctorExamApi::FindPlace(std::string_view path) {
  if (!Owns(path)) return std::nullopt;
  path.remove_prefix(kRoot.size());
  if (path == kSessions) return Place{{}, {}, "GET"};
  if (path.starts_with(kExams)) {
    path.remove_prefix(kExams.size());
    const auto slash = std::min(path.find('/'), path.size());
    const auto exam_id = ParsePositive(path.substr(0, slash));
    if (!exam_id || path.substr(slash) != "/student_sessions") return std::nullopt;
    return Place{{}, exam_id, "GET, POST"};
  }
  if (!path.starts_with(kSessions) || path[kSessions.size()] != '/') return std::nullopt;
  const auto id = ParsePositive(path.substr(kSessions.size() + 1));
  if (!id) return std::nullopt;
  return Place{id, {}, "GET, PATCH, PUT, DELETE"};
}

const ProctorExamApi::Credential* ProctorExamApi::FindCredential(const Request& request) const {
  const auto found = std::find_if(
      credentials_.begin(), credentials_.end(), [&request](const Credential& credential) {
        return IsSame(request.Header("authorization"), "Token token=" + credential.token);
      });
  return found == credentials_.end() ? nullptr : &*found;
}

std::optional<Response> ProctorExamApi::RefuseHead(const Request& request,
                                                   const Place& place) const {
  if (!Allows(place.methods, request.method)) {
    auto response = Refusal(405, "This path has other methods; see Allow.");
    SetHeader(&response.headers, "Allow", std::string(place.methods));
    return response;
  }
  if (FindCredential(request) == nullptr) {
    return Refusal(401, "HTTP Token: Access denied.");
  }
  if (!Has(ListElements(request.Header("accept")), "application/vnd.procwise.v3")) {
    return Refusal(406, "The Accept header must name application/vnd.procwise.v3.");
  }
  const auto types = ListElements(request.Header("content-type"));
  if (HasBody(request) && types != std::vector<std::string>{"application/json"}) {
    return Refusal(415, "The Content-Type must be application/json.");
  }
  return std::nullopt;
}

Api::Outcome ProctorExamApi::Handle(const Request& request) {
  const auto place = FindPlace(request.Path());
  if (!place) return {Refusal(404, "There is nothing at this path.")};
  if (auto refusal = RefuseHead(request, *place)) return {*std::move(refusal)};

  Json parameters = Json::object();
  if (HasBody(request)) {
    const auto body = ParseJson(request.body);
    if (!body || !body->is_object()) return {Refusal(400, "The body must be a JSON object.")};
    if (request.HasQuery()) return {Refusal(422, "The parameters belong in the body.")};
    parameters = *body;
  } else {
    if (!request.body.empty()) return {Refusal(422, "The parameters belong in the query.")};
    const auto query = ParseQuery(request.target);
    if (!query) return {Refusal(403, "You are not authorized to access this page.")};
    for (const auto& [name, value] : *query) parameters[name] = value;
  }

  SignedValues in_path;
  if (place->session_id) in_path["id"] = std::to_string(*place->session_id);
  if (place->exam_id) in_path["exam_id"] = std::to_string(*place->exam_id);
  const auto from = HasBody(request) ? SignatureCheck::From::kBody : SignatureCheck::From::kQuery;
  const std::string& secret_key = FindCredential(request)->secret_key;
  if (!signatures_.Passes(from, secret_key, &parameters, in_path, settings_.unix_milliseconds())) {
    return {Refusal(403, "You are not authorized to access this page.")};
  }
  if (place->session_id) return HandleSession(request, *place->session_id, parameters);
  if (request.method == "POST") return Create(*place->exam_id, parameters);
  return List(place->exam_id, parameters);
}

Api::Outcome ProctorExamApi::HandleSession(const Request& request, std::int64_t id,
                                           const Json& parameters) {
  const bool reads = request.method == "GET";
  const Json* const session = sessions_.Find(id);
  if (session == nullptr) return {NoSuchSession(id), reads};
  if (HasBody(request)) return Update(id, parameters);
  FieldErrors errors;
  errors.AddUnknown(parameters);
  if (!errors.empty()) return {errors.Refusal()};
  if (reads) return Student(200, *session);
  sessions_.Delete(id);
  return {Response{204, {}, ""}, true};
}

Api::Outcome ProctorExamApi::List(std::optional<std::int64_t> exam_id, const Json& parameters) {
  FieldErrors errors;
  const auto [page, limit] = ReadPage(parameters, &errors);
  if (!errors.empty()) return {errors.Refusal()};

  const auto all = sessions_.List(exam_id);
  const auto count = static_cast<std::int64_t>(all.size());
  const std::int64_t pages = (count + limit - 1) / limit;
  Json students = Json::array();
  if (page <= pages) {
    for (std::int64_t i = (page - 1) * limit; i < std::min(count, page * limit); ++i) {
      students.push_back(*all[static_cast<std::size_t>(i)]);
    }
  }
  auto response = JsonResponse(200, DumpJson({{"students", students}}));
  SetHeader(&response.headers, "X-Pagination-Item-Count", std::to_string(count));
  SetHeader(&response.headers, "X-Pagination-Page-Count", std::to_string(pages));
  SetHeader(&response.headers, "X-Pagination-Page", std::to_string(page));
  SetHeader(&response.headers, "X-Pagination-Limit", std::to_string(limit));
  return {std::move(response), true};
}

Api::Outcome ProctorExamApi::Create(std::int64_t exam_id, const Json& parameters) {
  FieldErrors errors;
  StudentFields fields(parameters, &errors);
  fields.Require("name");
  fields.Require("email");
  CheckAddress(exam_id, /*except=*/0, fields.attributes(), &errors);
  if (!errors.empty()) return {errors.Refusal()};
  return Student(201,
                 sessions_.Create(exam_id, fields.attributes(), settings_.unix_milliseconds()));
}

Api::Outcome ProctorExamApi::Update(std::int64_t id, const Json& parameters) {
  FieldErrors errors;
  const StudentFields fields(parameters, &errors);
  CheckAddress(sessions_.Find(id)->at("exam_id"), id, fields.attributes(), &errors);
  if (!errors.empty()) return {errors.Refusal()};
  return Student(200, sessions_.Update(id, fields.attributes(), settings_.unix_milliseconds()));
}

void ProctorExamApi::CheckAddress(std::int64_t exam_id, std::int64_t except, const Json& attributes,
                                  FieldErrors* errors) const {
  const auto email = attributes.find("email");
  if (email != attributes.end() &&
      sessions_.IsTaken(exam_id, email->get_ref<const std::string&>(), except)) {
    errors->Add("email", "has already been taken");
  }
}

}  // namespace sandbox
