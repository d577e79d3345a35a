// The Client in front of a real gateway and its sandbox.
#include <gtest/gtest.h>
#include <unistd.h>

#include "concero_gateway/client.h"
#include "tests/integration/gateway/stack.h"

namespace concero {
namespace {

namespace px = proctorexam::v1;
using gw::testing::GatewayProcess;
using gw::testing::GatewaySettings;

// One for all: no test of these is in the way of another.
class ClientOfGateway : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    files_ = new gw::testing::TemporaryDirectory;
    sandbox_ = new gw::testing::Sandbox(*files_);
    const gw::testing::TestCa ca;
    const auto server = ca.Issue(), caller = ca.Issue({.alternative_names = "DNS:batch.example"});
    GatewaySettings settings;
    settings.proctorexam_url = sandbox_->proctorexam_url();
    settings.grpc = "tls: {cert_file: \"" + files_->Write("server.pem", server.Pem()) +
                    "\", key_file: \"" + files_->Write("server-key.pem", server.KeyPem()) +
                    "\", client_ca_file: \"" + files_->Write("callers.pem", ca.Pem()) + "\"}";
    gateway_ = new GatewayProcess(*files_, sandbox_->base_url(), settings);
    const TlsOptions tls = {.ca_file = files_->Write("ca.pem", ca.Pem()),
                            .cert_file = files_->Write("caller.pem", caller.Pem()),
                            .key_file = files_->Write("caller-key.pem", caller.KeyPem())};
    client_ = Client::Connect({.target = gateway_->address(), .tls = tls}).value().release();
  }
  static void TearDownTestSuite() {
    delete client_;
    delete gateway_;
    delete sandbox_;
    delete files_;
  }
  static int Posts() { return sandbox_->Received("/allocate-candidate"); }

  static inline gw::testing::TemporaryDirectory* files_;
  static inline gw::testing::Sandbox* sandbox_;
  static inline GatewayProcess* gateway_;
  static inline Client* client_;
};

TEST_F(ClientOfGateway, ListsExaminationsAndInvitesOnceByItsCertificatesName) {
  const auto list = client_->ListExaminations();
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_FALSE(list->examinations.empty());
  EXPECT_FALSE(list->version.empty());
  EXPECT_GT(list->fetch_time, absl::Now() - absl::Minutes(1));

  const Intent intent(list->examinations[0].id(), "zoe@example.com");
  EXPECT_EQ(client_->ValidateAllocation(intent), absl::OkStatus());
  const auto first = client_->Allocate(intent), second = client_->Allocate(intent);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(first->allocation().caller(), "batch.example");
  EXPECT_EQ(first->allocation().request_id(), intent.request_id());
  EXPECT_FALSE(first->replayed());
  EXPECT_TRUE(second->replayed());
  EXPECT_EQ(Posts(), 1);
  const int64_t invite_id = first->allocation().invite_id();

  EXPECT_EQ(client_->GetAllocation({intent.request_id()})->invite_id(), invite_id);
  EXPECT_EQ(client_->GetAllocationOfInvite(invite_id)->request_id(), intent.request_id());
  EXPECT_EQ(client_->ListAllocations({.candidate_email = "zoe@example.com"})->size(), 1u);
  EXPECT_EQ(client_->GetReport(invite_id)->invite_id(), invite_id);
  EXPECT_EQ(client_->CancelAllocation(invite_id)->state(), v1::ALLOCATION_STATE_CANCELLED);
  EXPECT_EQ(client_->EraseCandidate("zoe@example.com").value(), 1);
}

