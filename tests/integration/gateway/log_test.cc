// What operators read of calls, and what they must never read.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "tests/integration/gateway/stack.h"

namespace gw::testing {
namespace {

namespace pb = concero::v1;
using nlohmann::json;

constexpr char kEmail[] = "arjun.mehta@company.io";
constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kParentId[] = "00f067aa0ba902b7";

using Metadata = std::vector<std::pair<std::string, std::string>>;

class AccessLog : public ::testing::Test {
 protected:
  void Start(const GatewaySettings& settings) {
    gateway_ = std::make_unique<GatewayProcess>(directory_, sandbox_.base_url(), settings);
    stub_ = gateway_->Stub();
  }
  void StartLogging(const std::string& log) { Start({.log = log}); }
  static void Fill(grpc::ClientContext* context, const Metadata& metadata) {
    for (const auto& [key, value] : metadata) context->AddMetadata(key, value);
  }
  grpc::Status Allocate(const std::string& request_id, pb::AllocateCandidateResponse* response,
                        const Metadata& metadata = {}) {
    pb::AllocateCandidateRequest request;
    request.set_examination_id(119);
    request.set_candidate_email(kEmail);
    request.set_request_id(request_id);
    grpc::ClientContext context;
    Fill(&context, metadata);
    return stub_->AllocateCandidate(&context, request, response);
  }
  grpc::Status Report(int64_t invite_id, const Metadata& metadata = {}) {
    pb::GetReportRequest request;
    request.set_invite_id(invite_id);
    pb::GetReportResponse response;
    grpc::ClientContext context;
    Fill(&context, metadata);
    return stub_->GetReport(&context, request, &response);
  }
  // The lines of an event, after the regular end of the gateway.
  std::vector<json> Lines(const std::string& event) {
    EXPECT_EQ(gateway_->process().Stop(), 0);
    return gateway_->Logged(event);
  }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
  std::unique_ptr<GatewayProcess> gateway_;
  std::unique_ptr<pb::AssessmentService::Stub> stub_;
};

TEST_F(AccessLog, TellsOfAnAllocationWhoAskedWhatCameAndForWhichTrace) {
  StartLogging("hash_key_file: \"" + directory_.Write("hash", "0123456789abcdef\n") + "\"");
  pb::AllocateCandidateResponse response;
  ASSERT_TRUE(Allocate("order-7741", &response,
                       {{"traceparent", std::string("00-") + kTraceId + "-" + kParentId + "-01"}})
                  .ok());
  const auto lines = Lines("call");
  ASSERT_EQ(lines.size(), 1u);
  json line = lines[0];
  EXPECT_TRUE(line.at("duration_ms").is_number());
  line.erase("duration_ms");
  EXPECT_TRUE(line.at("time").is_string());
  line.erase("time");
  // echo -n arjun.mehta@company.io | openssl dgst -sha256 -hmac 0123456789abcdef
  EXPECT_EQ(line, json({{"level", "info"},
                        {"event", "call"},
                        {"request_id", "order-7741"},
                        {"caller", "anonymous"},
                        {"rpc", "concero.v1.AssessmentService/AllocateCandidate"},
                        {"code", "OK"},
                        {"upstream_status", 201},
                        {"attempt", 1},
                        {"email_hash", "4df17b57e633dd2a"},
                        {"trace_id", kTraceId},
                        {"parent_id", kParentId},
                        {"trace_sampled", true}}));
}

TEST_F(AccessLog, LeavesOutWhatDoesNotApply) {
  StartLogging("access: all");
  EXPECT_EQ(Report(0).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto lines = Lines("call");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].at("code"), "INVALID_ARGUMENT");
  EXPECT_EQ(lines[0].at("reason"), "INVALID_FIELD");
  for (const char* key : {"upstream_status", "attempt", "email_hash", "trace_id", "parent_id"}) {
    EXPECT_FALSE(lines[0].contains(key)) << key;
  }
}

TEST_F(AccessLog, SamplesReadsAndTellsOfEveryMutationAndFailure) {
  StartLogging("level: info");
  pb::AllocateCandidateResponse response;
  for (const char* id : {"order-1", "order-2", "order-3"}) {
    ASSERT_TRUE(Allocate(id, &response).ok());
  }
  const int64_t invite_id = response.allocation().invite_id();
  for (int i = 0; i < 101; ++i) {
    const grpc::Status status = Report(invite_id);
    ASSERT_TRUE(status.ok()) << i << ": " << status.error_message() << gateway_->process().err();
  }
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Report(0).error_code(), grpc::INVALID_ARGUMENT);
  int allocations = 0, reports = 0, failures = 0;
  for (const json& line : Lines("call")) {
    const bool failed = line.at("code") != "OK";
    const bool read = line.at("rpc") == "concero.v1.AssessmentService/GetReport";
    ++(failed ? failures : read ? reports : allocations);
  }
  EXPECT_EQ(allocations, 3);
  EXPECT_GE(reports, 2);  // and those that were slow
  EXPECT_EQ(failures, 4);
}

