// Two gateways that share a PostgreSQL.
#include "tests/integration/gateway/allocations_crowd.h"
#include "tests/support/await.h"
#include "tests/support/postgres_server.h"

namespace gw::testing {
namespace {

class Replicas : public AllocationsTest {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<PostgresServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  // One more replica.
  GatewayProcess& StartReplica() {
    const GatewaySettings settings{.concero = "timeout: 20s, allocation: {min_time: 100ms}",
                                   .ledger = "lease: 60s, postgres: {url_file: \"" +
                                             directory_.Write("url", url_ + "\n") + "\"}"};
    return *replicas_.emplace_back(
        std::make_unique<GatewayProcess>(directory_, sandbox_.base_url(), settings));
  }
  std::vector<const GatewayProcess*> Both() {
    return {replicas_.at(0).get(), replicas_.at(1).get()};
  }

  // As an impatient caller does, until it is another end than `what`, or Await gives up.
  static Allocated AllocateUntilNot(const std::string& what, const GatewayProcess& gateway,
                                    const std::string& request_id) {
    Allocated ended;
    EXPECT_TRUE(Await([&] {
      ended = AllocateAt(gateway, request_id);
      return ended.what() != what;
    }));
    return ended;
  }
  static Allocated AllocateAt(const GatewayProcess& gateway, const std::string& request_id) {
    Allocated ended;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    ended.status = gateway.Stub()->AllocateCandidate(&context, Wanted(request_id), &ended.response);
    return ended;
  }
  static Ended<pb::ListExaminationsResponse> ListAt(const GatewayProcess& gateway) {
    Ended<pb::ListExaminationsResponse> ended;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    ended.status = gateway.Stub()->ListExaminations(&context, {}, &ended.response);
    return ended;
  }
  static void AwaitHealth(const GatewayProcess& gateway, const std::string& expected) {
    ASSERT_TRUE(Await([&] { return gateway.Health("ledger") == expected; }));
  }

  static std::unique_ptr<PostgresServer> server_;
  const std::string url_ = server_->NewSchema();
  std::vector<std::unique_ptr<GatewayProcess>> replicas_;
};

std::unique_ptr<PostgresServer> Replicas::server_;

TEST_F(Replicas, SendOneOfAThousandWithOneId) {
  StartReplica();
  StartReplica();
  FaultPosts({{"delay_ms", 300}});
  ExpectOneResult(AllocateAtOnce(Both(), "r-1"));
  EXPECT_EQ(Posts(), 1);
}

TEST_F(Replicas, SendOneOfAThousandWithoutId) {
  StartReplica();
  StartReplica();
  FaultPosts({{"delay_ms", 300}});
  ExpectOneResult(AllocateAtOnce(Both(), ""));
  EXPECT_EQ(Posts(), 1);
}

TEST_F(Replicas, AnswerForEachOther) {
  const GatewayProcess& one = StartReplica();
  const GatewayProcess& other = StartReplica();
  const Allocated first = AllocateAt(one, "r-1");
  const Allocated second = AllocateAt(other, "r-1");
  ASSERT_EQ(second.what(), "OK");
  EXPECT_TRUE(second.response.replayed());
  EXPECT_EQ(second.response.allocation().invite_id(), first.response.allocation().invite_id());
  EXPECT_EQ(Posts(), 1);
}

TEST_F(Replicas, HearOfARefreshOfTheList) {
  const GatewayProcess& one = StartReplica();
  const GatewayProcess& other = StartReplica();
  const auto fetched = ListAt(one);
  ASSERT_EQ(fetched.what(), "OK");
  ASSERT_TRUE(Await([&] { return other.Metric("gateway_cache_age_seconds") >= 0; }));
  const auto heard = ListAt(other);
  EXPECT_EQ(heard.response.version(), fetched.response.version());
  EXPECT_EQ(heard.response.fetch_time().seconds(), fetched.response.fetch_time().seconds());
  EXPECT_EQ(sandbox_.Received("/examinations"), 1);
}

TEST_F(Replicas, RefuseAllocationsAndGoOnReadingWhilePostgresIsAway) {
  const GatewayProcess& gateway = StartReplica();
  ASSERT_EQ(AllocateAt(gateway, "before").what(), "OK");
  server_->Stop();
  const Allocated refused = AllocateAt(gateway, "meanwhile");
  EXPECT_EQ(refused.what(), "UNAVAILABLE LEDGER_UNAVAILABLE");
  EXPECT_EQ(refused.metadata("request_id"), "meanwhile");
  EXPECT_TRUE(DetailsOf(refused.status).has_retry);
  EXPECT_EQ(Posts(), 1);
  EXPECT_EQ(ListAt(gateway).what(), "OK");
  AwaitHealth(gateway, "NOT_SERVING");
  EXPECT_EQ(gateway.Health(""), "SERVING");
  EXPECT_EQ(Http("GET", gateway.admin("/readyz")).status, 200);

  server_->Start();
  AwaitHealth(gateway, "SERVING");
  const Allocated replayed = AllocateUntilNot("UNAVAILABLE LEDGER_UNAVAILABLE", gateway, "before");
  EXPECT_TRUE(replayed.response.replayed());
  EXPECT_EQ(AllocateUntilNot("UNAVAILABLE LEDGER_UNAVAILABLE", gateway, "meanwhile").what(), "OK");
  EXPECT_EQ(Posts(), 2);
}

// In memory alone, a mark would be lost with the process, and the row would say SUCCEEDED for good.
TEST_F(Replicas, SayThatACancelIsDoneOnceThatIsRecorded) {
  const GatewayProcess& gateway = StartReplica();
  const Allocated allocated = AllocateAt(gateway, "r-1");
  ASSERT_EQ(allocated.what(), "OK");
  const auto cancel = [&] {
    pb::CancelAllocationRequest request;
    request.set_invite_id(allocated.response.allocation().invite_id());
    Ended<pb::CancelAllocationResponse> ended;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    ended.status = gateway.Stub()->CancelAllocation(&context, request, &ended.response);
    return ended;
  };
  server_->Stop();
  const auto refused = cancel();
  EXPECT_EQ(refused.what(), "UNAVAILABLE LEDGER_UNAVAILABLE");
  EXPECT_TRUE(DetailsOf(refused.status).has_retry);
  EXPECT_EQ(sandbox_.Received("/cancel-allocation"), 1) << "the portal was told all the same";
  server_->Start();
  ASSERT_TRUE(Await([&] { return cancel().what() == "OK"; }));
  EXPECT_EQ(AllocateUntilNot("UNAVAILABLE LEDGER_UNAVAILABLE", gateway, "r-1")
                .response.allocation()
                .state(),
            pb::ALLOCATION_STATE_CANCELLED);
}

TEST_F(Replicas, StartWhilePostgresIsAway) {
  server_->Stop();
  const GatewayProcess& gateway = StartReplica();
  EXPECT_EQ(AllocateAt(gateway, "r-1").what(), "UNAVAILABLE LEDGER_UNAVAILABLE");
  EXPECT_EQ(ListAt(gateway).what(), "OK");
  server_->Start();
  EXPECT_EQ(AllocateUntilNot("UNAVAILABLE LEDGER_UNAVAILABLE", gateway, "r-1").what(), "OK");
  EXPECT_EQ(Posts(), 1);
}

}  // namespace
}  // namespace gw::testing
