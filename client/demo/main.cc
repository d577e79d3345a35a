// concero-demo: Concero and ProctorExam through the gateway, as any service would call them. The
// people are made up, so this wants a gateway in front of concero-sandbox, and goes no further when
// it finds another; ./dev demo starts both.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "client/demo/narrator.h"
#include "client/demo/sandbox.h"
#include "concero/v1/allocation.grpc.pb.h"
#include "concero/v1/assessment.grpc.pb.h"
#include "proctorexam/v1/student_session.grpc.pb.h"

namespace demo {
namespace {

namespace v1 = concero::v1;
constexpr int kUsageError = 2;

namespace px = proctorexam::v1;

using Stub = v1::AssessmentService::Stub;
using LedgerStub = v1::AllocationService::Stub;
using SessionStub = px::StudentSessionService::Stub;

bool Failed(const std::string& why) {
  std::cerr << "concero-demo: " << why << std::endl;
  return false;
}

// Twice, to show that Concero is asked once. The examination's id, 0 for none.
std::int64_t ListExaminations(Stub& stub, const Sandbox& sandbox) {
  const auto before = sandbox.CountExaminationRequests();
  const v1::ListExaminationsRequest request;
  v1::ListExaminationsResponse first, second;

  ShowTitle("ListExaminations");
  if (!Call(stub, &Stub::ListExaminations, request, &first).ok()) return 0;
  ShowTitle("ListExaminations, again");
  if (!Call(stub, &Stub::ListExaminations, request, &second).ok()) return 0;

  const auto after = sandbox.CountExaminationRequests();
  if (!before || !after) return Failed("the sandbox does not answer");
  const int received = *after - *before;
  if (received != 1) {
    return Failed("the sandbox received " + std::to_string(received) +
                  " GET /api/v1/examinations for 2 calls, expected 1; does the gateway ask it?");
  }
  ShowNote("SERVED FROM CACHE: the sandbox's journal has 1 GET /api/v1/examinations for 2 calls");
  if (first.examinations().empty()) return Failed("the list is empty");
  return first.examinations(0).id();
}

// Twice, to show that the candidate is invited once. The invitation's id, 0 for none.
std::int64_t Allocate(Stub& stub, std::int64_t examination_id) {
  ShowTitle("AllocateCandidate");
  v1::AllocateCandidateRequest allocate;
  allocate.set_examination_id(examination_id);
  allocate.set_candidate_email("arjun.mehta@company.io");
  allocate.set_request_id("demo-1");
  v1::AllocateCandidateResponse allocated, repeated;
  if (!Call(stub, &Stub::AllocateCandidate, allocate, &allocated).ok()) return 0;

  ShowTitle("AllocateCandidate, again with the same requestId");
  if (!Call(stub, &Stub::AllocateCandidate, allocate, &repeated).ok()) return 0;
  const std::int64_t invite_id = allocated.allocation().invite_id();
  if (!repeated.replayed() || repeated.allocation().invite_id() != invite_id) {
    return Failed("expected the first invitation, replayed");
  }
  return invite_id;
}

bool RunConcero(Stub& stub, LedgerStub& ledger, const Sandbox& sandbox) {
  const std::int64_t examination_id = ListExaminations(stub, sandbox);
  if (examination_id == 0) return false;
  const std::int64_t invite_id = Allocate(stub, examination_id);
  if (invite_id == 0) return false;

  ShowTitle("GetReport, before the candidate has begun");
  v1::GetReportRequest get_report;
  get_report.set_invite_id(invite_id);
  v1::GetReportResponse report;
  if (!Call(stub, &Stub::GetReport, get_report, &report).ok()) return false;

  ShowTitle("GetReport, when the candidate has finished");
  if (!sandbox.FinishExamination(invite_id)) return Failed("the sandbox does not answer");
  ShowNote("the sandbox was told: PUT /_sandbox/reports/" + std::to_string(invite_id));
  if (!Call(stub, &Stub::GetReport, get_report, &report).ok()) return false;
  if (report.report().outcome() != v1::OUTCOME_PASS) return Failed("expected OUTCOME_PASS");

  ShowTitle("CancelAllocation");
  v1::CancelAllocationRequest cancel;
  cancel.set_invite_id(invite_id);
  v1::CancelAllocationResponse cancelled;
  if (!Call(stub, &Stub::CancelAllocation, cancel, &cancelled).ok()) return false;

  ShowTitle("GetAllocation: what happened to it");
  v1::GetAllocationRequest get_allocation;
  get_allocation.set_request_id("demo-1");
  v1::GetAllocationResponse recorded;
  if (!Call(ledger, &LedgerStub::GetAllocation, get_allocation, &recorded).ok()) return false;
  if (recorded.allocation().state() != v1::ALLOCATION_STATE_CANCELLED) {
    return Failed("expected ALLOCATION_STATE_CANCELLED");
  }

  ShowTitle("AllocateCandidate with a bad address: a failure and its details");
  v1::AllocateCandidateRequest allocate;
  allocate.set_examination_id(examination_id);
  v1::AllocateCandidateResponse allocated;
  allocate.set_candidate_email("arjun.mehta@");
  const auto refused = Call(stub, &Stub::AllocateCandidate, allocate, &allocated);
  if (refused.error_code() != grpc::StatusCode::INVALID_ARGUMENT) {
    return Failed("expected INVALID_ARGUMENT");
  }
  return true;
}

bool RunProctorExam(SessionStub& stub) {
  ShowTitle("UpdateStudentSession: the gateway signs it");
  px::UpdateStudentSessionRequest update;
  update.set_id(2);
  update.set_name("Zoë O'Brien-Søn");
  update.set_skip_requirements(true);
  update.mutable_open_time()->set_seconds(1784016000);
  px::UpdateStudentSessionResponse updated;
  if (!Call(stub, &SessionStub::UpdateStudentSession, update, &updated).ok()) return false;

  ShowTitle("GetStudentSession reads it back");
  px::GetStudentSessionRequest get;
  get.set_id(update.id());
  px::GetStudentSessionResponse session;
  if (!Call(stub, &SessionStub::GetStudentSession, get, &session).ok()) return false;
  if (session.student_session().name() != update.name() ||
      session.student_session().open_time().seconds() != update.open_time().seconds()) {
    return Failed("the session is not what it was changed to");
  }

  ShowTitle("UpdateStudentSession with an address that another student of the exam has");
  update.set_email("student1@example.com");
  const auto taken = Call(stub, &SessionStub::UpdateStudentSession, update, &updated);
  if (taken.error_code() != grpc::StatusCode::ALREADY_EXISTS) {
    return Failed("expected ALREADY_EXISTS");
  }
  return true;
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  CLI::App app("Calls Concero and ProctorExam through the gateway and shows it.", "concero-demo");
  std::string gateway, sandbox;
  app.add_option("--gateway", gateway, "HOST:PORT of the gateway, without TLS")->required();
  app.add_option("--sandbox", sandbox, "HOST:PORT of the concero-sandbox behind it")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : demo::kUsageError;
  }

  const auto channel = grpc::CreateChannel(gateway, grpc::InsecureChannelCredentials());
  const auto concero = concero::v1::AssessmentService::NewStub(channel);
  const auto ledger = concero::v1::AllocationService::NewStub(channel);
  const auto proctorexam = proctorexam::v1::StudentSessionService::NewStub(channel);
  if (!demo::RunConcero(*concero, *ledger, demo::Sandbox(sandbox)) ||
      !demo::RunProctorExam(*proctorexam)) {
    return 1;
  }
  demo::ShowTitle(
      "Everything answered as expected; ./dev demo --serve stays up for calls of your own");
}
