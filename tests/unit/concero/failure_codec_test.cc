#include "service/concero/failure_codec.h"

#include <gtest/gtest.h>

#include "tests/unit/concero/codec_bodies.h"

namespace gw::concero {
namespace {

TEST(HasFailureEnvelope, KnowsTheDocumentedEnvelopes) {
  EXPECT_TRUE(HasFailureEnvelope(kDocumentedUnauthorized));
  EXPECT_TRUE(HasFailureEnvelope(kDocumentedAllocationFailure));
  EXPECT_TRUE(HasFailureEnvelope(absl::StrCat("\xEF\xBB\xBF", kDocumentedAllocationFailure)));
  EXPECT_TRUE(HasFailureEnvelope(R"({"success":false,"message":"","error":null,"more":[1]})"));
}

TEST(HasFailureEnvelope, TakesNothingElseForOne) {
  for (absl::string_view body : std::vector<absl::string_view>{
           kDocumentedAllocation,
           kDocumentedExaminations,
           kDocumentedReport,
           "{}",
           R"({"success":false})",
           R"({"message":"Server Error"})",
           R"({"success":"false","message":"x"})",
           R"({"success":0,"message":"x"})",
           R"({"success":null,"message":"x"})",
           R"({"success":false,"message":null})",
           R"({"success":false,"message":["x"]})",
           R"({"success":false,"Message":"x"})",
           R"([{"success":false,"message":"x"}])",
           R"({"data":{"success":false,"message":"x"}})",
           R"({"success":true,"success":false,"message":"x"})",
       }) {
    EXPECT_FALSE(HasFailureEnvelope(body)) << body;
  }
  for (const Body& body : MalformedBodies(kDocumentedAllocationFailure)) {
    EXPECT_FALSE(HasFailureEnvelope(body.text)) << body.name;
  }
}

}  // namespace
}  // namespace gw::concero
