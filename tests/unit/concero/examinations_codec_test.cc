#include "service/concero/examinations_codec.h"

#include <gtest/gtest.h>

#include "tests/unit/concero/codec_bodies.h"

namespace gw::concero {
namespace {

/// `id=name` of each examination, or the error's message.
std::string DecodedList(absl::string_view body) {
  const auto list = DecodeExaminations(body);
  if (!list.ok()) {
    EXPECT_EQ(list.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(list.status().message());
  }
  std::string out;
  for (const auto& examination : *list) {
    absl::StrAppend(&out, examination.id(), "=", examination.name(), ";");
  }
  return out;
}

TEST(DecodeExaminations, ReadsTheDocumentedList) {
  EXPECT_EQ(DecodedList(kDocumentedExaminations), "119=Technology - Email Test;");
  EXPECT_EQ(DecodedList(absl::StrCat("\xEF\xBB\xBF", kDocumentedExaminations)),
            "119=Technology - Email Test;");
}

TEST(DecodeExaminations, TakesAnEmptyListForOne) { EXPECT_EQ(DecodedList("[]"), ""); }

TEST(DecodeExaminations, KeepsTheOrderOfTheBody) {
  EXPECT_EQ(DecodedList(R"([{"testId":3,"testName":"c"},{"testId":1,"testName":"a"}])"),
            "3=c;1=a;");
}

TEST(DecodeExaminations, TakesWhatLosesNothing) {
  struct Case {
    const char* rule;
    const char* body;
    const char* decoded;
  };
  for (
      const Case& c : std::vector<Case>{
          {"an id as a string of digits", R"([{"testId":"119","testName":"a"}])", "119=a;"},
          {"the largest id", R"([{"testId":9223372036854775807,"testName":"a"}])",
           "9223372036854775807=a;"},
          {"no name", R"([{"testId":1}])", "1=;"},
          {"a name that is null", R"([{"testId":1,"testName":null}])", "1=;"},
          {"an empty name", R"([{"testId":1,"testName":""}])", "1=;"},
          {"a name in another script", R"([{"testId":1,"testName":"\u0928\u092e \ud83d\ude00"}])",
           "1=नम 😀;"},
          {"other attributes", R"([{"testId":1,"testName":"a","more":{"testId":[]}}])", "1=a;"},
          {"an id twice keeps the first",
           R"([{"testId":1,"testName":"a"},{"testId":2,"testName":"b"},{"testId":"1","testName":"c"}])",
           "1=a;2=b;"},
      }) {
    EXPECT_EQ(DecodedList(c.body), c.decoded) << c.rule;
  }
}

TEST(DecodeExaminations, RefusesTheListForOneBadEntry) {
  struct Case {
    const char* rule;
    const char* entry;
    const char* message;
  };
  for (const Case& c : std::vector<Case>{
           {"no id", R"({"testName":"a"})", "testId: expects a positive integer"},
           {"an id that is null", R"({"testId":null})", "testId: expects a positive integer"},
           {"id zero", R"({"testId":0})", "testId: expects a positive integer"},
           {"a negative id", R"({"testId":-1})", "testId: expects a positive integer"},
           {"an id with a fraction", R"({"testId":119.0})", "testId: expects a positive integer"},
           {"an id over 63 bits", R"({"testId":9223372036854775808})",
            "testId: expects a positive integer"},
           {"an id with a space", R"({"testId":"119 "})", "testId: expects a positive integer"},
           {"a key in other letters", R"({"testid":1})", "testId: expects a positive integer"},
           {"a name that is a number", R"({"testId":1,"testName":7})",
            "testName: expects a string"},
           {"null", "null", "expects an object"},
           {"a number", "119", "expects an object"},
           {"a list", "[]", "expects an object"},
       }) {
    EXPECT_EQ(DecodedList(absl::StrCat(R"([{"testId":5},)", c.entry, "]")),
              absl::StrCat("[1]: ", c.message))
        << c.rule;
  }
}

TEST(DecodeExaminations, DoesNotTakeAnObjectForAList) {
  for (absl::string_view body : {"{}", kDocumentedUnauthorized, R"({"data":[{"testId":1}]})",
                                 R"({"testId":1,"testName":"a"})"}) {
    EXPECT_EQ(DecodedList(body), "the body: expects an array") << body;
  }
}

TEST(DecodeExaminations, RefusesWhatIsNotOneJsonValue) {
  for (const Body& body : MalformedBodies(kDocumentedExaminations)) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeExaminations(body.text).status())) << body.name;
  }
}

}  // namespace
}  // namespace gw::concero
