#include "service/base/field_rules.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/support/failures.h"

namespace gw {
namespace {

using testing::CodeAndReason;
using testing::Metadata;

TEST(Violations, NoneAreOk) { EXPECT_TRUE(Violations().Result().ok()); }

TEST(Violations, AreNamedEachInTheOrderOfTheirFinding) {
  Violations violations;
  violations.Add("page_size", "must not be negative");
  violations.Add("email", "must be an e-mail address");
  violations.Add("email", "must not be so long");
  const absl::Status status = violations.Result();
  EXPECT_EQ(CodeAndReason(status), "INVALID_ARGUMENT INVALID_FIELD");
  EXPECT_EQ(GetFailure(status).violations,
            (std::vector<FieldViolation>{{"page_size", "must not be negative"},
                                         {"email", "must be an e-mail address"},
                                         {"email", "must not be so long"}}));
  EXPECT_EQ(Metadata(status, "field"), "page_size") << "the first";
  EXPECT_EQ(status.message(),
            "page_size: must not be negative; email: must be an e-mail address; "
            "email: must not be so long");
  EXPECT_EQ(GetFailure(status).retry_delay, std::nullopt);
}

TEST(Violations, OfOneFieldAreThoseOfInvalidField) {
  Violations violations;
  violations.Add("name", "must not be empty");
  EXPECT_EQ(violations.Result(), InvalidField("name", "must not be empty"));
}

TEST(Violations, OutliveTheTextsThatTheyWereToldWith) {
  Violations violations;
  {
    const std::string field = "a_field_with_a_name_that_is_long_enough_for_the_heap";
    const std::string text = "a description that is long enough for the heap as well";
    violations.Add(field, text);
  }
  EXPECT_EQ(GetFailure(violations.Result()).violations.at(0).field,
            "a_field_with_a_name_that_is_long_enough_for_the_heap");
}

TEST(Violations, AskedAgainSayTheSame) {
  Violations violations;
  violations.ExpectId("id", 0);
  EXPECT_EQ(violations.Result(), violations.Result());
}

TEST(Violations, AnIdIsAbove0) {
  const struct {
    int64_t id;
    bool good;
  } kCases[] = {
      {std::numeric_limits<int64_t>::min(), false}, {-1, false}, {0, false}, {1, true},
      {std::numeric_limits<int64_t>::max(), true},
  };
  for (const auto& [id, good] : kCases) {
    Violations violations;
    violations.ExpectId("exam_id", id);
    const absl::Status status = violations.Result();
    EXPECT_EQ(status.ok(), good) << id;
    EXPECT_EQ(Metadata(status, "field"), good ? "(none)" : "exam_id") << id;
  }
}

TEST(Violations, NeverRepeatAnId) {
  Violations violations;
  violations.ExpectId("exam_id", -7741);
  EXPECT_FALSE(absl::StrContains(testing::AllText(violations.Result()), "7741"));
}

TEST(HasControls, IsTrueOfEveryControlCharacterOfUnicode) {
  for (int c = 0; c < 0x20; ++c) {
    EXPECT_TRUE(HasControls("a" + std::string(1, static_cast<char>(c)) + "b")) << c;
  }
  EXPECT_TRUE(HasControls("\x7f"));
  for (int c = 0x80; c < 0xA0; ++c) {
    EXPECT_TRUE(HasControls("a\xC2" + std::string(1, static_cast<char>(c)) + "b")) << c;
  }
  EXPECT_TRUE(HasControls("last\n"));
  EXPECT_TRUE(HasControls("\tfirst"));
}

TEST(HasControls, IsFalseOfEverythingElse) {
  const struct {
    const char* name;
    const char* text;
  } kCases[] = {
      {"nothing", ""},
      {"the first printable one", " "},
      {"the last of ASCII", "~"},
      {"letters", "Zoë Søn"},
      {"a no-break space, the first behind C1", "\u00a0"},
      {"the last of two bytes that begin as C1 does", "\u00bf"},
      {"the bytes of C1 within another character", "\u0105\u0410\u4e80\u2085"},
      {"a character of four bytes", "\U0001F600"},
      {"a line separator", "\u2028"},
      {"a mark of direction", "\u200e"},
  };
  for (const auto& [name, text] : kCases) EXPECT_FALSE(HasControls(text)) << name;
}

TEST(IsUtf8, TakesEveryCharacterInItsOneForm) {
  for (const char* text : {"", "a~\x7f", "\u0080\u07ff", "\u0800\ud7ff\ue000\uffff",
                           "\U00010000\U0010FFFF", "Zo\u00eb \u4e2d \U0001F600."}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  EXPECT_TRUE(IsUtf8(std::string("a\0b", 3)));
}

TEST(IsUtf8, RefusesEverythingElse) {
  const struct {
    const char* name;
    const char* bytes;
  } kCases[] = {
      {"Latin-1", "caf\xE9"},
      {"a byte that continues nothing", "a\x80"},
      {"a character that is cut, of 2 bytes", "\xC3"},
      {"a character that is cut, of 3 bytes", "\xE4\xB8"},
      {"a character that is cut, of 4 bytes", "\xF0\x9F\x98"},
      {"a character that is not continued", "\xE4\xB8z"},
      {"an overlong slash", "\xC0\xAF"},
      {"an overlong form of 3 bytes", "\xE0\x9F\xBF"},
      {"an overlong form of 4 bytes", "\xF0\x8F\xBF\xBF"},
      {"the first surrogate", "\xED\xA0\x80"},
      {"the last surrogate", "\xED\xBF\xBF"},
      {"one above the last character", "\xF4\x90\x80\x80"},
      {"a form of 5 bytes", "\xF8\x88\x80\x80\x80"},
      {"the byte FF", "\xFF"},
  };
  for (const auto& [name, bytes] : kCases) EXPECT_FALSE(IsUtf8(bytes)) << name;
}

TEST(Characters, AreCountedOnceWhateverTheirBytes) {
  const struct {
    const char* name;
    std::string text;
    size_t count;
  } kCases[] = {
      {"nothing", "", 0},
      {"ASCII", "abc", 3},
      {"a NUL", std::string("a\0b", 3), 3},
      {"two bytes", "\u00fc\u00fc", 2},
      {"three bytes", "\u4e2d\u6587", 2},
      {"four bytes", "\U0001F600", 1},
      {"a combining mark, which is one", "e\u0301", 2},
      {"the first and the last of each length", "\x7f\u0080\u07ff\u0800\uffff\U00010000\U0010FFFF",
       7},
  };
  for (const auto& [name, text, count] : kCases) EXPECT_EQ(Characters(text), count) << name;
}

}  // namespace
}  // namespace gw
