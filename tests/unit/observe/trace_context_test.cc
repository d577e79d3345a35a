#include "service/observe/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace gw::observe {
namespace {

constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kParentId[] = "00f067aa0ba902b7";

std::string Header(const std::string& version, const std::string& flags) {
  return version + "-" + kTraceId + "-" + kParentId + "-" + flags;
}

TEST(ParseTraceparent, ReadsTheExampleOfTheSpecification) {
  const auto context = ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  ASSERT_TRUE(context);
  EXPECT_EQ(std::string(context->trace_id.data(), context->trace_id.size()), kTraceId);
  EXPECT_EQ(std::string(context->parent_id.data(), context->parent_id.size()), kParentId);
  EXPECT_TRUE(context->sampled);
}

TEST(ParseTraceparent, TakesTheLowestBitOfTheFlagsForSampled) {
  for (const char* flags : {"01", "03", "0b", "ff", "a9"}) {
    const auto context = ParseTraceparent(Header("00", flags));
    EXPECT_TRUE(context && context->sampled) << flags;
  }
  for (const char* flags : {"00", "02", "0a", "fe", "10"}) {
    const auto context = ParseTraceparent(Header("00", flags));
    EXPECT_TRUE(context && !context->sampled) << flags;
  }
}

TEST(ParseTraceparent, ReadsOfALaterVersionWhatIsFixedForAll) {
  for (const std::string& text :
       {Header("01", "01"), Header("cc", "01") + "-what-the-future-brings",
        Header("fe", "01") + "-"}) {
    EXPECT_EQ(ParseTraceparent(text), ParseTraceparent(Header("00", "01"))) << text;
  }
}

TEST(ParseTraceparent, IgnoresWhatTheSpecificationCallsInvalid) {
  const std::string good = Header("00", "01");
  ASSERT_TRUE(ParseTraceparent(good));
  const struct {
    const char* name;
    std::string text;
  } kCases[] = {
      {"nothing", ""},
      {"cut", good.substr(0, good.size() - 1)},
      {"version 00 with more", good + "-00"},
      {"version 00 with a dash behind", good + "-"},
      {"a blank before", " " + good},
      {"a blank behind", good + " "},
      {"version ff", Header("ff", "01")},
      {"a version that is no number", Header("0x", "01")},
      {"a version in upper case", Header("0A", "01")},
      {"a later version that goes on without a dash", Header("01", "01") + "1"},
      {"flags that are no number", Header("00", "0g")},
      {"flags in upper case", Header("00", "0B")},
      {"a trace id of zeros", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"},
      {"a parent id of zeros", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"},
      {"a trace id in upper case", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"},
      {"a parent id in upper case", "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01"},
      {"a trace id with a letter", "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"},
      {"a short trace id", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01-"},
      {"no dash after the version", "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
      {"no dash after the trace id", "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01"},
      {"no dash after the parent id", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01"},
  };
  for (const auto& c : kCases) EXPECT_FALSE(ParseTraceparent(c.text)) << c.name;
}

TEST(Traceparent, IsPassedOnInVersion00WithWhetherItIsSampled) {
  const std::string sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const std::string unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  EXPECT_EQ(Traceparent(*ParseTraceparent(sampled)), sampled);
  EXPECT_EQ(Traceparent(*ParseTraceparent(unsampled)), unsampled);
  const std::string later = "01" + sampled.substr(2, 51) + "03-what-version-01-adds";
  EXPECT_EQ(Traceparent(*ParseTraceparent(later)), sampled);
}

}  // namespace
}  // namespace gw::observe
