#include "service/proctorexam/student_session_codec.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/malformed_bodies.h"
#include "tests/unit/proctorexam/documented_student.h"

namespace gw::proctorexam {
namespace {

using ::google::protobuf::FieldDescriptor;
using testing::Body;
using testing::MalformedBodies;
using testing::Repeated;

pb::StudentSession Decoded(absl::string_view attributes) {
  const auto session = DecodeStudentSession(absl::StrCat("{\"student\":", attributes, "}"));
  EXPECT_TRUE(session.ok()) << session.status();
  return session.ok() ? *session : pb::StudentSession();
}

// What is in `extra`, as JSON, by name.
std::map<std::string, std::string> ExtraOf(const pb::StudentSession& session) {
  std::map<std::string, std::string> extra;
  for (const auto& [name, value] : session.extra().fields()) {
    EXPECT_TRUE(google::protobuf::util::MessageToJsonString(value, &extra[name]).ok());
  }
  return extra;
}

TEST(DecodeStudentSession, ReadsEveryAttributeOfTheDocumentedOne) {
  const auto session = DecodeStudentSession(kDocumentedStudent);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_FALSE(session->has_extra()) << session->extra().ShortDebugString();
  EXPECT_EQ(session->id(), 1);
  EXPECT_EQ(session->time_slot(), 1);
  EXPECT_EQ(session->email(), "student1@example.com");
  EXPECT_EQ(session->operating_system(), "OS X 10.14.1");
  EXPECT_EQ(session->browser(), "Chrome");
  EXPECT_EQ(session->browser_version(), "70.0.3538.102");
  EXPECT_EQ(session->status(), "exam_finished");
  EXPECT_EQ(session->screenshare_check(), "not_started");
  EXPECT_EQ(session->bandwidth_check(), "not_started");
  EXPECT_TRUE(session->skip_requirements());
  EXPECT_TRUE(session->has_send_confirmation());
  EXPECT_FALSE(session->send_confirmation());
  EXPECT_EQ(session->name(), "Student 1");
  EXPECT_EQ(session->exam_id(), 1);
  EXPECT_TRUE(session->entered_room());
  EXPECT_EQ(session->reviewed(), "10");
  EXPECT_EQ(session->id_card_file_name(), "data");
  EXPECT_EQ(session->id_card_content_type(), "image/png");
  EXPECT_EQ(session->id_card_file_size(), 187297);
  EXPECT_EQ(session->face_photo_file_size(), 206025);
  EXPECT_EQ(session->individual_info(), "individual_info for user 1");
  EXPECT_TRUE(session->has_rtc_session_id());
  EXPECT_EQ(session->rtc_session_id(), 0);
  EXPECT_TRUE(session->has_attempt());
  EXPECT_TRUE(session->archived());
  EXPECT_EQ(session->current_exam_mode(), "01010000");
  EXPECT_EQ(session->rtc_session_ids_size(), 0);
  EXPECT_EQ(session->transcoding_status(), "not_sent_to_queue");
  EXPECT_TRUE(session->is_individual_info_html());
  EXPECT_EQ(session->priority(), "01");
}

TEST(DecodeStudentSession, LeavesUnsetWhatIsNull) {
  const auto session = DecodeStudentSession(kDocumentedStudent);
  ASSERT_TRUE(session.ok());
  for (const char* name : {"session_id", "student_id", "external_id", "proctor_id", "token",
                           "dummy_exam_survey", "expires_at", "exam_document_content_type",
                           "exam_document_file_size", "exam_document_updated_at", "bandwidth_speed",
                           "recording_started_at", "recording_ended_at"}) {
    const FieldDescriptor* field = pb::StudentSession::descriptor()->FindFieldByName(name);
    ASSERT_NE(field, nullptr) << name;
    EXPECT_FALSE(session->GetReflection()->HasField(*session, field)) << name;
  }
  EXPECT_FALSE(Decoded(R"({"id":1,"unheard_of":null})").has_extra());
}

TEST(DecodeStudentSession, ReadsTimesWithTheirOffsetToTheMillisecond) {
  const auto session = DecodeStudentSession(kDocumentedStudent);
  ASSERT_TRUE(session.ok());
  // 17 November 2018, an hour east of Greenwich: `date -u -d 2018-11-17T16:01:25Z +%s` and so on.
  EXPECT_EQ(session->created_at().seconds(), 1542470485);
  EXPECT_EQ(session->created_at().nanos(), 788'000'000);
  EXPECT_EQ(session->start_time().seconds(), 1542470979);
  EXPECT_EQ(session->start_time().nanos(), 373'000'000);
  EXPECT_EQ(session->open_time().seconds(), 1542103980);
  EXPECT_EQ(session->open_time().nanos(), 0);
  const struct {
    const char* text;
    int64_t seconds;
    int32_t nanos;
  } kCases[] = {
      {"2026-07-01T00:30:00.001+02:00", 1782858600, 1'000'000},
      {"2026-06-30T22:30:00.999Z", 1782858600, 999'000'000},
      {"2026-06-30T17:00:00.000-05:30", 1782858600, 0},
  };
  for (const auto& c : kCases) {
    const pb::StudentSession got = Decoded(absl::StrCat(R"({"end_time":")", c.text, "\"}"));
    EXPECT_EQ(got.end_time().seconds(), c.seconds) << c.text;
    EXPECT_EQ(got.end_time().nanos(), c.nanos) << c.text;
  }
}

TEST(DecodeStudentSession, KeepsWhatIsNewInExtra) {
  const pb::StudentSession session = Decoded(
      R"({"id":7,"new_text":"x","new_number":1.5,"new_list":[1,"a",null],"new_object":{"a":{"b":true}},
          "extra":"not ours"})");
  EXPECT_EQ(session.id(), 7);
  EXPECT_EQ(ExtraOf(session),
            (std::map<std::string, std::string>{{"new_text", "\"x\""},
                                                {"new_number", "1.5"},
                                                {"new_list", R"([1,"a",null])"},
                                                {"new_object", R"({"a":{"b":true}})"},
                                                {"extra", "\"not ours\""}}));
}

