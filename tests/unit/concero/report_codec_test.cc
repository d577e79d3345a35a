#include "service/concero/report_codec.h"

#include <google/protobuf/util/message_differencer.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "tests/unit/concero/codec_bodies.h"

namespace gw::concero {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::google::protobuf::util::TimeUtil;

/// The report in `body`; a failed test when there is none.
pb::Report Decoded(absl::string_view body) {
  const auto report = DecodeReport(body);
  EXPECT_TRUE(report.ok()) << body << ": " << report.status();
  return report.ok() ? *report : pb::Report();
}

/// The documented report with its one attribute `key` replaced by `member`; without a comma for the
/// last one.
std::string With(absl::string_view key, absl::string_view member) {
  const std::string body = kDocumentedReport;
  const size_t begin = body.find(absl::StrCat("\"", key, "\""));
  const size_t end = key == "metadata" ? body.size() - 1 : body.find(",\n", begin);
  return absl::StrCat(body.substr(0, begin), member, body.substr(end));
}

TEST(EncodeReportRequest, IsTheDocumentedBody) {
  EXPECT_EQ(EncodeReportRequest(142), R"({"inviteId":142})");
}

TEST(DecodeReport, ReadsTheDocumentedReport) {
  for (const std::string& body :
       {std::string(kDocumentedReport), absl::StrCat("\xEF\xBB\xBF", kDocumentedReport)}) {
    const pb::Report report = Decoded(body);
    EXPECT_EQ(report.invite_id(), 142);
    EXPECT_EQ(report.examination_id(), 119);
    EXPECT_EQ(report.examination_name(), "Technology - Email Test");
    EXPECT_EQ(report.candidate_email(), "arjun.mehta@company.io");
    EXPECT_EQ(report.report_url(), "https://beta-consero.ipixsolutions.net/report/142");
    EXPECT_EQ(report.proctoring_url(),
              "https://beta-consero.ipixsolutions.net/report/proctoring/142");
    EXPECT_EQ(report.score(), 74);
    EXPECT_EQ(report.total_score(), 100);
    EXPECT_EQ(report.percentage(), 74);
    EXPECT_EQ(TimeUtil::ToString(report.start_time()), "2024-07-15T09:02:14Z");
    EXPECT_EQ(TimeUtil::ToString(report.end_time()), "2024-07-15T10:24:08Z");
    EXPECT_EQ(report.outcome(), pb::OUTCOME_PASS);
    EXPECT_EQ(report.upstream_status(), "Pass");
    ASSERT_EQ(report.metadata().fields_size(), 1);
    EXPECT_EQ(report.metadata().fields().at("mode_of_completion").string_value(), "web");
  }
}

TEST(DecodeReport, LeavesUnsetWhateverIsNullOrMissing) {
  struct Case {
    const char* key;
    const char* field;
  };
  for (const Case& c : std::vector<Case>{{"inviteId", "invite_id"},
                                         {"testId", "examination_id"},
                                         {"testName", "examination_name"},
                                         {"email", "candidate_email"},
                                         {"reportURL", "report_url"},
                                         {"proctoringURL", "proctoring_url"},
                                         {"score", "score"},
                                         {"totalScore", "total_score"},
                                         {"percentage", "percentage"},
                                         {"testStartDate", "start_time"},
                                         {"testEndDate", "end_time"},
                                         {"status", "upstream_status"},
                                         {"metadata", "metadata"}}) {
    pb::Report expected = Decoded(kDocumentedReport);
    const auto* field = pb::Report::descriptor()->FindFieldByName(c.field);
    ASSERT_NE(field, nullptr) << c.field;
    expected.GetReflection()->ClearField(&expected, field);
    if (absl::string_view(c.key) == "status") expected.clear_outcome();
    for (const std::string& body :
         {With(c.key, absl::StrCat("\"", c.key, "\": null")), With(c.key, "\"x\": 1")}) {
      EXPECT_TRUE(MessageDifferencer::Equals(Decoded(body), expected)) << body;
    }
  }
}

TEST(DecodeReport, TakesAReportInWhichNothingIsFilledIn) {
  EXPECT_TRUE(MessageDifferencer::Equals(Decoded("{}"), pb::Report()));
  EXPECT_TRUE(MessageDifferencer::Equals(
      Decoded(R"({"inviteId":null,"testId":null,"testName":null,"email":null,"reportURL":null,
                  "proctoringURL":null,"score":null,"totalScore":null,"percentage":null,
                  "testStartDate":null,"testEndDate":null,"status":null,"metadata":null})"),
      pb::Report()));
}

