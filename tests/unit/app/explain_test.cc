#include "service/app/explain.h"

#include <gmock/gmock.h>

namespace gw::app {
namespace {

using rpc::Pattern;
using rpc::Policy;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr char kList[] = "concero.v1.AssessmentService/ListExaminations";

Policy Example() {
  return {"p",
          {{"no batch", {Pattern::Of("batch.a")}, {}, {}}},
          {{"exams-team",
            {Pattern::Of("spiffe://a/*")},
            {Pattern::Of("/concero.v1.AssessmentService/*")},
            {}},
           {"everyone's list", {Pattern::Of("anonymous")}, {Pattern::Of("*/ListExaminations")}, {}},
           {"by header",
            {Pattern::Of("web.a")},
            {Pattern::Of("*/GetReport")},
            {{"team", {Pattern::Of("x")}}}}}};
}

std::string Verdict(const std::string& caller, absl::string_view method) {
  const Policy policy = Example();
  return Explain(&policy, caller, method).verdict;
}

TEST(Explain, NamesTheRuleThatDecides) {
  EXPECT_EQ(Verdict("spiffe://a/web", kList), "allowed by allow rule \"exams-team\"");
  EXPECT_EQ(Verdict("anonymous", kList), "allowed by allow rule \"everyone's list\"");
  EXPECT_EQ(Verdict("batch.a", kList), "denied by deny rule \"no batch\"");
  EXPECT_EQ(Verdict("web.a", kList), "denied: no allow rule matches");
}

TEST(Explain, TakesAMethodWithASlashBeforeItOrWithout) {
  EXPECT_EQ(Verdict("spiffe://a/web", absl::string_view("/concero.v1.AssessmentService/GetReport")),
            "allowed by allow rule \"exams-team\"");
}

TEST(Explain, WithoutAPolicyEverythingIsAllowed) {
  const Explanation said = Explain(nullptr, "anonymous", kList);
  EXPECT_EQ(said.verdict, "allowed: there is no policy file");
  EXPECT_THAT(said.notes, IsEmpty());
}

TEST(Explain, WarnsOfAMethodThatThereIsNot) {
  const Policy policy = Example();
  for (const Policy* p : {&policy, static_cast<const Policy*>(nullptr)}) {
    EXPECT_THAT(Explain(p, "x", "concero.v1.AssessmentService/ListExamination").notes,
                ElementsAre("the gateway has no method "
                            "/concero.v1.AssessmentService/ListExamination; did you mean "
                            "/concero.v1.AssessmentService/ListExaminations?"));
    EXPECT_THAT(Explain(p, "x", "nothing").notes,
                ElementsAre("the gateway has no method /nothing"));
  }
}

TEST(Explain, KnowsWhatGrpcServesAndThePathsOfOthersAllocations) {
  for (const char* method :
       {"grpc.health.v1.Health/Check", "proctorexam.v1.StudentSessionService/GetStudentSession",
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "concero.v1.AllocationService/EraseCandidate", "gateway.v1.DiagnosticsService/Preflight",
        "concero.v1.AllocationService.Others/ListAllocations"}) {
    EXPECT_THAT(Explain(nullptr, "x", method).notes, IsEmpty()) << method;
  }
}

TEST(Explain, SaysWhenHeadersMayMatter) {
  const Policy policy = Example();
  const Explanation said = Explain(&policy, "web.a", "concero.v1.AssessmentService/GetReport");
  EXPECT_EQ(said.verdict, "denied: no allow rule matches");
  EXPECT_THAT(said.notes, ElementsAre(StartsWith("a rule that looks at headers fits otherwise")));
}

TEST(RuleCount, IsInWords) {
  EXPECT_EQ(RuleCount(Example()), "1 deny rule, 3 allow rules");
  EXPECT_EQ(RuleCount({}), "0 deny rules, 0 allow rules");
}

}  // namespace
}  // namespace gw::app
