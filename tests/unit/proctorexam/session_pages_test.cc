#include "service/proctorexam/session_pages.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "tests/support/failures.h"

namespace gw::proctorexam {
namespace {

using testing::CodeAndReason;
using testing::Metadata;

constexpr int64_t kMaxId = std::numeric_limits<int64_t>::max();

TEST(PositionOf, IsTheFirstPageWithoutAToken) {
  const struct {
    int32_t page_size;
    int32_t size;
  } kCases[] = {{0, 100}, {1, 1}, {300, 300}, {301, 300}, {2'000'000'000, 300}};
  for (const auto& c : kCases) {
    const auto position = PositionOf(7, c.page_size, "");
    ASSERT_TRUE(position.ok());
    EXPECT_EQ(*position, (PagePosition{7, 1, c.size})) << c.page_size;
  }
}

TEST(PositionOf, IsThatOfTheTokenWhateverThePageSize) {
  for (const PagePosition& position :
       {PagePosition{0, 2, 100}, PagePosition{7, 3, 1}, PagePosition{kMaxId, 2'147'483'647, 300}}) {
    const std::string token = EncodePageToken(position);
    for (const char c : token) {
      EXPECT_TRUE(absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_');
    }
    const auto read = PositionOf(position.exam_id, 55, token);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, position);
  }
}

TEST(PositionOf, RefusesATokenOfAnotherExam) {
  const std::string token = EncodePageToken({7, 2, 100});
  for (const int64_t exam_id : {0, 8}) {
    EXPECT_EQ(CodeAndReason(PositionOf(exam_id, 0, token).status()),
              "INVALID_ARGUMENT PAGE_TOKEN_INVALID");
  }
}

TEST(PositionOf, RefusesWhatIsNoTokenOfOurs) {
  const auto sealed = [](absl::string_view text) { return absl::WebSafeBase64Escape(text); };
  for (const std::string& token :
       {std::string("!"), std::string("next"), std::string(200, 'A'), sealed(":"), sealed("7:2"),
        sealed("7:2:100:1"), sealed("7:2:x"), sealed("x:2:100"), sealed("7:0:100"),
        sealed("7:1:100"), sealed("7:-2:100"), sealed("7:2:0"), sealed("7:2:301"),
        sealed("7:2147483648:100"), sealed("07:2:100"), sealed("7:+2:100"), sealed(" 7:2:100"),
        sealed("7:2:100\n"), EncodePageToken({7, 2, 100}) + "="}) {
    const absl::Status status = PositionOf(7, 0, token).status();
    EXPECT_EQ(CodeAndReason(status), "INVALID_ARGUMENT PAGE_TOKEN_INVALID") << token;
    EXPECT_EQ(Metadata(status, "field"), "page_token");
  }
}

TEST(CountOf, ReadsTheHeadersAndDoesWithoutThem) {
  const struct {
    const char* name;
    const char* headers;
    int32_t page;
    size_t got;
    int32_t items;
    bool more;
  } kCases[] = {
      {"first of three", "X-Pagination-Item-Count: 5\r\nX-Pagination-Page-Count: 3\r\n", 1, 2, 5,
       true},
      {"last of three", "X-Pagination-Item-Count: 5\r\nX-Pagination-Page-Count: 3\r\n", 3, 1, 5,
       false},
      {"a full last one", "X-Pagination-Item-Count: 4\r\nX-Pagination-Page-Count: 2\r\n", 2, 2, 4,
       false},
      {"beyond the last", "X-Pagination-Item-Count: 4\r\nX-Pagination-Page-Count: 2\r\n", 3, 0, 4,
       false},
      {"in lower case", "x-pagination-item-count: 5\r\nx-pagination-page-count: 3\r\n", 2, 2, 5,
       true},
      {"a count that lies", "X-Pagination-Page-Count: 9\r\n", 2, 0, 0, false},
      {"no headers, full", "", 1, 2, 0, true},
      {"no headers, not full", "", 1, 1, 0, false},
      {"no headers, empty", "", 1, 0, 0, false},
      {"headers that are no numbers",
       "X-Pagination-Item-Count: many\r\nX-Pagination-Page-Count: -3\r\n", 1, 2, 0, true},
      {"more than an int32", "X-Pagination-Item-Count: 99999999999\r\n", 1, 1,
       std::numeric_limits<int32_t>::max(), false},
      {"the last number there is", "X-Pagination-Page-Count: 99999999999\r\n",
       std::numeric_limits<int32_t>::max(), 2, 0, false},
  };
  for (const auto& c : kCases) {
    const PageCount count = CountOf(http::Response{200, c.headers, ""}, {0, c.page, 2}, c.got);
    EXPECT_EQ(count.items, c.items) << c.name;
    EXPECT_EQ(count.more, c.more) << c.name;
  }
}

}  // namespace
}  // namespace gw::proctorexam
