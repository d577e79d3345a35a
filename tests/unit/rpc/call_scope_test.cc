#include "service/rpc/call_scope.h"

#include <grpcpp/test/server_context_test_spouse.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "concero/v1/assessment.pb.h"
#include "service/base/failure.h"
#include "service/http/upstream_status.h"
#include "service/observe/call_counts.h"
#include "service/rpc/item_scope.h"
#include "tests/support/failures.h"
#include "tests/support/fakes.h"

namespace gw::rpc {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr char kTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const absl::Status kRefusal = http::NotConfigured({"upstream-a", Reason::kUpstreamBadRequest, ""});

class FakeMetrics : public observe::RpcMetrics {
 public:
  void Observe(absl::StatusCode code, Reason reason, absl::Duration took) override {
    seen.push_back(absl::StrCat(absl::StatusCodeToString(code), " ", ReasonName(reason), " ",
                                absl::FormatDuration(took)));
  }
  std::vector<std::string> seen;
};

class CallScopeTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { observe::SetLogLevel(observe::LogLevel::kError); }
  static void TearDownTestSuite() { observe::SetLogLevel(observe::LogLevel::kInfo); }

  // The request id of a call that comes with these.
  std::string RequestId(const RequestFacts& facts, const Headers& metadata) {
    return Record(facts, metadata)->request_id();
  }
  observe::CallRecordPtr Record(const RequestFacts& facts, const Headers& metadata) {
    grpc::ServerContext context;
    grpc::testing::ServerContextTestSpouse spouse(&context);
    for (const auto& [key, value] : metadata) spouse.AddClientMetadata(key, value);
    return CallScope(method_, prologue_, context, facts).info().record;
  }
  static RequestFacts WithId(absl::string_view id) { return {true, id, ""}; }
  // What the next call without an id gets.
  std::string Made() {
    testing::FakeRandom same = random_;
    return MakeUuid(same, clock_.WallNow());
  }

  testing::FakeClock clock_;
  testing::FakeRandom random_;
  observe::CallLog calls_{observe::AccessMode::kErrors, Secret("a-key"), clock_, random_};
  Prologue prologue_{clock_, calls_, {absl::Seconds(30), absl::Milliseconds(20)}};
  FakeMetrics metrics_;
  const RpcMethod method_{"package.Service/Method", true, metrics_};
};

TEST(FactsOf, AreWhatTheRequestHas) {
  ::concero::v1::AllocateCandidateRequest allocate;
  allocate.set_request_id("order-7741");
  allocate.set_candidate_email("arjun.mehta@company.io");
  const RequestFacts facts = FactsOf(allocate);
  EXPECT_TRUE(facts.has_request_id);
  EXPECT_EQ(facts.request_id, "order-7741");
  EXPECT_EQ(facts.email, "arjun.mehta@company.io");
  const RequestFacts none = FactsOf(::concero::v1::GetReportRequest());
  EXPECT_FALSE(none.has_request_id);
  EXPECT_EQ(none.email, "");
}

TEST_F(CallScopeTest, ACallHasTheRequestIdOfItsRequest) {
  EXPECT_EQ(RequestId(WithId("order-7741"), {{"x-request-id", "mesh-1"}}), "order-7741");
}

TEST_F(CallScopeTest, ARequestWithoutAnIdInItsFieldGetsOneWhateverTheMetadata) {
  const std::string made = Made();
  EXPECT_EQ(RequestId(WithId(""), {{"x-request-id", "mesh-1"}}), made);
}

TEST_F(CallScopeTest, ARequestWithoutTheFieldHasTheIdOfItsMetadata) {
  EXPECT_EQ(RequestId({}, {{"x-request-id", "mesh-1"}}), "mesh-1");
}

TEST_F(CallScopeTest, AnIdThatIsRefusedIsReplaced) {
  const struct {
    const char* name;
    RequestFacts facts;
    Headers metadata;
  } kCases[] = {
      {"none", {}, {}},
      {"too long", {}, {{"x-request-id", std::string(129, 'a')}}},
      {"a control character", {}, {{"x-request-id", "a\nb"}}},
      {"two", {}, {{"x-request-id", "a"}, {"x-request-id", "b"}}},
      {"a control character in the request", WithId("a\nb"), {}},
  };
  for (const auto& c : kCases) {
    const std::string made = Made();
    EXPECT_EQ(RequestId(c.facts, c.metadata), made) << c.name;
  }
  const std::string longest(128, 'a');
  EXPECT_EQ(RequestId({}, {{"x-request-id", longest}}), longest);
}

