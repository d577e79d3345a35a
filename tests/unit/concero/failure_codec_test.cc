#include "service/concero/failure_codec.h"

#include <gtest/gtest.h>

#include "tests/unit/concero/codec_bodies.h"

namespace gw::concero {
namespace {

/// `field; field; +unmapped, taken`.
std::string Decoded(absl::string_view body) {
  const Rejection rejection = DecodeRejection(body);
  std::string out;
  for (const FieldViolation& violation : rejection.violations) {
    EXPECT_EQ(violation.description, "refused by Concero");
    absl::StrAppend(&out, violation.field, ";");
  }
  if (rejection.unmapped > 0) absl::StrAppend(&out, "+", rejection.unmapped);
  if (rejection.already_taken) absl::StrAppend(&out, " taken");
  return out;
}

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

TEST(DecodeRejection, MapsTheFieldsOfARefusedRequest) {
  struct Case {
    const char* rule;
    const char* body;
    const char* decoded;
  };
  for (const Case& c : std::vector<Case>{
           {"with a message", R"({"message":"Invalid.","errors":{"candidate_email":["Bad."]}})",
            "candidate_email;"},
           {"bare", R"({"examination_id":["The selected examination id is invalid."]})",
            "examination_id;"},
           {"an id in snake case", R"({"errors":{"invite_id":["x"]}})", "invite_id;"},
           {"an id in camel case", R"({"errors":{"inviteId":["x"]}})", "invite_id;"},
           {"one field by both its names", R"({"errors":{"invite_id":["x"],"inviteId":["y"]}})",
            "invite_id;"},
           {"several fields and texts",
            R"({"errors":{"examination_id":["a","b"],"candidate_email":["c"],"group":["d"]}})",
            "candidate_email;examination_id;+1"},
           {"fields that are not ours",
            R"({"errors":{"a":["x"],"b":["y"],"candidate_email.0":["z"]}})", "+3"},
           {"a taken value", R"({"candidate_email":["x","The Email Has Already Been TAKEN."]})",
            "candidate_email; taken"},
           {"a taken value in a field that is not ours",
            R"({"errors":{"name":["has already been taken"],"candidate_email":["x"]}})",
            "candidate_email;+1"},
           {"a field name in other letters", R"({"errors":{"Candidate_Email":["x"]}})", "+1"},
       }) {
    EXPECT_EQ(Decoded(c.body), c.decoded) << c.rule;
  }
}

TEST(DecodeRejection, MakesNothingOfAnyOtherBody) {
  for (absl::string_view body : std::vector<absl::string_view>{
           kDocumentedUnauthorized,
           kDocumentedAllocationFailure,
           kDocumentedAllocation,
           kDocumentedExaminations,
           "{}",
           "[]",
           R"(["candidate_email"])",
           R"({"errors":[]})",
           R"({"errors":"candidate_email"})",
           R"({"errors":{}})",
           R"({"errors":{"candidate_email":[]}})",
           R"({"errors":{"candidate_email":"x"}})",
           R"({"errors":{"candidate_email":[7]}})",
           R"({"errors":{"candidate_email":["x",null]}})",
           R"({"candidate_email":"has already been taken"})",
           R"({"data":{"candidate_email":["x"]}})",
       }) {
    EXPECT_EQ(Decoded(body), "") << body;
  }
  for (const Body& body : MalformedBodies(R"({"errors":{"candidate_email":["x"]}})")) {
    EXPECT_EQ(Decoded(body.text), "") << body.name;
  }
}

TEST(DecodeRejection, CountsManyFieldsWithoutKeepingThem) {
  std::string errors = "\"candidate_email\":[\"x\"]";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&errors, ",\"f", i, "\":[\"x\"]");
  EXPECT_EQ(Decoded(absl::StrCat("{\"errors\":{", errors, "}}")), "candidate_email;+1000");
}

}  // namespace
}  // namespace gw::concero
