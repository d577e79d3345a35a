// Student sessions by signed requests.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/gateway/student_sessions_fixture.h"

namespace gw::testing {
namespace {

using grpc::StatusCode;
using nlohmann::json;

constexpr char kOddName[] = "Zoë O'Brien & Søn?=1";

std::string NonceOf(const json& request) {
  const std::string path = request.at("path"), body = request.at("body");
  if (!body.empty()) return json::parse(body).at("nonce");
  const size_t at = path.find("nonce=") + 6;
  return path.substr(at, path.find('&', at) - at);
}

TEST_F(StudentSessionsTest, AnUpdateIsSentSignedAndReadBack) {
  px::UpdateStudentSessionRequest request;
  request.set_id(1);
  request.set_name(kOddName);
  request.set_external_id("");
  request.set_skip_requirements(false);
  request.mutable_open_time()->set_seconds(1784000000);
  request.mutable_open_time()->set_nanos(999'999'999);
  const px::StudentSession session = Update(request);
  EXPECT_EQ(session.name(), kOddName);
  EXPECT_TRUE(session.has_external_id());
  EXPECT_EQ(session.external_id(), "");
  EXPECT_FALSE(session.skip_requirements());
  EXPECT_EQ(session.open_time().seconds(), 1784000000);
  EXPECT_EQ(session.open_time().nanos(), 0);
  EXPECT_EQ(session.email(), "student1@example.com") << "what is not set stays";
  EXPECT_EQ(session.created_at().seconds(), 1542470485);
  EXPECT_EQ(session.created_at().nanos(), 788'000'000);
  EXPECT_EQ(session.id_card_file_size(), 187297);
  EXPECT_FALSE(session.has_session_id());
  EXPECT_EQ(Get(1).SerializeAsString(), session.SerializeAsString());

  const json sent = Requests().at(0);
  EXPECT_EQ(sent.at("method"), "PATCH");
  EXPECT_EQ(sent.at("path"), "/api/v3/student_sessions/1");
  EXPECT_EQ(sent.at("headers").at("authorization"), std::string("Token token=") + kToken);
  EXPECT_EQ(sent.at("headers").at("accept"), "application/vnd.procwise.v3");
  EXPECT_EQ(sent.at("headers").at("content-type"), "application/json");
  std::set<std::string> names;
  const json body = json::parse(sent.at("body").get<std::string>());
  for (const auto& [name, value] : body.items()) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"name", "external_id", "skip_requirements", "open_time",
                                          "nonce", "timestamp", "signature"}));
}

TEST_F(StudentSessionsTest, ARequestSeenOnTheWireIsOfNoUseAndTheGatewaysNextOneIs) {
  ASSERT_TRUE(Rename(1, "Captured").ok());
  const json seen = Requests().at(0);
  const auto replay = [&] {
    return HttpAs(seen.at("method"), sandbox_.root() + seen.at("path").get<std::string>(),
                  seen.at("body"),
                  {"Authorization: " + seen.at("headers").at("authorization").get<std::string>(),
                   "Accept: " + seen.at("headers").at("accept").get<std::string>(),
                   "Content-Type: application/json"});
  };
  const HttpAnswer refused = replay();
  EXPECT_EQ(refused.status, 403) << refused.body;
  EXPECT_TRUE(Rename(1, "Captured").ok());
  EXPECT_EQ(Requests().at(1).at("executed"), false);
  EXPECT_EQ(Requests().at(2).at("executed"), true);
}

TEST_F(StudentSessionsTest, AreListedPageByPageOfOneExamOrAll) {
  for (const auto& [exam_id, ids] : std::map<int64_t, std::vector<std::vector<int64_t>>>{
           {1, {{1, 2}, {3}}}, {0, {{1, 2}, {3, 4}}}, {77, {{}}}}) {
    px::ListStudentSessionsRequest request;
    request.set_exam_id(exam_id);
    request.set_page_size(2);
    for (const std::vector<int64_t>& page : ids) {
      px::ListStudentSessionsResponse response;
      ASSERT_TRUE(Call(&Stub::ListStudentSessions, request, &response).ok());
      std::vector<int64_t> got;
      for (const auto& session : response.student_sessions()) got.push_back(session.id());
      EXPECT_EQ(got, page);
      EXPECT_EQ(response.total_size(), exam_id == 1 ? 3 : exam_id == 0 ? 4 : 0);
      EXPECT_EQ(response.next_page_token().empty(), &page == &ids.back());
      request.set_page_token(response.next_page_token());
    }
  }
}