TEST(DecodeReport, TellsAScoreOfZeroFromNone) {
  const pb::Report report = Decoded(R"({"inviteId":1,"score":0,"percentage":"0.00"})");
  EXPECT_TRUE(report.has_score());
  EXPECT_TRUE(report.has_percentage());
  EXPECT_FALSE(report.has_total_score());
}

TEST(DecodeReport, TakesIdsAndNumbersInEitherJsonType) {
  const pb::Report report = Decoded(
      R"({"inviteId":142,"testId":"119","score":"-1.5","totalScore":"100","percentage":74.25})");
  EXPECT_EQ(report.invite_id(), 142);
  EXPECT_EQ(report.examination_id(), 119);
  EXPECT_EQ(report.score(), -1.5);
  EXPECT_EQ(report.total_score(), 100);
  EXPECT_EQ(report.percentage(), 74.25);
}

TEST(DecodeReport, ReadsTheOutcomeOfTheStatusAndKeepsItsText) {
  struct Case {
    const char* status;
    pb::Outcome outcome;
    const char* text;
  };
  for (const Case& c : std::vector<Case>{
           {"Pass", pb::OUTCOME_PASS, "Pass"},
           {"PASS", pb::OUTCOME_PASS, "PASS"},
           {" pass\\n", pb::OUTCOME_PASS, " pass\n"},
           {"Fail", pb::OUTCOME_FAIL, "Fail"},
           {"fail ", pb::OUTCOME_FAIL, "fail "},
           {"Passed", pb::OUTCOME_OTHER, "Passed"},
           {"Failed", pb::OUTCOME_OTHER, "Failed"},
           {"P ass", pb::OUTCOME_OTHER, "P ass"},
           {"Under review", pb::OUTCOME_OTHER, "Under review"},
           {"", pb::OUTCOME_UNSPECIFIED, ""},
           {" \\t", pb::OUTCOME_UNSPECIFIED, ""},
       }) {
    const pb::Report report = Decoded(absl::StrCat(R"({"status":")", c.status, "\"}"));
    EXPECT_EQ(report.outcome(), c.outcome) << c.status;
    EXPECT_EQ(report.upstream_status(), c.text) << c.status;
  }
}

TEST(DecodeReport, RefusesAnAttributeOfAnotherType) {
  struct Case {
    const char* key;
    const char* value;
    const char* expects;
  };
  for (const Case& c : std::vector<Case>{
           {"inviteId", "0", "a positive integer"},
           {"inviteId", "-142", "a positive integer"},
           {"inviteId", "142.0", "a positive integer"},
           {"inviteId", "\"142 \"", "a positive integer"},
           {"inviteId", "\"\"", "a positive integer"},
           {"inviteId", "9223372036854775808", "a positive integer"},
           {"inviteId", "[142]", "a positive integer"},
           {"testId", "\"0\"", "a positive integer"},
           {"testId", "true", "a positive integer"},
           {"testId", "{}", "a positive integer"},
           {"testName", "7", "a string"},
           {"email", "false", "a string"},
           {"reportURL", "[]", "a string"},
           {"proctoringURL", "{}", "a string"},
           {"score", "\"\"", "a number"},
           {"score", "\" 74\"", "a number"},
           {"score", "\"NaN\"", "a number"},
           {"totalScore", "true", "a number"},
           {"percentage", "\"74%\"", "a number"},
           {"percentage", "[]", "a number"},
           {"testStartDate", "1721034134", "a string"},
           {"testStartDate", "\"\"", "a date and time"},
           {"testStartDate", "\"yesterday\"", "a date and time"},
           {"testEndDate", "{\"date\":\"2024-07-15 10:24:08\"}", "a string"},
           {"testEndDate", "\"0000-00-00 00:00:00\"", "a date and time"},
           {"status", "1", "a string"},
           {"status", "[\"Pass\"]", "a string"},
       }) {
    EXPECT_EQ(DecodeReport(With(c.key, absl::StrCat("\"", c.key, "\": ", c.value))).status(),
              absl::InvalidArgumentError(absl::StrCat(c.key, ": expects ", c.expects)))
        << c.value;
  }
}

