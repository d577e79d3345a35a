// Everything that must not leak, through everything that could leak it.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>

#include "tests/integration/gateway/canaries.h"
#include "tests/integration/gateway/stack.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
namespace fs = std::filesystem;

constexpr char kEmail[] = "canary-candidate@company.io";

TEST(Canaries, AreFoundInATextThatHasThem) {
  EXPECT_EQ(CanariesIn("{\"key\":\"canary-api-key-5f2b\"}").size(), 1u);
  EXPECT_EQ(CanariesIn("to arjun.mehta@company.io, now").size(), 1u);
  EXPECT_EQ(CanariesIn("https://concero.example/exam/start/AbC").size(), 1u);
  EXPECT_TRUE(CanariesIn("{\"caller\":\"anonymous\",\"email_hash\":\"4df17b57e633dd2a\"}").empty());
}

// As much as the kernel allows, as on a machine whose owner wants core files.
class CoreFilesWanted {
 public:
  CoreFilesWanted() {
    getrlimit(RLIMIT_CORE, &before_);
    const rlimit most{before_.rlim_max, before_.rlim_max};
    setrlimit(RLIMIT_CORE, &most);
  }
  ~CoreFilesWanted() { setrlimit(RLIMIT_CORE, &before_); }

 private:
  rlimit before_{};
};

class Canary : public ::testing::Test {
 protected:
  static std::string TextOf(const grpc::Status& status) {
    return status.error_message() + status.error_details();
  }
  GatewaySettings Settings() const {
    GatewaySettings settings;
    settings.proctorexam_url = sandbox_.proctorexam_url();
    settings.log = "level: debug, access: all";
    settings.concero = "allocation: {dedupe_window: 0s}";
    return settings;
  }
  // One of each call, with canaries in all that a caller gives. What the failures said.
  static std::string CallEverything(const GatewayProcess& gateway) {
    const auto stub = gateway.Stub();
    const auto allocations = gateway.Allocations();
    const auto sessions = gateway.StudentSessions();
    std::string said;
    const auto ask = [&said](auto& of, auto method, const auto& request, auto response) {
      grpc::ClientContext context;
      said += TextOf(((*of).*method)(&context, request, &response));
    };
    using A = pb::AssessmentService::Stub;
    using L = pb::AllocationService::Stub;
    using S = proctorexam::v1::StudentSessionService::Stub;
    ask(stub, &A::ListExaminations, pb::ListExaminationsRequest(), pb::ListExaminationsResponse());
    pb::ListExaminationsRequest list;
    list.set_page_token("canary-page-token");
    ask(stub, &A::ListExaminations, list, pb::ListExaminationsResponse());
    pb::AllocateCandidateRequest allocate;
    allocate.set_examination_id(119);
    allocate.set_candidate_email(kEmail);
    ask(stub, &A::AllocateCandidate, allocate, pb::AllocateCandidateResponse());
    allocate.set_candidate_email("canary-not an address");
    ask(stub, &A::AllocateCandidate, allocate, pb::AllocateCandidateResponse());
    pb::GetReportRequest report;
    report.set_invite_id(142);
    ask(stub, &A::GetReport, report, pb::GetReportResponse());
    pb::CancelAllocationRequest cancel;
    cancel.set_invite_id(142);
    ask(stub, &A::CancelAllocation, cancel, pb::CancelAllocationResponse());
    pb::ListAllocationsRequest listed;
    listed.set_candidate_email(kEmail);
    ask(allocations, &L::ListAllocations, listed, pb::ListAllocationsResponse());
    listed.set_caller("canary-caller");
    ask(allocations, &L::ListAllocations, listed, pb::ListAllocationsResponse());
    pb::ResolveAllocationRequest resolve;
    resolve.set_request_id("unknown");
    resolve.set_note("canary-note");
    resolve.mutable_confirm()->set_invite_link("https://concero.example/exam/start/canary-link");
    ask(allocations, &L::ResolveAllocation, resolve, pb::ResolveAllocationResponse());
    pb::EraseCandidateRequest erase;
    erase.set_candidate_email(kEmail);
    ask(allocations, &L::EraseCandidate, erase, pb::EraseCandidateResponse());
    proctorexam::v1::CreateStudentSessionRequest create;
    create.set_exam_id(7);
    create.set_name("canary-name");
    create.set_email(kEmail);
    ask(sessions, &S::CreateStudentSession, create,
        proctorexam::v1::CreateStudentSessionResponse());
    ask(sessions, &S::CreateStudentSession, create,
        proctorexam::v1::CreateStudentSessionResponse());
    proctorexam::v1::UpdateStudentSessionRequest update;
    update.set_id(1);
    update.set_email(kEmail);
    ask(sessions, &S::UpdateStudentSession, update,
        proctorexam::v1::UpdateStudentSessionResponse());
    return said;
  }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
};