TEST_F(StudentSessionsTest, AreMadeAndDeleted) {
  px::CreateStudentSessionResponse made;
  ASSERT_TRUE(Create("zoe@example.com", &made).ok());
  EXPECT_EQ(made.student_session().id(), 5);
  EXPECT_EQ(made.student_session().exam_id(), 1);
  EXPECT_EQ(made.student_session().email(), "zoe@example.com");
  EXPECT_FALSE(made.student_session().has_start_time());
  EXPECT_EQ(Get(5).name(), "Zoë");
  EXPECT_TRUE(Delete(5).ok());
  const grpc::Status gone = Delete(5);
  EXPECT_EQ(gone.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(gone).info.reason(), "UPSTREAM_NOT_FOUND");
}

TEST_F(StudentSessionsTest, ADeletionThatHadToBeSentAgainIsNotASessionThatIsNotThere) {
  for (const char* action : {"close", "reset_after"}) {
    px::CreateStudentSessionResponse made;
    ASSERT_TRUE(Create("zoe@example.com", &made).ok());
    sandbox_.ClearJournal();
    sandbox_.SetFaults(json::array({{{"method", "DELETE"}, {"times", 1}, {"action", action}}}));
    const grpc::Status status = Delete(made.student_session().id());
    EXPECT_TRUE(status.ok()) << action << ": " << status.error_message();
    const json requests = Requests();
    ASSERT_EQ(requests.size(), 2u) << action;
    EXPECT_EQ(requests.at(0).at("executed"), true);
    EXPECT_EQ(requests.at(1).at("status"), 404);
    EXPECT_NE(NonceOf(requests.at(0)), NonceOf(requests.at(1)));
  }
  EXPECT_EQ(gateway_->Metric("gateway_retries_total{upstream=\"proctorexam\"}"), 2);
}

class CrowdOfUpdates : public StudentSessionsTest {
 protected:
  CrowdOfUpdates() : StudentSessionsTest("timeout: 5m") {}
};

TEST_F(CrowdOfUpdates, IsSignedRightAndWithoutANonceTwiceThoughATenthOfItsConnectionsDie) {
  // Many at a time, but so few that what is sent again always finds a place in the queue.
  constexpr int kCalls = 2000, kAtOnce = 80, kDeaths = 200;
  ASSERT_TRUE(Rename(1, "warm").ok());
  sandbox_.ClearJournal();
  sandbox_.SetFaults(
      json::array({{{"method", "PATCH"}, {"every", 10}, {"times", kDeaths}, {"action", "close"}}}));
  struct Running {
    grpc::ClientContext context;
    px::UpdateStudentSessionRequest request;
    px::UpdateStudentSessionResponse response;
  };
  std::vector<Running> calls(kCalls);
  std::atomic<int> begun{0}, ended{0}, failed{0}, unlike{0};
  std::promise<void> all;
  const std::function<void()> begin_one = [&] {
    const int i = begun++;
    if (i >= kCalls) return;
    Running& call = calls[static_cast<size_t>(i)];
    call.context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
    call.request.set_id(1 + i % 4);
    call.request.set_name(kOddName + std::to_string(i));
    stub_->async()->UpdateStudentSession(
        &call.context, &call.request, &call.response, [&, c = &call](const grpc::Status& status) {
          // A request that met the fault three times in a row.
          const bool lost = DetailsOf(status).info.reason() == "UPSTREAM_UNAVAILABLE";
          if (!status.ok() && !lost) ++unlike;
          if (!status.ok()) ++failed;
          if (status.ok() && c->response.student_session().name() != c->request.name()) ++unlike;
          begin_one();
          if (++ended == kCalls) all.set_value();
        });
  };
  for (int i = 0; i < kAtOnce; ++i) begin_one();
  all.get_future().wait();
  EXPECT_EQ(unlike, 0);
  EXPECT_LE(failed, kCalls / 50);

  std::set<std::string> nonces;
  std::map<int64_t, int> before_on_connection;
  int died = 0, died_warm = 0;
  for (const json& request : Requests()) {
    EXPECT_TRUE(nonces.insert(NonceOf(request)).second) << "a nonce twice";
    EXPECT_EQ(request.at("executed"), true) << "refused: its signature or its nonce is not right";
    const bool was_warm = before_on_connection[request.at("connection")]++ > 0;
    if (request.at("status") == 200) continue;
    ++died;
    died_warm += was_warm ? 1 : 0;
  }
  EXPECT_EQ(died, kDeaths);
  EXPECT_GT(died_warm, kDeaths / 2);
  EXPECT_EQ(nonces.size(), static_cast<size_t>(kCalls - failed + kDeaths));
}

