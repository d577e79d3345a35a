// proctorexam.v1.StudentSessionService as gRPC knows it.
#pragma once

#include "proctorexam/v1/student_session.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/proctorexam/client.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"

namespace gw::rpc {

/// Validates each request and hands it to the client. References outlive the server that it is
/// registered with.
class StudentSessionService final
    : public ::proctorexam::v1::StudentSessionService::CallbackService {
 public:
  /// `client` null: the gateway is not configured for ProctorExam, and says so to every call.
  StudentSessionService(proctorexam::Client* client, Prologue& prologue, observe::Metrics& metrics);

  grpc::ServerUnaryReactor* UpdateStudentSession(
      grpc::CallbackServerContext* context,
      const ::proctorexam::v1::UpdateStudentSessionRequest* request,
      ::proctorexam::v1::UpdateStudentSessionResponse* response) override;
  grpc::ServerUnaryReactor* GetStudentSession(
      grpc::CallbackServerContext* context,
      const ::proctorexam::v1::GetStudentSessionRequest* request,
      ::proctorexam::v1::GetStudentSessionResponse* response) override;
  grpc::ServerUnaryReactor* ListStudentSessions(
      grpc::CallbackServerContext* context,
      const ::proctorexam::v1::ListStudentSessionsRequest* request,
      ::proctorexam::v1::ListStudentSessionsResponse* response) override;
  grpc::ServerUnaryReactor* CreateStudentSession(
      grpc::CallbackServerContext* context,
      const ::proctorexam::v1::CreateStudentSessionRequest* request,
      ::proctorexam::v1::CreateStudentSessionResponse* response) override;
  grpc::ServerUnaryReactor* DeleteStudentSession(
      grpc::CallbackServerContext* context,
      const ::proctorexam::v1::DeleteStudentSessionRequest* request,
      ::proctorexam::v1::DeleteStudentSessionResponse* response) override;

 private:
  StudentSessionService(proctorexam::Client* client, Prologue& prologue,
                        const MethodMaker& methods);

  proctorexam::Client* const client_;
  Prologue& prologue_;
  const RpcMethod update_;
  const RpcMethod get_;
  const RpcMethod list_;
  const RpcMethod create_;
  const RpcMethod delete_;
};

}  // namespace gw::rpc
