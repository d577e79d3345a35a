#include "service/rest/rejection_codec.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/malformed_bodies.h"

namespace gw::rest {
namespace {

using testing::Body;
using testing::MalformedBodies;

// Two of ours, one of which has two names.
absl::string_view OurField(absl::string_view theirs) {
  if (theirs == "candidate_email" || theirs == "examination_id") return theirs;
  if (theirs == "invite_id" || theirs == "inviteId") return "invite_id";
  return "";
}

/// `field; field; +unmapped, taken`.
std::string Decoded(absl::string_view body) {
  const Rejection rejection = DecodeRejection(body, &OurField);
  std::string out;
  for (const FieldViolation& violation : rejection.violations) {
    EXPECT_EQ(violation.description, "refused by the upstream");
    absl::StrAppend(&out, violation.field, ";");
  }
  if (rejection.unmapped > 0) absl::StrAppend(&out, "+", rejection.unmapped);
  if (rejection.already_taken) absl::StrAppend(&out, " taken");
  return out;
}

TEST(DecodeRejection, MapsTheFieldsOfARefusedRequest) {
  struct Refused {
    const char* rule;
    const char* body;
    const char* decoded;
  };
  for (const Refused& c : std::vector<Refused>{
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
           R"({"success":false,"message":"Unauthorized API key."})",
           R"({"success":false,"message":"An error","error":"SQLSTATE"})",
           R"({"success":true,"data":{"candidate_email":"a@b","examination_id":119}})",
           R"([{"testId":119}])",
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

TEST(DecodeRejection, NeverQuotesTheUpstream) {
  for (const FieldViolation& violation :
       DecodeRejection(R"({"errors":{"candidate_email":["canary"],"canary":["canary"]}})",
                       &OurField)
           .violations) {
    EXPECT_EQ(violation, (FieldViolation{"candidate_email", "refused by the upstream"}));
  }
}

TEST(DecodeRejection, WithoutNamesOfOursKnowsNoFieldAsOurs) {
  const Rejection rejection = DecodeRejection(R"({"candidate_email":["x"],"a":["y"]})", nullptr);
  EXPECT_TRUE(rejection.violations.empty());
  EXPECT_EQ(rejection.unmapped, 2);
}

}  // namespace
}  // namespace gw::rest
