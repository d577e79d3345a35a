// The calls to ProctorExam, API version 3.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proctorexam/v1/student_session.pb.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/base/timer.h"
#include "service/http/one_shot_sender.h"
#include "service/http/transport.h"
#include "service/rest/answer.h"
#include "service/rest/call_context.h"

namespace gw::proctorexam {

/// `proctorexam`, what its 403 means [doc], and our names of its fields.
const rest::Dialect& Dialect();

/// `GET /student_sessions`, one of them: changes nothing, and is refused without a right token and
/// signature.
http::Request HarmlessRequest();

/// Each function takes a valid request (validation.h) and answers exactly once, on any thread, with
/// the value or a status of the failure table. Requests leave with Request::parameters, for who
/// signs them. Thread safety: all functions may be called from any thread.
class Client {
 public:
  using Session = ::proctorexam::v1::StudentSession;
  using Sessions = ::proctorexam::v1::ListStudentSessionsResponse;

  /// All references outlive it and every call.
  Client(http::Transport& transport, Timer& timer, Clock& clock)
      : transport_(transport), create_sender_(transport, timer, clock, {}) {}

  /// `PATCH /student_sessions/:id` with the fields that are set. Besides the transport's errors,
  /// here and below: UPSTREAM_BAD_RESPONSE for a 2xx that cannot be decoded or is about another
  /// session.
  void Update(const ::proctorexam::v1::UpdateStudentSessionRequest& request,
              const rest::CallContext& context, Once<absl::StatusOr<Session>> done);

  /// `GET /student_sessions/:id`.
  void Get(const ::proctorexam::v1::GetStudentSessionRequest& request,
           const rest::CallContext& context, Once<absl::StatusOr<Session>> done);

  /// `GET /student_sessions` or `GET /exams/:exam_id/student_sessions`, one page of it. Also:
  /// PAGE_TOKEN_INVALID.
  void List(const ::proctorexam::v1::ListStudentSessionsRequest& request,
            const rest::CallContext& context, Once<absl::StatusOr<Sessions>> done);

  /// `POST /exams/:exam_id/student_sessions`, a one-shot: UPSTREAM_OUTCOME_UNKNOWN when it may have
  /// been executed.
  void Create(const ::proctorexam::v1::CreateStudentSessionRequest& request,
              const rest::CallContext& context, Once<absl::StatusOr<Session>> done);

  /// `DELETE /student_sessions/:id`. A 404 is OK when the request was sent before: then it is this
  /// very call that has deleted the session.
  void Delete(const ::proctorexam::v1::DeleteStudentSessionRequest& request,
              const rest::CallContext& context, Once<absl::Status> done);

 private:
  http::Transport& transport_;
  http::OneShotSender create_sender_;
};

}  // namespace gw::proctorexam
