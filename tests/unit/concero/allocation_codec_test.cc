#include "service/concero/allocation_codec.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/concero/codec_bodies.h"

namespace gw::concero {
namespace {

struct Variation {
  const char* rule;
  const char* from;
  const char* to;
};

TEST(EncodeAllocation, IsTheDocumentedBody) {
  EXPECT_EQ(EncodeAllocation(119, "arjun.mehta@company.io"),
            R"({"candidate_email":"arjun.mehta@company.io","examination_id":119})");
}

TEST(EncodeAllocation, EscapesTheAddressAndNeverThrows) {
  EXPECT_EQ(EncodeAllocation(1, "\"a\\\n\"@b"),
            R"({"candidate_email":"\"a\\\n\"@b","examination_id":1})");
  EXPECT_EQ(EncodeAllocation(std::numeric_limits<int64_t>::max(), "ü\xFF"),
            "{\"candidate_email\":\"ü\xEF\xBF\xBD\",\"examination_id\":9223372036854775807}");
}

TEST(DecodeAllocation, ReadsTheDocumentedAnswer) {
  for (const std::string& body :
       {std::string(kDocumentedAllocation), absl::StrCat("\xEF\xBB\xBF", kDocumentedAllocation)}) {
    const auto answer = DecodeAllocation(body);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->candidate_email, "arjun.mehta@company.io");
    EXPECT_EQ(answer->examination_id, 119);
    EXPECT_EQ(answer->invite_id, 142);
    EXPECT_EQ(answer->invite_link, "https://beta-consero.ipixsolutions.net/exam/start/A3bk...");
  }
}

TEST(DecodeAllocation, TakesWhatLosesNothing) {
  for (const Variation& v : std::vector<Variation>{
           {"ids as strings", "119", "\"119\""},
           {"no message", R"("message": "Candidate allocated to examination successfully.",)", ""},
           {"a message of another type", R"("Candidate allocated to examination successfully.")",
            "[7]"},
           {"other attributes", R"("data": {)", R"("x": {"invite_id": []}, "data": {"y": 1e9,)"},
       }) {
    const auto answer = DecodeAllocation(Replaced(kDocumentedAllocation, v.from, v.to));
    ASSERT_TRUE(answer.ok()) << v.rule << ": " << answer.status();
    EXPECT_EQ(answer->examination_id, 119) << v.rule;
    EXPECT_EQ(answer->invite_id, 142) << v.rule;
  }
}

TEST(DecodeAllocation, KeepsAnInvitationWithoutItsLink) {
  constexpr char kLink[] = R"("https://beta-consero.ipixsolutions.net/exam/start/A3bk...")";
  const std::string no_link =
      Replaced(kDocumentedAllocation, absl::StrCat(",\n    \"invite_link\":     ", kLink), "");
  for (const std::string& body : {Replaced(kDocumentedAllocation, kLink, "null"),
                                  Replaced(kDocumentedAllocation, kLink, "\"\""), no_link}) {
    const auto answer = DecodeAllocation(body);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->invite_id, 142);
    EXPECT_EQ(answer->invite_link, "");
  }
}

