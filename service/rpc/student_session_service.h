// proctorexam.v1.StudentSessionService as gRPC knows it.
#pragma once

#include "proctorexam/v1/student_session.grpc.pb.h"
#include "service/observe/metrics.h"
#include "service/proctorexam/client.h"
#include "service/rpc/call_scope.h"
#include "service/rpc/prologue.h"
#include "service/rpc/unary_call.h"

namespace gw::rpc {

/// As generated, but that it deals in bytes: unary_call.h.
using RawStudentSessionService =
    ::proctorexam::v1::StudentSessionService::WithRawMethod_UpdateStudentSession<
        ::proctorexam::v1::StudentSessionService::WithRawMethod_GetStudentSession<
            ::proctorexam::v1::StudentSessionService::WithRawMethod_ListStudentSessions<
                ::proctorexam::v1::StudentSessionService::WithRawMethod_CreateStudentSession<
                    ::proctorexam::v1::StudentSessionService::WithRawMethod_DeleteStudentSession<
                        ::proctorexam::v1::StudentSessionService::Service>>>>>;

/// Validates each request and hands it to the client. References outlive the server that it is
/// registered with.
class StudentSessionService final : public RawStudentSessionService, public QueuedService {
 public:
  /// `client` null: the gateway is not configured for ProctorExam, and says so to every call.
  StudentSessionService(proctorexam::Client* client, Prologue& prologue, observe::Metrics& metrics);

  void Serve(CallQueue& queue) override;

 private:
  StudentSessionService(proctorexam::Client* client, Prologue& prologue,
                        const MethodMaker& methods);

  UnaryRpc<::proctorexam::v1::UpdateStudentSessionRequest,
           ::proctorexam::v1::UpdateStudentSessionResponse>
      update_;
  UnaryRpc<::proctorexam::v1::GetStudentSessionRequest,
           ::proctorexam::v1::GetStudentSessionResponse>
      get_;
  UnaryRpc<::proctorexam::v1::ListStudentSessionsRequest,
           ::proctorexam::v1::ListStudentSessionsResponse>
      list_;
  UnaryRpc<::proctorexam::v1::CreateStudentSessionRequest,
           ::proctorexam::v1::CreateStudentSessionResponse>
      create_;
  UnaryRpc<::proctorexam::v1::DeleteStudentSessionRequest,
           ::proctorexam::v1::DeleteStudentSessionResponse>
      delete_;
};

}  // namespace gw::rpc
