// concero-demo: Concero through the gateway, as any service would call it. The candidate is made
// up, so this wants a gateway in front of concero-sandbox, and goes no further when it finds
// another; ./dev demo starts both.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "client/demo/narrator.h"
#include "client/demo/sandbox.h"
#include "concero/v1/assessment.grpc.pb.h"

namespace demo {
namespace {

namespace v1 = concero::v1;
constexpr int kUsageError = 2;

using Stub = v1::AssessmentService::Stub;

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

bool Run(Stub& stub, const Sandbox& sandbox) {
  const std::int64_t examination_id = ListExaminations(stub, sandbox);
  if (examination_id == 0) return false;

  ShowTitle("AllocateCandidate");
  v1::AllocateCandidateRequest allocate;
  allocate.set_examination_id(examination_id);
  allocate.set_candidate_email("arjun.mehta@company.io");
  allocate.set_request_id("demo-1");
  v1::AllocateCandidateResponse allocated;
  if (!Call(stub, &Stub::AllocateCandidate, allocate, &allocated).ok()) return false;
  const std::int64_t invite_id = allocated.allocation().invite_id();

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

  ShowTitle("AllocateCandidate with a bad address: a failure and its details");
  allocate.set_candidate_email("arjun.mehta@");
  const auto refused = Call(stub, &Stub::AllocateCandidate, allocate, &allocated);
  if (refused.error_code() != grpc::StatusCode::INVALID_ARGUMENT) {
    return Failed("expected INVALID_ARGUMENT");
  }
  ShowTitle("Everything answered as expected; ./dev demo --serve stays up for calls of your own");
  return true;
}

}  // namespace
}  // namespace demo

int main(int argc, char** argv) {
  CLI::App app("Calls Concero through the gateway and shows it.", "concero-demo");
  std::string gateway, sandbox;
  app.add_option("--gateway", gateway, "HOST:PORT of the gateway, without TLS")->required();
  app.add_option("--sandbox", sandbox, "HOST:PORT of the concero-sandbox behind it")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : demo::kUsageError;
  }

  const auto channel = grpc::CreateChannel(gateway, grpc::InsecureChannelCredentials());
  const auto stub = concero::v1::AssessmentService::NewStub(channel);
  return demo::Run(*stub, demo::Sandbox(sandbox)) ? 0 : 1;
}