TEST_F(CallScopeTest, ACallHasTheTraceOfItsMetadata) {
  EXPECT_EQ(Record({}, {{"traceparent", kTraceparent}})->trace(),
            observe::ParseTraceparent(kTraceparent));
  EXPECT_FALSE(Record({}, {})->trace());
  EXPECT_FALSE(Record({}, {{"traceparent", kTraceparent}, {"traceparent", kTraceparent}})->trace());
  EXPECT_FALSE(Record({}, {{"traceparent", "00-zz"}})->trace());
}

TEST_F(CallScopeTest, ARefusedAllocationIsToldItsRequestIdMadeOnesToo) {
  prologue_.RefuseCalls();
  const std::string made = Made();
  const struct {
    RequestFacts facts;
    std::string told;
  } kCases[] = {{WithId(""), made},
                {WithId("order-7741"), "order-7741"},
                {WithId("a\nb"), "(none)"},
                {{}, "(none)"}};
  for (const auto& [facts, told] : kCases) {
    const grpc::ServerContext context;
    const absl::Status status = CallScope(method_, prologue_, context, facts).Admit();
    EXPECT_EQ(testing::CodeAndReason(status), "UNAVAILABLE SHUTTING_DOWN");
    EXPECT_EQ(testing::Metadata(status, "request_id"), told);
  }
}

TEST_F(CallScopeTest, ACallOfARefusedMethodEndsWithItsRefusal) {
  const RpcMethod refused{"package.Service/Method", true, metrics_, kRefusal};
  const std::string made = Made();
  const struct {
    RequestFacts facts;
    std::string told;
  } kCases[] = {{WithId(""), made},
                {WithId("order-7741"), "order-7741"},
                {WithId("a\nb"), "(none)"},
                {{}, "(none)"}};
  for (const auto& [facts, told] : kCases) {
    const grpc::ServerContext context;
    const absl::Status status = CallScope(refused, prologue_, context, facts).Admit();
    EXPECT_EQ(testing::CodeAndReason(status), "UNIMPLEMENTED UPSTREAM_NOT_CONFIGURED");
    EXPECT_EQ(testing::Metadata(status, "upstream"), "upstream-a");
    EXPECT_EQ(testing::Metadata(status, "request_id"), told);
  }
}

TEST_F(CallScopeTest, APrologueThatRefusesComesBeforeTheMethodsRefusal) {
  const RpcMethod refused{"package.Service/Method", true, metrics_, kRefusal};
  const grpc::ServerContext context;
  CallScope late(refused, prologue_, context, {});
  clock_.Advance(absl::Seconds(30));
  EXPECT_EQ(testing::CodeAndReason(late.Admit()), "DEADLINE_EXCEEDED DEADLINE_EXCEEDED");
  CallScope scope(refused, prologue_, context, {});
  EXPECT_EQ(testing::CodeAndReason(scope.Admit()), "UNIMPLEMENTED UPSTREAM_NOT_CONFIGURED");
  prologue_.RefuseCalls();
  EXPECT_EQ(testing::CodeAndReason(scope.Admit()), "UNAVAILABLE SHUTTING_DOWN");
}

TEST(MethodMaker, MakesMethodsByTheirFullNames) {
  observe::Metrics metrics;
  const MethodMaker maker(metrics, "package.Service", kRefusal);
  const RpcMethod reads = maker.Make("Get", Effect::kReads);
  const RpcMethod changes = maker.Make("Delete", Effect::kChanges);
  EXPECT_EQ(reads.name, "package.Service/Get");
  EXPECT_EQ(reads.path, "/package.Service/Get");
  EXPECT_FALSE(reads.mutation);
  EXPECT_EQ(reads.refusal, kRefusal);
  EXPECT_EQ(changes.name, "package.Service/Delete");
  EXPECT_TRUE(changes.mutation);
  EXPECT_EQ(&reads.metrics, &metrics.ForRpc("package.Service/Get"));
  EXPECT_EQ(&changes.metrics, &metrics.ForRpc("package.Service/Delete"));
  EXPECT_TRUE(MethodMaker(metrics, "package.Service", absl::OkStatus())
                  .Make("Get", Effect::kReads)
                  .refusal.ok());
}

TEST_F(CallScopeTest, ACallIsTimedUntilItsAnswerAndActiveUntilItIsOver) {
  EXPECT_EQ(prologue_.active(), 0);
  {
    const grpc::ServerContext context;
    CallScope scope(method_, prologue_, context, {});
    EXPECT_TRUE(scope.Admit().ok());
    EXPECT_EQ(prologue_.active(), 1);
    clock_.Advance(absl::Milliseconds(250));
    scope.End(absl::OkStatus());
    EXPECT_EQ(prologue_.active(), 1);
  }
  EXPECT_EQ(prologue_.active(), 0);
  EXPECT_EQ(metrics_.seen, std::vector<std::string>{"OK  250ms"});
}

