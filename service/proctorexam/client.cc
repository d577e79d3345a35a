#include "service/proctorexam/client.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/base/failure.h"
#include "service/proctorexam/session_pages.h"
#include "service/proctorexam/student_session_codec.h"
#include "service/rest/one_shot_call.h"

namespace gw::proctorexam {
namespace {

using http::Method;
using http::Outcome;
using http::Parameter;
using http::Request;
using http::Response;
using Parameters = std::vector<Parameter>;

absl::string_view OurField(absl::string_view theirs) {
  constexpr absl::string_view kOurs[] = {"id",
                                         "exam_id",
                                         "name",
                                         "email",
                                         "external_id",
                                         "individual_info",
                                         "is_individual_info_html",
                                         "skip_requirements",
                                         "open_time"};
  for (const absl::string_view ours : kOurs) {
    if (ours == theirs) return ours;
  }
  return "";
}

Request MakeRequest(Method method, std::string target, Parameters parameters) {
  Request request;
  request.method = method;
  request.target = std::move(target);
  request.headers = {{"Accept", "application/vnd.procwise.v3"}};
  if (method == Method::kPost || method == Method::kPatch) {
    request.headers.push_back({"Content-Type", "application/json"});
  }
  request.parameters = std::move(parameters);
  return request;
}

Request OfSession(Method method, int64_t id) {
  return MakeRequest(method, absl::StrCat("/student_sessions/", id),
                     {{"id", id, /*in_path=*/true}});
}

// The path of an exam's sessions has the exam's id, which is signed then [vendor]; that of all has
// none.
Request OfSessions(Method method, int64_t exam_id) {
  if (exam_id == 0) return MakeRequest(method, "/student_sessions", {});
  return MakeRequest(method, absl::StrCat("/exams/", exam_id, "/student_sessions"),
                     {{"exam_id", exam_id, /*in_path=*/true}});
}

// What an update and a creation have in common: the fields that are set.
template <class Fields>
void AddFields(const Fields& fields, Parameters& to) {
  if (fields.has_name()) to.push_back({"name", fields.name()});
  if (fields.has_email()) to.push_back({"email", fields.email()});
  if (fields.has_external_id()) to.push_back({"external_id", fields.external_id()});
  if (fields.has_individual_info()) to.push_back({"individual_info", fields.individual_info()});
  if (fields.has_is_individual_info_html()) {
    to.push_back({"is_individual_info_html", fields.is_individual_info_html()});
  }
  if (fields.has_skip_requirements()) {
    to.push_back({"skip_requirements", fields.skip_requirements()});
  }
  if (fields.has_open_time()) to.push_back({"open_time", fields.open_time().seconds()});
}

// Reads the session that was asked for: somebody else's is worse than none.
auto SessionOf(int64_t id) {
  return [id](const Response& response) -> absl::StatusOr<pb::StudentSession> {
    auto session = DecodeStudentSession(response.body);
    if (!session.ok()) return session;
    if (session->id() != 0 && session->id() != id) {
      return absl::InvalidArgumentError("student.id: is another one than asked for");
    }
    session->set_id(id);
    return session;
  };
}

}  // namespace

const rest::Dialect& Dialect() {
  static const auto* const dialect = new rest::Dialect{
      {"proctorexam", Reason::kUpstreamNotAuthorized,
       "proctorexam did not authorize the request; check what the token may do, the secret key and "
       "the clock"},
      &OurField};
  return *dialect;
}

Request HarmlessRequest() {
  Request request = OfSessions(Method::kGet, /*exam_id=*/0);
  request.parameters = {{"page", int64_t{1}}, {"limit", int64_t{1}}};
  return request;
}

void Client::Update(const pb::UpdateStudentSessionRequest& request,
                    const rest::CallContext& context, Once<absl::StatusOr<Session>> done) {
  Request update = OfSession(Method::kPatch, request.id());
  AddFields(request, update.parameters);
  rest::Call<Session>(transport_, std::move(update), context, Dialect(), SessionOf(request.id()),
                      std::move(done));
}

void Client::Get(const pb::GetStudentSessionRequest& request, const rest::CallContext& context,
                 Once<absl::StatusOr<Session>> done) {
  rest::Call<Session>(transport_, OfSession(Method::kGet, request.id()), context, Dialect(),
                      SessionOf(request.id()), std::move(done));
}

void Client::List(const pb::ListStudentSessionsRequest& request, const rest::CallContext& context,
                  Once<absl::StatusOr<Sessions>> done) {
  const auto position = PositionOf(request.exam_id(), request.page_size(), request.page_token());
  if (!position.ok()) return std::move(done)(position.status());
  Request list = OfSessions(Method::kGet, position->exam_id);
  list.parameters.push_back({"page", int64_t{position->page}});
  list.parameters.push_back({"limit", int64_t{position->size}});
  rest::Call<Sessions>(
      transport_, std::move(list), context, Dialect(),
      [at = *position](const Response& response) -> absl::StatusOr<Sessions> {
        auto decoded = DecodeStudentSessions(response.body);
        if (!decoded.ok()) return decoded.status();
        const PageCount count = CountOf(response, at, decoded->size());
        Sessions page;
        for (Session& session : *decoded) page.mutable_student_sessions()->Add(std::move(session));
        page.set_total_size(count.items);
        if (count.more) {
          page.set_next_page_token(EncodePageToken({at.exam_id, at.page + 1, at.size}));
        }
        return page;
      },
      std::move(done));
}

void Client::Create(const pb::CreateStudentSessionRequest& request,
                    const rest::CallContext& context, Once<absl::StatusOr<Session>> done) {
  Request create = OfSessions(Method::kPost, request.exam_id());
  AddFields(request, create.parameters);
  rest::CallOnce<Session>(
      create_sender_, std::move(create), context, Dialect(),
      [exam_id = request.exam_id()](const Response& response) -> absl::StatusOr<Session> {
        auto session = DecodeStudentSession(response.body);
        if (session.ok() && session->has_exam_id() && session->exam_id() != exam_id) {
          return absl::InvalidArgumentError("student.exam_id: is another one than asked for");
        }
        if (session.ok() && session->id() <= 0) {
          return absl::InvalidArgumentError("student.id: expects a positive integer");
        }
        return session;
      },
      std::move(done));
}

void Client::Delete(const pb::DeleteStudentSessionRequest& request,
                    const rest::CallContext& context, Once<absl::Status> done) {
  transport_.Start(
      rest::RequestFor(context, OfSession(Method::kDelete, request.id())),
      [record = context.record, done = std::move(done)](const Outcome& outcome) mutable {
        const auto* response = std::get_if<Response>(&outcome);
        const bool gone = response != nullptr && response->status == 404 && response->repeated;
        if (gone || http::StatusOf(outcome, Dialect().traits).ok()) {
          return std::move(done)(absl::OkStatus());
        }
        std::move(done)(rest::RefusalOf(outcome, Dialect(), record.get()));
      });
}

}  // namespace gw::proctorexam