TEST_F(AccessLog, TellsOfFailuresOnlyWhenToldAndOfNothingBelowItsLevel) {
  StartLogging("access: errors");
  pb::AllocateCandidateResponse response;
  ASSERT_TRUE(Allocate("", &response).ok());
  EXPECT_EQ(Report(999'999).error_code(), grpc::StatusCode::NOT_FOUND);
  auto lines = Lines("call");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].at("reason"), "UPSTREAM_NOT_FOUND");
  EXPECT_EQ(lines[0].at("upstream_status"), 404);

  StartLogging("access: all, level: warn");
  EXPECT_EQ(Report(0).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Lines("call").empty());
}

TEST_F(AccessLog, LinesFromBelowCarryTheIdAndTheTraceOfTheirCall) {
  StartLogging("access: all");
  const std::string traceparent = std::string("00-") + kTraceId + "-" + kParentId + "-00";
  const auto with = [&](const std::string& id) -> Metadata {
    return {{"x-request-id", id}, {"traceparent", traceparent}};
  };
  EXPECT_EQ(Report(999'999, with("read-refused")).error_code(), grpc::StatusCode::NOT_FOUND);
  sandbox_.SetFaults(
      json::array({{{"path", "/api/v1/report"}, {"status", 200}, {"body", "<html>"}}}));
  EXPECT_EQ(Report(1, with("read-html")).error_code(), grpc::StatusCode::INTERNAL);
  sandbox_.SetFaults(json::array({{{"path", "/api/v1/report"}, {"action", "reset_after"}}}));
  EXPECT_EQ(Report(1, with("read-reset")).error_code(), grpc::StatusCode::UNAVAILABLE);
  sandbox_.SetFaults(json::array({{{"path", "/api/v1/allocate-candidate"}, {"status", 502}}}));
  pb::AllocateCandidateResponse response;
  EXPECT_EQ(Allocate("order-1", &response, with("not-this")).error_code(),
            grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(gateway_->process().Stop(), 0);
  for (const auto& [event, id] :
       std::vector<std::pair<std::string, std::string>>{{"upstream_refused", "read-refused"},
                                                        {"upstream_bad_response", "read-html"},
                                                        {"upstream_failed", "read-reset"},
                                                        {"allocation_answer", "order-1"}}) {
    const auto lines = gateway_->Logged(event);
    // What is sent again may fail again.
    ASSERT_GE(lines.size(), 1u) << event;
    if (event != "upstream_failed") {
      EXPECT_EQ(lines.size(), 1u) << event;
    }
    for (const json& line : lines) {
      EXPECT_EQ(line.at("request_id"), id);
      EXPECT_EQ(line.at("trace_id"), kTraceId);
    }
  }
  const json journal = sandbox_.Journal();
  EXPECT_GE(journal.at("requests").size(), 4u);
  for (const json& request : journal.at("requests")) {
    EXPECT_FALSE(request.at("headers").contains("x-request-id")) << "sent to the third party";
    EXPECT_EQ(request.at("headers").value("traceparent", ""), traceparent) << request;
  }
}

TEST_F(AccessLog, ALateOutcomeCarriesTheIdOfItsCall) {
  Start({.concero = "timeout: 1h", .shutdown = "pause: 0s, grace: 100ms"});
  sandbox_.SetFaults(json::array({{{"delay_ms", 3'600'000}}}));
  pb::AllocateCandidateRequest request;
  request.set_examination_id(119);
  request.set_candidate_email(kEmail);
  request.set_request_id("order-late");
  pb::AllocateCandidateResponse response;
  grpc::ClientContext context;
  std::promise<grpc::Status> told;
  stub_->async()->AllocateCandidate(&context, &request, &response,
                                    [&](const grpc::Status& s) { told.set_value(s); });
  sandbox_.AwaitReceived("/allocate-candidate", 1);
  context.TryCancel();
  told.get_future().wait();
  const auto lines = Lines("late_allocation_outcome");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].at("request_id"), "order-late");
  EXPECT_EQ(lines[0].at("outcome"), "ALLOCATION_IN_DOUBT");
}

TEST_F(AccessLog, HasNoEmailNoInviteLinkAndNoKeyInIt) {
  const std::string hash_key = "canary-hash-key-77e1";
  StartLogging("level: debug, access: all, hash_key_file: \"" + directory_.Write("hash", hash_key) +
               "\"");
  pb::AllocateCandidateResponse response;
  ASSERT_TRUE(Allocate("order-1", &response).ok());
  const std::string link = response.allocation().invite_link();
  ASSERT_FALSE(link.empty());
  ASSERT_TRUE(Report(response.allocation().invite_id()).ok());
  ASSERT_TRUE(Allocate(kEmail, &response).ok());
  EXPECT_EQ(Report(0, {{"x-request-id", kEmail}}).error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(Report(0, {{"x-request-id", "arjun.mehta%40company.io"}}).error_code(),
            grpc::INVALID_ARGUMENT);
  const std::string body =
      std::string("for ") + kEmail + " at " + link + " with " + kKey + " and " + hash_key;
  for (const int status : {200, 401, 422, 500, 502}) {
    sandbox_.SetFaults(json::array({{{"status", status}, {"body", body}}}));
    EXPECT_FALSE(Allocate(kEmail + std::to_string(status), &response).ok());
    EXPECT_FALSE(Report(1).ok());
  }
  for (const char* action : {"reset_after", "truncate"}) {
    sandbox_.SetFaults(json::array({{{"action", action}, {"body", body}}}));
    EXPECT_FALSE(Allocate(std::string("order-") + action, &response).ok());
  }
  EXPECT_GE(Lines("call").size(), 17u);
  const std::string log = gateway_->process().err();
  for (const std::string& secret :
       {std::string("arjun.mehta"), std::string("company.io"), link, std::string(kKey), hash_key}) {
    EXPECT_EQ(log.find(secret), std::string::npos) << secret;
  }
}

// A pipe that nobody reads.
class Unread {
 public:
  Unread() {
    if (pipe2(fds_, O_CLOEXEC) != 0) abort();
  }
  ~Unread() {
    close(fds_[0]);
    close(fds_[1]);
  }
  int in() const { return fds_[1]; }
  // Reads until `text` has come; what came.
  std::string ReadUntil(const std::string& text) {
    std::string all;
    char part[65536];
    while (all.find(text) == std::string::npos) {
      const ssize_t n = read(fds_[0], part, sizeof part);
      if (n <= 0) break;
      all.append(part, static_cast<size_t>(n));
    }
    return all;
  }

 private:
  int fds_[2];
};

class StalledLog : public AccessLog {
 protected:
  void CallUntilLinesAreLost() {
    while (gateway_->Metric("gateway_log_lines_dropped_total") <= 0) {
      for (int i = 0; i < 500; ++i) ASSERT_EQ(Report(0).error_code(), grpc::INVALID_ARGUMENT);
    }
  }
  Unread unread_;
};

TEST_F(StalledLog, HoldsUpNoCallAndNotTheEnd) {
  Start({.log = "access: all", .err = unread_.in()});
  CallUntilLinesAreLost();
  pb::AllocateCandidateResponse response;
  EXPECT_TRUE(Allocate("", &response).ok());
  EXPECT_EQ(gateway_->process().Stop(), 0);
}

TEST_F(StalledLog, HoldsUpTheSecondSignalNeither) {
  Start({.shutdown = "pause: 1h", .log = "access: all", .err = unread_.in()});
  CallUntilLinesAreLost();
  gateway_->process().Signal(SIGTERM);
  while (Http("GET", gateway_->admin("/readyz")).status == 200) std::this_thread::yield();
  gateway_->process().Signal(SIGTERM);
  EXPECT_EQ(gateway_->process().Wait(), 1);
}

TEST_F(StalledLog, TellsHowMuchWasLostWhenItIsReadAgain) {
  Start({.log = "access: all", .err = unread_.in()});
  CallUntilLinesAreLost();
  const std::string log = unread_.ReadUntil("\"event\":\"log_lines_dropped\",\"lines\":");
  EXPECT_NE(log.find("\"event\":\"listening\""), std::string::npos) << "the first line is kept";
}

}  // namespace
}  // namespace gw::testing
