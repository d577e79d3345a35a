#include "tests/sandbox/proctorexam_api.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "tests/sandbox/http_message.h"
#include "tests/sandbox/json_text.h"
#include "tests/sandbox/signature.h"
#include "tests/sandbox/student_sessions.h"

namespace sandbox {
namespace {

constexpr std::int64_t kNow = 1'784'000'000'000;
constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kDay = 24 * 60 * kMinute;

// The API at a time of the test's own.
class ProctorExamClock : public ::testing::Test {
 protected:
  int Update(const std::string& id, const Json& body) {
    const Request request = {"PATCH",
                             "/api/v3/student_sessions/" + id,
                             {{"authorization", "Token token=token"},
                              {"accept", "application/vnd.procwise.v3"},
                              {"content-type", "application/json"}},
                             DumpJson(body)};
    return api_->Handle(request).response.status;
  }

  int UpdateSigned(const std::string& nonce, std::int64_t timestamp) {
    const SignedValues values = {
        {"id", "1"}, {"nonce", nonce}, {"timestamp", std::to_string(timestamp)}};
    return Update("1", {{"nonce", nonce},
                        {"timestamp", timestamp},
                        {"signature", SignatureOf(values, secret_key_)}});
  }

  void Restart(const std::string& secret_key) {
    secret_key_ = secret_key;
    api_.emplace(ProctorExamApi::Settings{"token", secret_key, [this] { return now_; }});
  }

  void SetUp() override { Restart("secret"); }

  std::int64_t now_ = kNow;

 private:
  std::string secret_key_;
  std::optional<ProctorExamApi> api_;
};

// A parameter as it stands in a body.
Json Typed(const std::string& name, const std::string& text) {
  const bool is_text = name == "name" || name == "email" || name == "external_id" ||
                       name == "individual_info" || name == "nonce";
  return is_text ? Json(text) : *ParseJson(text);
}

TEST_F(ProctorExamClock, EveryWorkedExampleIsTakenAtItsTimeOnceAndNotWithAnotherSignature) {
  const std::ifstream file(TESTDATA "/proctorexam/signature_vectors.json");
  const auto vectors = ParseJson((std::ostringstream() << file.rdbuf()).str());
  ASSERT_TRUE(vectors && vectors->size() == 5);
  for (const auto& vector : *vectors) {
    SCOPED_TRACE(vector.at("name"));
    Json body = Json::object();
    std::string id;
    for (const auto& [name, text] : vector.at("params").items()) {
      if (name == "id") {
        id = text;
      } else {
        body[name] = Typed(name, text);
      }
    }
    now_ = body.at("timestamp");
    Restart(vector.at("secret_key"));
    std::string signature = vector.at("signature");

    signature.back() = signature.back() == '0' ? '1' : '0';
    body["signature"] = signature;
    EXPECT_EQ(Update(id, body), 403);
    body["signature"] = vector.at("signature");
    EXPECT_EQ(Update(id, body), id == "1" ? 200 : 404);
    EXPECT_EQ(Update(id, body), 403);
  }
}

TEST_F(ProctorExamClock, ATimestampIsOffByFiveMinutesAndNotAMillisecondMore) {
  EXPECT_EQ(UpdateSigned("1", kNow - 5 * kMinute), 200);
  EXPECT_EQ(UpdateSigned("2", kNow + 5 * kMinute), 200);
  EXPECT_EQ(UpdateSigned("3", kNow - 5 * kMinute - 1), 403);
  EXPECT_EQ(UpdateSigned("4", kNow + 5 * kMinute + 1), 403);
}

TEST_F(ProctorExamClock, ANonceComesBackAfter24HoursAndNotAMillisecondSooner) {
  EXPECT_EQ(UpdateSigned("1", kNow), 200);
  now_ = kNow + kDay - 1;
  EXPECT_EQ(UpdateSigned("1", now_), 403);
  EXPECT_EQ(UpdateSigned("2", now_), 200);
  now_ = kNow + kDay;
  EXPECT_EQ(UpdateSigned("2", now_), 403);
  EXPECT_EQ(UpdateSigned("1", now_), 200);
  EXPECT_EQ(UpdateSigned("1", now_), 403);
}

TEST_F(ProctorExamClock, ANonceIsLeftByATimestampThatIsWrong) {
  EXPECT_EQ(UpdateSigned("1", kNow - 5 * kMinute - 1), 403);
  EXPECT_EQ(UpdateSigned("1", kNow), 200);
}

TEST(StudentSessionTime, IsAnHourEastOfGreenwichInSummerToo) {
  EXPECT_EQ(StudentSessions::TimeText(0), "1970-01-01T01:00:00.000+01:00");
  EXPECT_EQ(StudentSessions::TimeText(1'542'470'485'788), "2018-11-17T17:01:25.788+01:00");
  EXPECT_EQ(StudentSessions::TimeText(1'784'000'000'007), "2026-07-14T04:33:20.007+01:00");
  EXPECT_EQ(StudentSessions::TimeText(253'402'297'199'999), "9999-12-31T23:59:59.999+01:00");
}

}  // namespace
}  // namespace sandbox
