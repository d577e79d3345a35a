// Calls about student sessions, through the gateway as a process to the sandbox as one.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/integration/gateway/stack.h"

namespace gw::testing {

namespace px = ::proctorexam::v1;

/// A gateway that is configured for ProctorExam alone.
class StudentSessionsTest : public ::testing::Test {
 protected:
  using Stub = px::StudentSessionService::Stub;

  explicit StudentSessionsTest(const std::string& proctorexam = "") {
    GatewaySettings settings;
    settings.proctorexam_url = sandbox_.proctorexam_url();
    settings.proctorexam = proctorexam;
    settings.log = "access: all";
    gateway_ = std::make_unique<GatewayProcess>(directory_, /*base_url=*/"", settings);
    stub_ = gateway_->StudentSessions();
  }

  template <class Request, class Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return (*stub_.*method)(&context, request, response);
  }

  // The session after a call that must succeed.
  px::StudentSession Update(const px::UpdateStudentSessionRequest& request) {
    px::UpdateStudentSessionResponse response;
    const grpc::Status status = Call(&Stub::UpdateStudentSession, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.student_session();
  }
  px::StudentSession Get(int64_t id) {
    px::GetStudentSessionRequest request;
    request.set_id(id);
    px::GetStudentSessionResponse response;
    const grpc::Status status = Call(&Stub::GetStudentSession, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.student_session();
  }
  grpc::Status Rename(int64_t id, const std::string& name) {
    px::UpdateStudentSessionRequest request;
    request.set_id(id);
    request.set_name(name);
    px::UpdateStudentSessionResponse response;
    return Call(&Stub::UpdateStudentSession, request, &response);
  }
  grpc::Status Delete(int64_t id) {
    px::DeleteStudentSessionRequest request;
    request.set_id(id);
    px::DeleteStudentSessionResponse response;
    return Call(&Stub::DeleteStudentSession, request, &response);
  }
  static px::CreateStudentSessionRequest NewStudent(const std::string& email) {
    px::CreateStudentSessionRequest request;
    request.set_exam_id(1);
    request.set_name("Zoë");
    request.set_email(email);
    return request;
  }
  grpc::Status Create(const std::string& email, px::CreateStudentSessionResponse* response) {
    return Call(&Stub::CreateStudentSession, NewStudent(email), response);
  }

  // What the sandbox was asked, in order.
  nlohmann::json Requests() { return sandbox_.Journal().at("requests"); }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<Stub> stub_;
};

}  // namespace gw::testing
