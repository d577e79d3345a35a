#include "service/rest/body_excerpt.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/observe/log.h"
#include "tests/support/malformed_bodies.h"

namespace gw::rest {
namespace {

using testing::Repeated;

struct Excerpt {
  std::string body;
  std::string excerpt;
};

TEST(DescribeForLog, ShowsABodyOnOneLine) {
  for (const Excerpt& c : std::vector<Excerpt>{
           {"", ""},
           {" \r\n", ""},
           {"Service Unavailable\n", "Service Unavailable"},
           {"{\n  \"success\": false,\n  \"message\": \"Unauthorized API key.\"\n}",
            R"({ "success": false, "message": "Unauthorized API key." })"},
           {"{\n  \"success\": false,\n  \"message\":\"An error occurred during allocation.\",\n"
            "  \"error\":  \"SQLSTATE[HY000]: General error: ... \"\n}",
            R"({ "success": false, "message":"An error occurred during allocation.", )"
            R"("error": "SQLSTATE[HY000]: General error: ... " })"},
           {"<html>\n<body>\n<h1>502</h1>", "<html> <body> <h1>502</h1>"},
           {R"(SQLSTATE\n\tat \/var\/www\/app.d\/Foo.php:12 App\\Models\\Invite)",
            R"(SQLSTATE at /var/www/app.d/Foo.php:12 App\Models\Invite)"},
           {"a\x1b[31mred\x7f", "a [31mred"},
           {"caf\xC3\xA9 \xFF", "caf?? ?"},
           {R"(caf\u00e9 \u0000\u001b)", "caf?"},
           {std::string("a\0b", 3), "a b"},
           {R"(50% of \u12)", R"(50% of \u12)"},
           {"../vendor/Foo.php", "../vendor/Foo.php"},
       }) {
    EXPECT_EQ(DescribeForLog(c.body), c.excerpt);
  }
}

TEST(DescribeForLog, TakesOutAddressesHoweverTheyAreWritten) {
  for (const Excerpt& c : std::vector<Excerpt>{
           {"to arjun.mehta@company.io failed", "to [e-mail] failed"},
           {R"({"email":"arjun.mehta@company.io"})", R"({"email":"[e-mail]"})"},
           {"values (arjun.mehta@company.io, 119)", "values ([e-mail], 119)"},
           {"values ('arjun.mehta@company.io', 119)", "values ([e-mail], 119)"},
           {"o'brien@company.io", "[e-mail]"},
           {"m\xC3\xBCller@company.io", "[e-mail]"},
           {"\"arjun mehta\"@company.io", "[e-mail]"},
           {R"({"e":"\"arjun mehta\"@company.io"})", R"({"e":"[e-mail]"})"},
           {"<arjun.mehta@company.io>", "<[e-mail]>"},
           {R"(arjun.mehta\u0040company.io)", "[e-mail]"},
           {R"(arjun.mehta\\u0040company.io)", "[e-mail]"},
           {"arjun.mehta%40company.io", "[e-mail]"},
           {"arjun.mehta&#64;company.io", "[e-mail]"},
           {"arjun.mehta&#x40;company.io", "[e-mail]"},
           {R"(arjun.mehta\u002540company.io)", "[e-mail]"},
           {"see https://portal.example/exam/start/A3bk now", "see [url] now"},
           {R"("https:\/\/portal.example\/exam\/start\/A3bk")", R"("[url]")"},
           {R"("https:\\\/\\\/portal.example\\\/exam\\\/start\\\/A3bk")", R"("[url]")"},
           {"https%3A%2F%2Fportal.example%2Fexam%2Fstart%2FA3bk", "[url]"},
           {"HTTP://PORTAL.EXAMPLE/A3bk(x),y;z", "[url]"},
           {"a.b+c://x", "[url]"},
           {"(link: https://portal.example/A3bk)", "(link: [url]"},
           {"url=https://portal.example/A3bk", "url=[url]"},
           {"arjun@company.io,https://portal.example/A3bk", "[e-mail],[url]"},
           {"<a href=\"https://portal.example/A3bk\">", "<a href=\"[url]\">"},
           {"portal.example/exam/A3bk", "[url]"},
           {"portal.example:8443/A3bk", "[url]"},
           {"www.portal.example", "[url]"},
           {"at //portal.example/A3bk", "at [url]"},
           {"arjun@company.io/A3bk", "[e-mail][url]"},
           {"GET /exam/start/A3bk failed", "GET [url] failed"},
       }) {
    EXPECT_EQ(DescribeForLog(c.body), c.excerpt) << c.body;
  }
}

TEST(DescribeForLog, IsAtMost256CharactersAndSaysWhenThereIsMore) {
  EXPECT_EQ(DescribeForLog(std::string(256, 'a')), std::string(256, 'a'));
  EXPECT_EQ(DescribeForLog(std::string(257, 'a')), std::string(253, 'a') + "...");
  EXPECT_EQ(DescribeForLog(Repeated("ab ", 1'000'000)).size(), 256u);
  EXPECT_EQ(DescribeForLog(Repeated("a@b.c ", 50)).size(), 256u);
}

TEST(DescribeForLog, DoesNotShowHalfAnAddressWhereItStopsLooking) {
  const std::string before(4090, ' ');
  EXPECT_EQ(DescribeForLog(before + "arjun.mehta@company.io"), "...");
  EXPECT_EQ(DescribeForLog(std::string(4090, 'a') + "rjun@company.io"), "...");
  EXPECT_EQ(DescribeForLog(before + "x arjun.mehta@company.io"), "x...");
}

TEST(DescribeForLog, ShowsNoPartOfAHiddenTextWhereverItIsCut) {
  const std::string key = "excerpt-canary+key/0==";
  observe::HideInLogs(key);
  for (size_t before = 200; before < 280; ++before) {
    const std::string excerpt = DescribeForLog(std::string(before, 'x') + " " + key + " tail");
    EXPECT_FALSE(absl::StrContains(excerpt, "canary")) << before << ": " << excerpt;
  }
  EXPECT_EQ(DescribeForLog("key " + key + "."), "key [secret].");
}

TEST(DescribeForLog, KnowsAHiddenTextInItsEncodings) {
  observe::HideInLogs("excerpt-canary=1&2");
  observe::HideInLogs("excerpt\\ncanary");
  for (const char* body : {"excerpt-canary%3D1%262", "excerpt-canary&#61;1&#x26;2",
                           "excerpt\\u002dcanary=1&2", "excerpt\\ncanary"}) {
    EXPECT_EQ(DescribeForLog(body), "[secret]") << body;
  }
}

TEST(DescribeForLog, IsPrintableAsciiForWhateverBytes) {
  std::mt19937_64 random(1);
  const absl::string_view seasoning = "\\u0040%4&#x64;/:.@\"<> nart";
  for (int i = 0; i < 5'000; ++i) {
    std::string body;
    for (size_t size = random() % 400; size > 0; --size) {
      body += random() % 3 == 0 ? static_cast<char>(random() % 256)
                                : seasoning[random() % seasoning.size()];
    }
    const std::string excerpt = DescribeForLog(body);
    EXPECT_LE(excerpt.size(), 256u);
    EXPECT_FALSE(absl::StrContains(excerpt, "@")) << excerpt;
    EXPECT_FALSE(absl::StrContains(excerpt, "//")) << excerpt;
    for (unsigned char c : excerpt) ASSERT_TRUE(absl::ascii_isprint(c)) << excerpt;
  }
}

}  // namespace
}  // namespace gw::rest