// A value of every other kind, for each attribute: it must neither fail the session nor be lost.
TEST(DecodeStudentSession, KeepsWhatIsOfAnotherKindInExtra) {
  const std::map<std::string, std::string> kinds = {{"text", R"("x")"},
                                                    {"number", "7"},
                                                    {"fraction", "7.5"},
                                                    {"switch", "true"},
                                                    {"list", R"(["x"])"},
                                                    {"object", "{}"},
                                                    {"numbers", "[1]"},
                                                    {"large", "18446744073709551615"},
                                                    {"time", R"("2026-07-01T00:30:00Z")"}};
  const auto fits = [](const FieldDescriptor& field, const std::string& kind) {
    if (field.is_repeated()) return kind == "numbers";
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return kind == "text" || kind == "time";
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return kind == "time";
      case FieldDescriptor::CPPTYPE_BOOL:
        return kind == "switch";
      case FieldDescriptor::CPPTYPE_INT64:
        return kind == "number";
      default:  // a double
        return kind == "number" || kind == "fraction" || kind == "large";
    }
  };
  const auto* type = pb::StudentSession::descriptor();
  ASSERT_EQ(type->field_count(), 56);
  for (int i = 0; i < 55; ++i) {
    const FieldDescriptor& field = *type->field(i);
    ASSERT_EQ(field.number(), i + 1);
    for (const auto& [kind, value] : kinds) {
      const pb::StudentSession session =
          Decoded(absl::StrCat("{\"", field.name(), "\":", value, "}"));
      const auto* fields = session.GetReflection();
      const bool set = field.is_repeated() ? fields->FieldSize(session, &field) > 0
                                           : fields->HasField(session, &field);
      EXPECT_EQ(set, fits(field, kind)) << field.name() << ": " << kind;
      EXPECT_EQ(session.extra().fields().count(field.name()), fits(field, kind) ? 0u : 1u)
          << field.name() << ": " << kind;
    }
  }
}

TEST(DecodeStudentSession, ATimeThatNoCalendarHasIsKeptAsItIs) {
  for (const char* text : {"2026-02-30T00:00:00.000+01:00", "tomorrow", "", "1784000000"}) {
    const pb::StudentSession session =
        Decoded(absl::StrCat(R"({"id":7,"open_time":")", text, "\"}"));
    EXPECT_FALSE(session.has_open_time());
    EXPECT_EQ(session.extra().fields().at("open_time").string_value(), text);
  }
}

TEST(DecodeStudentSession, LeavesOutWhatIsNestedTooDeeply) {
  const std::string deep = Repeated("[", 20) + Repeated("]", 20);
  const pb::StudentSession session =
      Decoded(absl::StrCat(R"({"id":7,"deep":)", deep, R"(,"flat":[[1]]})"));
  EXPECT_EQ(session.id(), 7);
  EXPECT_EQ(ExtraOf(session), (std::map<std::string, std::string>{{"flat", "[[1]]"}}));
  pb::StudentSession parsed;
  EXPECT_TRUE(parsed.ParseFromString(session.SerializeAsString()));
}

TEST(DecodeStudentSession, RefusesAnotherShapeWithoutQuotingIt) {
  for (const char* body : {"{}", R"({"student":null})", R"({"student":[{"canary":1}]})",
                           R"({"student":"canary"})", R"({"students":[{"id":1}]})", "[]", "null"}) {
    const auto session = DecodeStudentSession(body);
    EXPECT_TRUE(absl::IsInvalidArgument(session.status())) << body;
    EXPECT_FALSE(absl::StrContains(session.status().message(), "canary")) << session.status();
  }
  for (const Body& body : MalformedBodies(kDocumentedStudent)) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeStudentSession(body.text).status())) << body.name;
  }
}

TEST(DecodeStudentSessions, ReadsThemInTheirOrder) {
  const auto sessions =
      DecodeStudentSessions(R"({"students":[{"id":9,"name":"a"},{"id":3},{"x":1}],"more":1})");
  ASSERT_TRUE(sessions.ok());
  ASSERT_EQ(sessions->size(), 3u);
  EXPECT_EQ(sessions->at(0).id(), 9);
  EXPECT_EQ(sessions->at(0).name(), "a");
  EXPECT_EQ(sessions->at(1).id(), 3);
  EXPECT_TRUE(sessions->at(2).has_extra());
  EXPECT_TRUE(DecodeStudentSessions(R"({"students":[]})")->empty());
}

TEST(DecodeStudentSessions, RefusesAnotherShapeWithoutQuotingIt) {
  for (const char* body :
       {"{}", R"({"students":null})", R"({"students":{"canary":1}})", R"({"students":[1]})",
        R"({"students":[{"id":1},"canary"]})", R"([{"id":1}])", R"({"student":{"id":1}})"}) {
    const auto sessions = DecodeStudentSessions(body);
    EXPECT_TRUE(absl::IsInvalidArgument(sessions.status())) << body;
    EXPECT_FALSE(absl::StrContains(sessions.status().message(), "canary"));
  }
  EXPECT_TRUE(absl::StrContains(DecodeStudentSessions(R"({"students":[{},1]})").status().message(),
                                "students[1]"));
  for (const Body& body : MalformedBodies(R"({"students":[{"id":1}]})")) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeStudentSessions(body.text).status())) << body.name;
  }
}

}  // namespace
}  // namespace gw::proctorexam