// What GatewayProcess looks at in the end is the log, the metrics, the pages, what the system
// shows.
TEST_F(Canary, IsFoundNowhereWhateverTheUpstreamAnswers) {
  const GatewayProcess gateway(directory_, sandbox_.base_url(), Settings());
  std::string said = CallEverything(gateway);
  for (const int status : {200, 302, 401, 403, 404, 418, 422, 429, 500}) {
    // An upstream that repeats the key, the address and a link.
    const std::string echo = std::string("canary ") + kKey + " " + kToken + " " + kSecretKey + " " +
                             kEmail + " https://concero.example/exam/start/canary";
    for (const nlohmann::json& body :
         {nlohmann::json{{"success", false}, {"message", echo}, {"error", "SQLSTATE " + echo}},
          nlohmann::json{{"message", echo},
                         {"errors", {{"candidate_email", {echo}}, {echo, {echo}}}}},
          nlohmann::json("<html>" + echo + "</html>")}) {
      sandbox_.SetFaults({{{"status", status},
                           {"headers", {{"X-Canary", echo}, {"Location", "https://canary-x.test"}}},
                           {"body", body}}});
      said += CallEverything(gateway);
    }
  }
  for (const char* action : {"reset_before", "reset_mid", "reset_after", "close", "truncate"}) {
    sandbox_.SetFaults({{{"action", action}}});
    said += CallEverything(gateway);
  }
  EXPECT_EQ(CanariesIn(said), std::vector<std::string>());
  EXPECT_GT(said.size(), 1000u) << "there were failures to look at";
  EXPECT_GT(gateway.Logged("call").size(), 100u);
}

TEST_F(Canary, IsInNoCoreFileForThereIsNone) {
  const CoreFilesWanted wanted;
  GatewayProcess gateway(directory_, sandbox_.base_url(), Settings());
  CallEverything(gateway);
  EXPECT_NE(ReadFile("/proc/" + std::to_string(gateway.pid()) + "/limits")
                .find("Max core file size        0                    0"),
            std::string::npos);
  gateway.process().Signal(SIGABRT);  // sanitizers leave this one alone
  EXPECT_EQ(gateway.process().Wait(), -SIGABRT);
  EXPECT_FALSE(gateway.process().dumped_core());
  for (const char* folder : {".", directory_.path().c_str()}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      EXPECT_EQ(entry.path().filename().string().find("core."), std::string::npos) << entry.path();
      EXPECT_NE(entry.path().filename(), "core");
    }
  }
}

// E-mails and links are the ledger's to keep; keys are nobody's.
TEST_F(Canary, TheLedgerHasTheCandidateAndNoKey) {
  const std::string file = directory_.path() + "/ledger.db";
  GatewaySettings settings = Settings();
  settings.ledger = "sqlite: {path: \"" + file + "\"}";
  GatewayProcess gateway(directory_, sandbox_.base_url(), settings);
  pb::AllocateCandidateRequest request;
  request.set_examination_id(119);
  request.set_candidate_email(kEmail);
  pb::AllocateCandidateResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(gateway.Stub()->AllocateCandidate(&context, request, &response).ok());
  gateway.process().Stop();
  std::string content;
  for (const auto& entry : fs::directory_iterator(directory_.path())) {
    if (entry.path().string().rfind(file, 0) == 0) content += ReadFile(entry.path());
  }
  EXPECT_NE(content.find(kEmail), std::string::npos);
  for (const char* key : {kKey, kToken, kSecretKey}) {
    EXPECT_EQ(content.find(key), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace gw::testing
