#include "service/proctorexam/validation.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "tests/support/failures.h"

namespace gw::proctorexam {
namespace {

namespace pb = ::proctorexam::v1;
using testing::AllText;
using testing::CodeAndReason;
using testing::Metadata;

// The bad fields, `OK` without any.
std::string Bad(const absl::Status& status) {
  if (status.ok()) return "OK";
  EXPECT_EQ(CodeAndReason(status), "INVALID_ARGUMENT INVALID_FIELD");
  std::vector<std::string> fields;
  for (const FieldViolation& violation : GetFailure(status).violations) {
    fields.push_back(violation.field);
  }
  EXPECT_EQ(Metadata(status, "field"), fields.at(0));
  EXPECT_FALSE(absl::StrContains(AllText(status), "canary")) << status;
  return absl::StrJoin(fields, " ");
}

struct FieldCase {
  const char* name;
  std::function<void(pb::UpdateStudentSessionRequest&)> set;
  const char* bad;
};

std::vector<FieldCase> Cases() {
  using R = pb::UpdateStudentSessionRequest;
  return {
      {"a name", [](R& r) { r.set_name("Zoë O'Brien & Søn?=1"); }, "OK"},
      {"an empty name", [](R& r) { r.set_name(""); }, "OK"},
      {"a name of two lines", [](R& r) { r.set_name("canary\nx"); }, "name"},
      {"a name with a C1 control", [](R& r) { r.set_name("canary\u0085"); }, "name"},
      {"an address", [](R& r) { r.set_email("zoe@example.com"); }, "OK"},
      {"an empty address", [](R& r) { r.set_email(""); }, "OK"},
      {"no address", [](R& r) { r.set_email("canary"); }, "email"},
      {"an external id", [](R& r) { r.set_external_id("x-1"); }, "OK"},
      {"an external id with a NUL", [](R& r) { r.set_external_id(std::string("canary\0", 7)); },
       "external_id"},
      {"lines of information", [](R& r) { r.set_individual_info("<p>a</p>\r\n\tb"); }, "OK"},
      {"information with a NUL", [](R& r) { r.set_individual_info(std::string("canary\0", 7)); },
       "individual_info"},
      {"a switch that is off", [](R& r) { r.set_skip_requirements(false); }, "OK"},
      {"the other switch", [](R& r) { r.set_is_individual_info_html(false); }, "OK"},
      {"the time 0", [](R& r) { r.mutable_open_time(); }, "OK"},
      {"the last time", [](R& r) { r.mutable_open_time()->set_seconds(253402300799); }, "OK"},
      {"a time after it", [](R& r) { r.mutable_open_time()->set_seconds(253402300800); },
       "open_time"},
      {"a time before 1970", [](R& r) { r.mutable_open_time()->set_seconds(-1); }, "open_time"},
      {"no nanoseconds", [](R& r) { r.mutable_open_time()->set_nanos(1'000'000'000); },
       "open_time"},
      {"negative nanoseconds", [](R& r) { r.mutable_open_time()->set_nanos(-1); }, "open_time"},
  };
}

TEST(ValidateUpdate, JudgesEachFieldAlone) {
  for (const FieldCase& c : Cases()) {
    pb::UpdateStudentSessionRequest request;
    request.set_id(1);
    c.set(request);
    EXPECT_EQ(Bad(Validate(request)), c.bad) << c.name;
  }
}

TEST(ValidateUpdate, AsksForSomethingToBeSet) {
  pb::UpdateStudentSessionRequest request;
  request.set_id(1);
  EXPECT_EQ(Bad(Validate(request)), "name");
  EXPECT_TRUE(absl::StrContains(Validate(request).message(), "at least one of"));
}

TEST(ValidateUpdate, NamesEveryBadFieldAtOnce) {
  pb::UpdateStudentSessionRequest request;
  request.set_name("\n");
  request.set_email("x");
  request.mutable_open_time()->set_seconds(-1);
  EXPECT_EQ(Bad(Validate(request)), "id name email open_time");
}

TEST(ValidateCreate, AsksForAnExamANameAndAnAddress) {
  pb::CreateStudentSessionRequest request;
  EXPECT_EQ(Bad(Validate(request)), "exam_id name email");
  request.set_exam_id(1);
  request.set_name("");
  request.set_email("");
  EXPECT_EQ(Bad(Validate(request)), "name email");
  request.set_name("Zoë");
  request.set_email("zoe@example.com");
  EXPECT_EQ(Bad(Validate(request)), "OK");
  request.set_email("zoe@");
  request.set_external_id("\n");
  EXPECT_EQ(Bad(Validate(request)), "email external_id");
}

TEST(ValidateId, IsAboveZero) {
  for (const int64_t id : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, int64_t{1},
                           std::numeric_limits<int64_t>::max()}) {
    const std::string expected = id > 0 ? "OK" : "id";
    pb::GetStudentSessionRequest get;
    get.set_id(id);
    EXPECT_EQ(Bad(Validate(get)), expected) << id;
    pb::DeleteStudentSessionRequest remove;
    remove.set_id(id);
    EXPECT_EQ(Bad(Validate(remove)), expected) << id;
  }
}

TEST(ValidateList, TakesNothingNegative) {
  pb::ListStudentSessionsRequest request;
  EXPECT_EQ(Bad(Validate(request)), "OK");
  request.set_page_size(std::numeric_limits<int32_t>::max());
  EXPECT_EQ(Bad(Validate(request)), "OK");
  request.set_page_size(-1);
  request.set_exam_id(-1);
  EXPECT_EQ(Bad(Validate(request)), "exam_id page_size");
}

}  // namespace
}  // namespace gw::proctorexam