TEST_F(StudentSessionsTest, HaveAHealthAMetricAndALogOfTheirOwn) {
  ASSERT_TRUE(Rename(2, "Hidden Name").ok());
  px::CreateStudentSessionResponse made;
  ASSERT_TRUE(Create("hidden@example.com", &made).ok());
  for (const char* name : {"", "proctorexam", "proctorexam.v1.StudentSessionService"}) {
    EXPECT_EQ(gateway_->Health(name), "SERVING") << name;
  }
  EXPECT_EQ(gateway_->Health("concero"), "failed") << "it is not configured";
  EXPECT_EQ(json::parse(Http("GET", gateway_->admin("/readyz")).body)
                .at("components")
                .count("proctorexam"),
            1u);
  EXPECT_GE(gateway_->Metric("gateway_key_age_seconds{key=\"proctorexam_secret_key\"}"), 0);
  EXPECT_EQ(gateway_->Metric("http_client_request_duration_seconds_count{result=\"2xx\","
                             "upstream=\"proctorexam\"}"),
            2);
  const auto lines = gateway_->Logged("call");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].at("rpc"), "proctorexam.v1.StudentSessionService/CreateStudentSession");
  EXPECT_EQ(lines[1].at("email_hash").get<std::string>().size(), 16u);
  const std::string log = gateway_->process().err();
  for (const char* hidden : {"hidden@example.com", "Hidden Name", kToken, kSecretKey}) {
    EXPECT_EQ(log.find(hidden), std::string::npos) << hidden;
  }
  EXPECT_EQ(sandbox_.Journal().dump().find(kSecretKey), std::string::npos) << "it was sent";
}

class ClockSkew : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Of, ClockSkew, ::testing::Values("10m", "-10m", "5s"));

TEST_P(ClockSkew, OfAnUpstreamIsAMetricAndOverHalfAMinuteAWarning) {
  const std::string skew = GetParam();
  TemporaryDirectory directory;
  Sandbox sandbox(directory, {"--date-skew", skew});
  GatewaySettings settings;
  settings.proctorexam_url = sandbox.proctorexam_url();
  GatewayProcess gateway(directory, /*base_url=*/"", settings);
  EXPECT_EQ(gateway.Metric("gateway_clock_skew_seconds{upstream=\"proctorexam\"}"), -1);
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    px::GetStudentSessionRequest request;
    request.set_id(1);
    px::GetStudentSessionResponse response;
    ASSERT_TRUE(gateway.StudentSessions()->GetStudentSession(&context, request, &response).ok());
  }
  const double apart = gateway.Metric("gateway_clock_skew_seconds{upstream=\"proctorexam\"}");
  const auto warnings = gateway.Logged("clock_skew");
  if (skew == "5s") {
    EXPECT_LE(apart, 5);
    EXPECT_EQ(warnings.size(), 0u);
    return;
  }
  EXPECT_GE(apart, 500);
  EXPECT_LE(apart, 600);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].at("level"), "warn");
  EXPECT_EQ(warnings[0].at("upstream"), "proctorexam");
  EXPECT_EQ(warnings[0].at("upstream_ahead_seconds") > 0, skew == "10m");
}

}  // namespace
}  // namespace gw::testing