TEST_F(ClientOfGateway, ReadsItsFailures) {
  const absl::Status invalid = client_->Allocate(Intent(0, "nobody")).status();
  EXPECT_EQ(ReasonOf(invalid), gateway::v1::REASON_INVALID_FIELD);
  EXPECT_EQ(FieldViolationsOf(invalid).size(), 2u);
  const absl::Status reused =
      (client_->Allocate(Intent(119, "a@example.com", "reused")).IgnoreError(),
       client_->Allocate(Intent(119, "b@example.com", "reused")).status());
  EXPECT_EQ(ReasonOf(reused), gateway::v1::REASON_REQUEST_ID_REUSED);
  EXPECT_EQ(MetadataOf(reused, "request_id"), "reused");
  EXPECT_EQ(ReasonOf(client_->GetReport(999'999).status()), gateway::v1::REASON_UPSTREAM_NOT_FOUND);
  EXPECT_EQ(ReasonOf(client_->GetAllocation({"unknown"}).status()),
            gateway::v1::REASON_ALLOCATION_NOT_FOUND);
}

TEST_F(ClientOfGateway, SettlesWhatIsInDoubt) {
  sandbox_->SetFaults(
      {{{"method", "POST"}, {"path", "/api/v1/allocate-candidate"}, {"action", "reset_after"}}});
  const Intent abandoned(119, "abandoned@example.com"), confirmed(119, "confirmed@example.com"),
      resent(119, "resent@example.com");
  for (const Intent& intent : {abandoned, confirmed, resent}) {
    const absl::Status status = client_->Allocate(intent).status();
    EXPECT_EQ(ReasonOf(status), gateway::v1::REASON_ALLOCATION_IN_DOUBT) << status;
    EXPECT_TRUE(IsInDoubt(status));
  }
  sandbox_->ClearFaults();
  EXPECT_EQ(client_->ListAllocations({.state = v1::ALLOCATION_STATE_IN_DOUBT})->size(), 3u);
  EXPECT_EQ(client_->AbandonAllocation({abandoned.request_id()}, "gone")->state(),
            v1::ALLOCATION_STATE_ABANDONED);
  EXPECT_EQ(client_->ConfirmAllocation({confirmed.request_id()}, 777, "")->invite_id(), 777);
  EXPECT_EQ(client_->ResendAllocation({resent.request_id()})->attempt(), 2);
  EXPECT_EQ(ReasonOf(client_->ResendAllocation({resent.request_id()}).status()),
            gateway::v1::REASON_ALLOCATION_NOT_IN_DOUBT);
}

TEST_F(ClientOfGateway, KeepsStudentSessions) {
  px::CreateStudentSessionRequest create;
  create.set_exam_id(1);
  create.set_name("Zoë");
  create.set_email("zoe-of-the-client@example.com");
  const auto created = client_->CreateStudentSession(create);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(client_->CreateStudentSession(create).status().code(),
            absl::StatusCode::kAlreadyExists);
  px::UpdateStudentSessionRequest update;
  update.set_id(created->id());
  update.set_name("Zoë O'Brien");
  EXPECT_EQ(client_->UpdateStudentSession(update)->name(), "Zoë O'Brien");
  EXPECT_EQ(client_->GetStudentSession(created->id())->name(), "Zoë O'Brien");
  EXPECT_EQ(client_->ListStudentSessions(1, 2)->size(), 2u);
  EXPECT_EQ(client_->ListStudentSessions(1)->back().id(), created->id());
  EXPECT_EQ(client_->DeleteStudentSession(created->id()), absl::OkStatus());
}

TEST_F(ClientOfGateway, AsksForHealthAndPreflight) {
  EXPECT_EQ(client_->CheckHealth().value(), Health::kServing);
  EXPECT_EQ(client_->CheckHealth("concero").value(), Health::kServing);
  EXPECT_EQ(client_->CheckHealth("x").status().code(), absl::StatusCode::kNotFound);
  const auto preflight = client_->Preflight({"proctorexam"});
  ASSERT_TRUE(preflight.ok()) << preflight.status();
  EXPECT_EQ(preflight->upstreams_size(), 1);
}

TEST_F(ClientOfGateway, IsRefusedWithoutACertificateAndRefusesAnothersGateway) {
  const TlsOptions nobody = {.ca_file = files_->path() + "/ca.pem"};
  const CallOptions soon = {.timeout = absl::Seconds(2)};
  auto client =
      Client::Connect({.target = gateway_->address(), .tls = nobody, .service_config = ""});
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_FALSE((*client)->CheckHealth("", soon).ok());

  TlsOptions other = {.ca_file = files_->path() + "/ca.pem",
                      .cert_file = files_->path() + "/caller.pem",
                      .key_file = files_->path() + "/caller-key.pem",
                      .server_name = "other.example"};
  client = Client::Connect({.target = gateway_->address(), .tls = other, .service_config = ""});
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_FALSE((*client)->CheckHealth("", soon).ok()) << "its certificate has another name";
}

}  // namespace
}  // namespace concero