TEST(DecodeAllocation, RefusesAnAnswerThatDoesNotSayWhatWasDone) {
  constexpr char kData[] = R"("data": {)";
  constexpr char kEmail[] = R"("candidate_email": "arjun.mehta@company.io")";
  constexpr char kExamination[] = R"("examination_id":  119)";
  constexpr char kInvite[] = R"("invite_id":       142)";
  constexpr char kLink[] = R"("https://beta-consero.ipixsolutions.net/exam/start/A3bk...")";
  struct Case {
    const char* rule;
    const char* from;
    const char* to;
    const char* message;
  };
  for (const Case& c : std::vector<Case>{
           {"success is false", "true", "false", "success: expects true"},
           {"success is a string", "true", "\"true\"", "success: expects true"},
           {"success is a number", "true", "1", "success: expects true"},
           {"success is null", "true", "null", "success: expects true"},
           {"success is missing", R"("success": true,)", "", "success: expects true"},
           {"data is missing", kData, R"("date": {)", "data: expects an object"},
           {"data is null", kData, R"("data": null, "date": {)", "data: expects an object"},
           {"data is an array", kData, R"("data": [], "date": {)", "data: expects an object"},
           {"data is a string", kData, R"("data": "x", "date": {)", "data: expects an object"},
           {"no invite id", kInvite, R"("x": 1)", "data.invite_id: expects a positive integer"},
           {"invite id null", kInvite, R"("invite_id": null)",
            "data.invite_id: expects a positive integer"},
           {"invite id zero", kInvite, R"("invite_id": 0)",
            "data.invite_id: expects a positive integer"},
           {"invite id negative", kInvite, R"("invite_id": -142)",
            "data.invite_id: expects a positive integer"},
           {"invite id with a fraction", kInvite, R"("invite_id": 142.0)",
            "data.invite_id: expects a positive integer"},
           {"invite id over 63 bits", kInvite, R"("invite_id": 9223372036854775808)",
            "data.invite_id: expects a positive integer"},
           {"invite id with a space", kInvite, R"("invite_id": " 142")",
            "data.invite_id: expects a positive integer"},
           {"invite id true", kInvite, R"("invite_id": true)",
            "data.invite_id: expects a positive integer"},
           {"invite id in camel case", kInvite, R"("inviteId": 142)",
            "data.invite_id: expects a positive integer"},
           {"invite id twice", kInvite, R"("invite_id": 142, "invite_id": 143)",
            "the body has a key twice in one object"},
           {"no examination id", kExamination, R"("x": 1)",
            "data.examination_id: expects a positive integer"},
           {"examination id null", kExamination, R"("examination_id": null)",
            "data.examination_id: expects a positive integer"},
           {"examination id an object", kExamination, R"("examination_id": {})",
            "data.examination_id: expects a positive integer"},
           {"no e-mail", kEmail, R"("x": 1)", "data.candidate_email: expects a string"},
           {"e-mail null", kEmail, R"("candidate_email": null)",
            "data.candidate_email: expects a string"},
           {"e-mail an array", kEmail, R"("candidate_email": ["a@b.c"])",
            "data.candidate_email: expects a string"},
           {"a link of another type", kLink, "7", "data.invite_link: expects a string"},
           {"a link with a NUL", kLink, R"("https://x/\u0000")",
            "data.invite_link: expects a string without control characters"},
           {"a link with a line feed", kLink, R"("https://x/\r\nX: y")",
            "data.invite_link: expects a string without control characters"},
       }) {
    const auto answer = DecodeAllocation(Replaced(kDocumentedAllocation, c.from, c.to));
    EXPECT_EQ(answer.status(), absl::InvalidArgumentError(c.message)) << c.rule;
  }
}

TEST(DecodeAllocation, RefusesWhatIsNotOneJsonObject) {
  for (const Body& body : MalformedBodies(kDocumentedAllocation)) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeAllocation(body.text).status())) << body.name;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      DecodeAllocation(absl::StrCat("[", kDocumentedAllocation, "]")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeAllocation(kDocumentedAllocationFailure).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeAllocation(kDocumentedCancellation).status()));
}

TEST(EncodeCancellation, IsTheDocumentedBody) {
  EXPECT_EQ(EncodeCancellation(142), R"({"invite_id":142})");
}

TEST(DecodeCancellation, ReadsTheDocumentedAnswer) {
  const auto answer = DecodeCancellation(kDocumentedCancellation);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->invite_id, 142);
  EXPECT_EQ(answer->status, "inValid");
}

TEST(DecodeCancellation, TakesAnAnswerWithoutAStatus) {
  for (const char* status : {"\"status\":    null", "\"x\": 1"}) {
    const auto answer =
        DecodeCancellation(Replaced(kDocumentedCancellation, R"("status":    "inValid")", status));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->invite_id, 142);
    EXPECT_EQ(answer->status, "");
  }
}

TEST(DecodeCancellation, RefusesAnAnswerThatDoesNotSayWhatWasDone) {
  struct Case {
    const char* rule;
    const char* from;
    const char* to;
    const char* message;
  };
  for (const Case& c : std::vector<Case>{
           {"success is false", "true", "false", "success: expects true"},
           {"success is a string", "true", "\"true\"", "success: expects true"},
           {"no data", "\"data\"", "\"date\"", "data: expects an object"},
           {"no id", "invite_id", "id", "data.invite_id: expects a positive integer"},
           {"id null", "142", "null", "data.invite_id: expects a positive integer"},
           {"id zero", "142", "0", "data.invite_id: expects a positive integer"},
           {"a status of another type", "\"inValid\"", "0", "data.status: expects a string"},
           {"a status with a control character", "inValid", R"(in\u001bValid)",
            "data.status: expects a string without control characters"},
       }) {
    const auto answer = DecodeCancellation(Replaced(kDocumentedCancellation, c.from, c.to));
    EXPECT_EQ(answer.status(), absl::InvalidArgumentError(c.message)) << c.rule;
  }
}

TEST(DecodeCancellation, RefusesWhatIsNotOneJsonObject) {
  for (const Body& body : MalformedBodies(kDocumentedCancellation)) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeCancellation(body.text).status())) << body.name;
  }
}

}  // namespace
}  // namespace gw::concero
