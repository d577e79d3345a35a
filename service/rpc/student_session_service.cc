#include "service/rpc/student_session_service.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/http/upstream_status.h"
#include "service/proctorexam/validation.h"

namespace gw::rpc {
namespace {

namespace pb = ::proctorexam::v1;
using proctorexam::Client;
using Self = StudentSessionService;

// Hands what is right to `ask`, what is wrong back to the caller.
template <class Request, class Response, class Ask>
void AskIfValid(Call<Request, Response> call, const Ask& ask) {
  if (absl::Status status = proctorexam::Validate(call.request()); !status.ok()) {
    return std::move(call).Finish(status);
  }
  const Request& asked = call.request();
  const rest::CallContext whose = ContextOf(call.info());
  ask(asked, whose, std::move(call));
}

// A call whose answer is the session that `ask`, a function of the client's, answers with.
template <class Request, class Response>
void AskForSession(Call<Request, Response> call, Client* client,
                   void (Client::*ask)(const Request&, const rest::CallContext&,
                                       Once<absl::StatusOr<pb::StudentSession>>)) {
  AskIfValid(std::move(call), [&](const auto& asked, const auto& whose, auto valid) {
    (client->*ask)(asked, whose, [call = std::move(valid)](auto session) mutable {
      if (session.ok()) *call.response().mutable_student_session() = std::move(*session);
      std::move(call).Finish(session.status());
    });
  });
}

void List(Call<pb::ListStudentSessionsRequest, pb::ListStudentSessionsResponse> call,
          Client* client) {
  AskIfValid(std::move(call), [&](const auto& asked, const auto& whose, auto valid) {
    client->List(asked, whose, [call = std::move(valid)](auto sessions) mutable {
      if (sessions.ok()) call.response() = std::move(*sessions);
      std::move(call).Finish(sessions.status());
    });
  });
}

void Delete(Call<pb::DeleteStudentSessionRequest, pb::DeleteStudentSessionResponse> call,
            Client* client) {
  AskIfValid(std::move(call), [&](const auto& asked, const auto& whose, auto valid) {
    client->Delete(asked, whose, [call = std::move(valid)](const absl::Status& status) mutable {
      std::move(call).Finish(status);
    });
  });
}

}  // namespace

StudentSessionService::StudentSessionService(Client* client, Prologue& prologue,
                                             observe::Metrics& metrics)
    : StudentSessionService(
          client, prologue,
          MethodMaker(metrics, "proctorexam.v1.StudentSessionService",
                      client != nullptr ? absl::OkStatus()
                                        : http::NotConfigured(proctorexam::Dialect().traits))) {}

StudentSessionService::StudentSessionService(Client* client, Prologue& prologue,
                                             const MethodMaker& methods)
    : update_{
          methods.Make("UpdateStudentSession", Effect::kChanges), prologue,
          [client](auto call) { AskForSession(std::move(call), client, &Client::Update); },
          [this](const NextCall& next) { Ask(&Self::RequestUpdateStudentSession, *this, next); }},
      get_{methods.Make("GetStudentSession", Effect::kReads), prologue,
           [client](auto call) { AskForSession(std::move(call), client, &Client::Get); },
           [this](const NextCall& next) { Ask(&Self::RequestGetStudentSession, *this, next); }},
      list_{methods.Make("ListStudentSessions", Effect::kReads), prologue,
            [client](auto call) { List(std::move(call), client); },
            [this](const NextCall& next) { Ask(&Self::RequestListStudentSessions, *this, next); }},
      create_{
          methods.Make("CreateStudentSession", Effect::kChanges), prologue,
          [client](auto call) { AskForSession(std::move(call), client, &Client::Create); },
          [this](const NextCall& next) { Ask(&Self::RequestCreateStudentSession, *this, next); }},
      delete_{
          methods.Make("DeleteStudentSession", Effect::kChanges), prologue,
          [client](auto call) { Delete(std::move(call), client); },
          [this](const NextCall& next) { Ask(&Self::RequestDeleteStudentSession, *this, next); }} {}

void StudentSessionService::Serve(CallQueue& queue) {
  ServeUnary(update_, queue);
  ServeUnary(get_, queue);
  ServeUnary(list_, queue);
  ServeUnary(create_, queue);
  ServeUnary(delete_, queue);
}

}  // namespace gw::rpc