TEST_F(CallScopeTest, ACallAndAnItemTakeTimeAndAStreamLastsAsLongAsItsCallerLikes) {
  observe::CallCounts counts(clock_);
  Prologue::Options options;
  options.counts = &counts;
  Prologue prologue(clock_, calls_, options);
  const grpc::ServerContext context;
  const auto minute = [&] { return counts.history().LastHour()[59]; };
  RpcMethod lasting{"package.Service/Methods", true, metrics_};
  lasting.lasts = true;
  CallScope stream(lasting, prologue, context, {});
  clock_.Advance(absl::Seconds(20));
  stream.End(absl::OkStatus());
  EXPECT_EQ(minute().total(), 1);
  EXPECT_EQ(minute().p99, absl::ZeroDuration());
  EXPECT_EQ(metrics_.seen, std::vector<std::string>{"OK  20s"});

  ItemScope item(method_, prologue, stream.info(), {});
  clock_.Advance(absl::Milliseconds(50));
  item.End(absl::OkStatus());
  EXPECT_EQ(minute().total(), 2);
  EXPECT_GE(minute().p99, absl::Milliseconds(50));
  EXPECT_LT(minute().p99, absl::Milliseconds(60));
  CallScope call(method_, prologue, context, {});
  clock_.Advance(absl::Milliseconds(250));
  call.End(absl::OkStatus());
  EXPECT_EQ(minute().total(), 3);
  EXPECT_GE(minute().p99, absl::Milliseconds(250));
  EXPECT_LT(minute().p99, absl::Milliseconds(300));
}

TEST_F(CallScopeTest, AFailureIsCountedByItsReason) {
  const grpc::ServerContext context;
  CallScope scope(method_, prologue_, context, {});
  scope.End(InvalidField("invite_id", "must be above 0"));
  EXPECT_EQ(metrics_.seen, std::vector<std::string>{"INVALID_ARGUMENT INVALID_FIELD 0"});
}

TEST_F(CallScopeTest, ACallHasTheNameAndThePermissionsOfItsCaller) {
  Authorization authorization;
  Prologue::Options options;
  options.trust_xfcc = true;
  options.authorization = &authorization;
  Prologue prologue(clock_, calls_, options);
  grpc::ServerContext context;
  grpc::testing::ServerContextTestSpouse spouse(&context);
  spouse.AddClientMetadata("x-forwarded-client-cert", "URI=spiffe://a/web;DNS=web.a");
  spouse.AddClientMetadata("team", "x");
  CallScope scope(method_, prologue, context, {});
  EXPECT_EQ(scope.info().caller, "spiffe://a/web");
  const Permissions& permissions = *scope.info().permissions;
  EXPECT_TRUE(scope.Admit().ok());
  EXPECT_FALSE(permissions.Allows(method_.path));  // without a policy no rule allows it
  authorization.Use(std::make_shared<Policy>(
      Policy{"p",
             {},
             {{"by name", {Pattern::Of("web.a")}, {Pattern::Of("/one")}, {}},
              {"by header", {}, {Pattern::Of("/two")}, {{"team", {Pattern::Of("x")}}}},
              {"others'", {Pattern::Of("spiffe://a/batch")}, {}, {}}}}));
  EXPECT_TRUE(permissions.Allows("/one"));
  EXPECT_TRUE(permissions.Allows("/two"));
  EXPECT_FALSE(permissions.Allows("/three"));
  EXPECT_EQ(testing::CodeAndReason(scope.Admit()), "PERMISSION_DENIED CALLER_NOT_ALLOWED");
}

TEST_F(CallScopeTest, ACallHasItsPlaceAmongItsCallersUntilItIsOver) {
  Quotas quotas(clock_, {{std::nullopt, 1}, {}, false});
  Prologue::Options options;
  options.quotas = &quotas;
  Prologue prologue(clock_, calls_, options);
  const grpc::ServerContext context;
  for (int i = 0; i < 2; ++i) {
    CallScope scope(method_, prologue, context, {});
    EXPECT_TRUE(scope.Admit().ok());
    CallScope second(method_, prologue, context, {});
    EXPECT_EQ(testing::CodeAndReason(second.Admit()), "RESOURCE_EXHAUSTED QUOTA_EXCEEDED");
    scope.End(absl::OkStatus());
    EXPECT_FALSE(CallScope(method_, prologue, context, {}).Admit().ok());
  }
}

TEST_F(CallScopeTest, ACancelReachesTheHandler) {
  const grpc::ServerContext context;
  CallScope scope(method_, prologue_, context, {});
  EXPECT_FALSE(scope.info().cancel.stop_requested());
  scope.Cancel();
  EXPECT_TRUE(scope.info().cancel.stop_requested());
}

}  // namespace
}  // namespace gw::rpc
