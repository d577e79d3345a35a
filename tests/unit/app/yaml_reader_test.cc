#include "service/app/yaml_reader.h"

#include <gmock/gmock.h>
#include <google/protobuf/type.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <limits>

#include "absl/strings/ascii.h"
#include "gateway/config/v1/config.pb.h"

namespace gw::app {
namespace {

using gateway::config::v1::Config;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(ReadYaml, ReplacesAListAndAMapAndKeepsTheRest) {
  Config config;
  config.mutable_egress()->add_allow_private("192.168.0.0/16");
  config.mutable_egress()->set_interface("eth0");
  (*config.mutable_quotas()->mutable_callers())["old"].set_in_flight(9);
  const auto status = ReadYaml(
      "egress: {allow_private: [10.0.0.0/8, \"fd00::/8\"]}\n"
      "quotas: {callers: {spiffe://example/web: {in_flight: 4, per_second: 2.5e1}}}\n",
      "f", &config);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(config.egress().allow_private(), ElementsAre("10.0.0.0/8", "fd00::/8"));
  EXPECT_EQ(config.egress().interface(), "eth0");
  ASSERT_EQ(config.quotas().callers().size(), 1u);
  const auto& caller = config.quotas().callers().at("spiffe://example/web");
  EXPECT_EQ(caller.in_flight(), 4);
  EXPECT_EQ(caller.per_second(), 25.0);
}

TEST(ReadYaml, MakesASectionWithoutValuePresentAndLeavesTheOthersAbsent) {
  Config config;
  ASSERT_TRUE(ReadYaml("concero:\nlog: {}\nquotas: {callers: }\n", "f", &config).ok());
  EXPECT_TRUE(config.has_concero());
  EXPECT_TRUE(config.has_log());
  EXPECT_TRUE(config.has_quotas());
  EXPECT_FALSE(config.has_ledger());
}

TEST(ReadYaml, TellsTheLineOfEachKey) {
  Config config;
  KeyLines lines;
  ASSERT_TRUE(ReadYaml("log:\n  level: info\n\nquotas:\n  callers:\n    a: {in_flight: 1}\n", "f",
                       &config, &lines)
                  .ok());
  EXPECT_THAT(lines, ElementsAre(Pair("log", 1), Pair("log.level", 2), Pair("quotas", 4),
                                 Pair("quotas.callers", 5), Pair("quotas.callers.a", 6),
                                 Pair("quotas.callers.a.in_flight", 6)));
}

TEST(ReadYaml, TakesAPlainScalarForATextWhateverItLooksLike) {
  Config config;
  ASSERT_TRUE(ReadYaml("concero: {min_tls: 1.3, api_key_file: true}", "f", &config).ok());
  EXPECT_EQ(config.concero().min_tls(), "1.3");
  EXPECT_EQ(config.concero().api_key_file(), "true");
}

TEST(ReadYaml, NeverQuotesAValue) {
  for (const char* text : {"concero: hidden",
                           "hidden",
                           "[hidden]",
                           "concero: {timeout: hidden}",
                           "concero: [hidden]",
                           "concero: {max_in_flight: hidden}",
                           "concero: {allow_plaintext: hidden}",
                           "concero: {max_response_bytes: hidden}",
                           "concero: {base_url: [hidden]}",
                           "concero: {base_url: {hidden: 1}}",
                           "concero: {base_url: !hidden x}",
                           "concero: {base_url: &hidden x}",
                           "concero: {base_url: *hidden}",
                           "concero: {base_url: \"hidden\\n\"}",
                           "concero: {base_url: \"hidden}",
                           "concero: {base_url: 'hidden' hidden}",
                           "%hidden\n---\nconcero: x",
                           "concero: {x: hidden}",
                           "quotas: {default: {per_second: hidden}}",
                           "egress: {allow_private: hidden}"}) {
    Config config;
    const auto status = ReadYaml(text, "f", &config);
    EXPECT_FALSE(status.ok()) << text;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("hidden"))) << text;
  }
}

TEST(ReadYaml, KeepsAnErrorPrintable) {
  for (const char* text : {"log: {level: \"\\\x1b\"}", "log: {\"a\\u001bb\": 1}", "\"\\n\": 1"}) {
    Config config;
    const auto status = ReadYaml(text, "f", &config);
    ASSERT_FALSE(status.ok()) << text;
    for (const char c : status.message()) EXPECT_TRUE(absl::ascii_isprint(c)) << text;
  }
}

TEST(ReadYaml, ReadsWholeNumbersOf64Bits) {
  google::protobuf::Int64Value number;
  ASSERT_TRUE(ReadYaml("value: -9223372036854775808", "f", &number).ok());
  EXPECT_EQ(number.value(), std::numeric_limits<int64_t>::min());
  EXPECT_FALSE(ReadYaml("value: 9223372036854775808", "f", &number).ok());
}

TEST(ReadYaml, SaysWhichFieldHasATypeThatItDoesNotRead) {
  google::protobuf::UInt32Value number;
  EXPECT_TRUE(absl::IsInternal(ReadYaml("value: 1", "f", &number)));
  google::protobuf::BytesValue bytes;
  EXPECT_TRUE(absl::IsInternal(ReadYaml("value: a", "f", &bytes)));
  google::protobuf::Field field;
  const auto status = ReadYaml("kind: TYPE_BOOL", "f", &field);
  EXPECT_TRUE(absl::IsInternal(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("google.protobuf.Field.kind"));
}

}  // namespace
}  // namespace gw::app
