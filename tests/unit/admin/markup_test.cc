#include "service/admin/markup.h"

#include <gtest/gtest.h>

#include <limits>

namespace gw::admin {
namespace {

TEST(Markup, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(Escaped("<script>alert('x')</script> & \"more\""),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;");
  EXPECT_EQ(Escaped("spiffe://example.org/Zoë"), "spiffe://example.org/Zoë");
}

TEST(Markup, TellsTimeSpansInTheirTwoLargestUnits) {
  const struct {
    absl::Duration span;
    const char* text;
  } kCases[] = {
      {absl::ZeroDuration(), "0 s"},
      {absl::Microseconds(70), "0.07 ms"},
      {absl::Microseconds(1500), "1.5 ms"},
      {absl::Microseconds(999'700), "1000 ms"},
      {absl::Milliseconds(340), "340 ms"},
      {absl::Milliseconds(2500), "2.5 s"},
      {absl::Seconds(42), "42 s"},
      {absl::Seconds(200), "3 min 20 s"},
      {absl::Minutes(245), "4 h 5 min"},
      {absl::Hours(24), "1 d"},
      {absl::Hours(24 * 12 + 3) + absl::Seconds(1), "12 d 3 h"},
      {-absl::Minutes(2), "-2 min"},
  };
  for (const auto& c : kCases) EXPECT_EQ(SpanText(c.span), c.text);
}

TEST(Markup, SetsThousandsApart) {
  EXPECT_EQ(NumberText(0), "0");
  EXPECT_EQ(NumberText(999), "999");
  EXPECT_EQ(NumberText(1000), "1\u2009000");
  EXPECT_EQ(NumberText(-123456), "-123\u2009456");
  EXPECT_EQ(NumberText(std::numeric_limits<int64_t>::max()),
            "9\u2009223\u2009372\u2009036\u2009854\u2009775\u2009807");
}

TEST(Markup, TellsBytesInTheUnitThatFits) {
  EXPECT_EQ(BytesText(0), "0 bytes");
  EXPECT_EQ(BytesText(1023), "1023 bytes");
  EXPECT_EQ(BytesText(1536), "1.5 KiB");
  EXPECT_EQ(BytesText(int64_t{256} << 20), "256.0 MiB");
}

}  // namespace
}  // namespace gw::admin
