#include "service/rpc/student_session_service.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/http/upstream_status.h"
#include "service/proctorexam/validation.h"
#include "service/rpc/unary_reactor.h"

namespace gw::rpc {
namespace {

namespace pb = ::proctorexam::v1;
using proctorexam::Client;

// A call whose answer is the session that `ask`, a function of the client's, answers with.
template <class Request, class Response>
grpc::ServerUnaryReactor* StartForSession(
    grpc::CallbackServerContext* context, const Request* request, Response* response,
    Prologue& prologue, const RpcMethod& method, Client* client,
    void (Client::*ask)(const Request&, const rest::CallContext&,
                        Once<absl::StatusOr<pb::StudentSession>>)) {
  return UnaryReactor<Request, Response>::Start(
      context, request, response, prologue, method, [client, ask](Call<Request, Response> call) {
        const Request& asked = call.request();
        if (absl::Status status = proctorexam::Validate(asked); !status.ok()) {
          return std::move(call).Finish(status);
        }
        const rest::CallContext whose = ContextOf(call.info());
        (client->*ask)(asked, whose, [call = std::move(call)](auto session) mutable {
          if (session.ok()) *call.response().mutable_student_session() = std::move(*session);
          std::move(call).Finish(session.status());
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
    : client_(client),
      prologue_(prologue),
      update_(methods.Make("UpdateStudentSession", Effect::kChanges)),
      get_(methods.Make("GetStudentSession", Effect::kReads)),
      list_(methods.Make("ListStudentSessions", Effect::kReads)),
      create_(methods.Make("CreateStudentSession", Effect::kChanges)),
      delete_(methods.Make("DeleteStudentSession", Effect::kChanges)) {}

grpc::ServerUnaryReactor* StudentSessionService::UpdateStudentSession(
    grpc::CallbackServerContext* context, const pb::UpdateStudentSessionRequest* request,
    pb::UpdateStudentSessionResponse* response) {
  return StartForSession(context, request, response, prologue_, update_, client_, &Client::Update);
}

grpc::ServerUnaryReactor* StudentSessionService::GetStudentSession(
    grpc::CallbackServerContext* context, const pb::GetStudentSessionRequest* request,
    pb::GetStudentSessionResponse* response) {
  return StartForSession(context, request, response, prologue_, get_, client_, &Client::Get);
}

grpc::ServerUnaryReactor* StudentSessionService::ListStudentSessions(
    grpc::CallbackServerContext* context, const pb::ListStudentSessionsRequest* request,
    pb::ListStudentSessionsResponse* response) {
  using Reactor = UnaryReactor<pb::ListStudentSessionsRequest, pb::ListStudentSessionsResponse>;
  return Reactor::Start(context, request, response, prologue_, list_, [this](auto call) {
    const auto& asked = call.request();
    if (absl::Status status = proctorexam::Validate(asked); !status.ok()) {
      return std::move(call).Finish(status);
    }
    const rest::CallContext whose = ContextOf(call.info());
    client_->List(asked, whose, [call = std::move(call)](auto sessions) mutable {
      if (sessions.ok()) call.response() = std::move(*sessions);
      std::move(call).Finish(sessions.status());
    });
  });
}

grpc::ServerUnaryReactor* StudentSessionService::CreateStudentSession(
    grpc::CallbackServerContext* context, const pb::CreateStudentSessionRequest* request,
    pb::CreateStudentSessionResponse* response) {
  return StartForSession(context, request, response, prologue_, create_, client_, &Client::Create);
}

grpc::ServerUnaryReactor* StudentSessionService::DeleteStudentSession(
    grpc::CallbackServerContext* context, const pb::DeleteStudentSessionRequest* request,
    pb::DeleteStudentSessionResponse* response) {
  using Reactor = UnaryReactor<pb::DeleteStudentSessionRequest, pb::DeleteStudentSessionResponse>;
  return Reactor::Start(context, request, response, prologue_, delete_, [this](auto call) {
    const auto& asked = call.request();
    if (absl::Status status = proctorexam::Validate(asked); !status.ok()) {
      return std::move(call).Finish(status);
    }
    const rest::CallContext whose = ContextOf(call.info());
    client_->Delete(asked, whose, [call = std::move(call)](const absl::Status& status) mutable {
      std::move(call).Finish(status);
    });
  });
}

}  // namespace gw::rpc