TEST(DecodeReport, TakesMetadataAsItIs) {
  const pb::Report report = Decoded(
      R"({"metadata":{"a":null,"b":true,"c":-2,"d":1.5,"e":"x","f":[1,"y",[],{}],"g":{"h":{}},
          "":9007199254740993,"i":18446744073709551615}})");
  const auto& fields = report.metadata().fields();
  EXPECT_EQ(fields.size(), 9u);
  EXPECT_EQ(fields.at("a").kind_case(), google::protobuf::Value::kNullValue);
  EXPECT_TRUE(fields.at("b").bool_value());
  EXPECT_EQ(fields.at("c").number_value(), -2);
  EXPECT_EQ(fields.at("d").number_value(), 1.5);
  EXPECT_EQ(fields.at("e").string_value(), "x");
  ASSERT_EQ(fields.at("f").list_value().values_size(), 4);
  EXPECT_EQ(fields.at("f").list_value().values(1).string_value(), "y");
  EXPECT_TRUE(fields.at("f").list_value().values(3).has_struct_value());
  EXPECT_TRUE(fields.at("g").struct_value().fields().at("h").has_struct_value());
  EXPECT_EQ(fields.at("").number_value(), 9007199254740992.0) << "exact up to 2^53";
  EXPECT_EQ(fields.at("i").number_value(), 18446744073709551616.0);
}

TEST(DecodeReport, TakesAnEmptyArrayForEmptyMetadata) {
  for (const char* empty : {"{}", "[]"}) {
    const pb::Report report = Decoded(absl::StrCat(R"({"metadata":)", empty, "}"));
    EXPECT_TRUE(report.has_metadata());
    EXPECT_EQ(report.metadata().fields_size(), 0);
  }
}

TEST(DecodeReport, LeavesOutMetadataOfAnotherKind) {
  for (const char* other : {"[1]", "[{}]", "7", "\"{}\"", "true"}) {
    const pb::Report report = Decoded(With("metadata", absl::StrCat("\"metadata\": ", other)));
    EXPECT_FALSE(report.has_metadata()) << other;
    EXPECT_EQ(report.invite_id(), 142) << other;
  }
}

TEST(DecodeReport, GivesOnlyMetadataThatAProtobufParserTakes) {
  struct Case {
    const char* open;
    const char* close;
    int levels;
    bool taken;
  };
  for (const Case& c : std::vector<Case>{{"{\"a\":", "}", 16, true},
                                         {"{\"a\":", "}", 17, false},
                                         {"{\"a\":", "}", 60, false},
                                         {"[", "]", 15, true},
                                         {"[", "]", 16, false}}) {
    const bool is_list = c.open[0] == '[';
    const std::string nested = Repeated(c.open, c.levels) + "7" + Repeated(c.close, c.levels);
    const std::string metadata = is_list ? absl::StrCat("{\"a\":", nested, "}") : nested;
    pb::GetReportResponse response;
    *response.mutable_report() =
        Decoded(absl::StrCat(R"({"inviteId":1,"metadata":)", metadata, "}"));
    EXPECT_EQ(response.report().has_metadata(), c.taken) << metadata;
    pb::GetReportResponse parsed;
    EXPECT_TRUE(parsed.ParseFromString(response.SerializeAsString())) << metadata;
  }
}

TEST(DecodeReport, DoesNotTakeAnEnvelopeForAnUnfinishedReport) {
  for (absl::string_view body :
       {absl::string_view(kDocumentedUnauthorized), absl::string_view(kDocumentedAllocationFailure),
        absl::string_view(kDocumentedCancellation),
        absl::string_view(R"({"success":false,"inviteId":null})"),
        absl::string_view(R"({"success":true,"data":{"inviteId":"142"}})")}) {
    EXPECT_EQ(DecodeReport(body).status(),
              absl::InvalidArgumentError("the body: expects a report, not an envelope"))
        << body;
  }
  EXPECT_EQ(Decoded(R"({"success":true,"inviteId":"142"})").invite_id(), 142);
}

TEST(DecodeReport, RefusesWhatIsNotOneJsonObject) {
  for (const Body& body : MalformedBodies(kDocumentedReport)) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeReport(body.text).status())) << body.name;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeReport("[]").status()));
}

}  // namespace
}  // namespace gw::concero
