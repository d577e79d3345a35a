#include "service/rpc/policy_codec.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace gw::rpc {
namespace {

std::string ErrorOf(absl::string_view text) {
  const auto policy = ParsePolicy(text, "etc/policy.json");
  return policy.ok() ? "ok" : std::string(policy.status().message());
}

// A policy whose third allow rule is this, after its name.
std::string ThirdRule(absl::string_view rest) {
  return absl::StrCat(
      R"({"name": "p", "allow_rules": [{"name": "1"}, {"name": "2"}, {"name": "3", )", rest, "}]}");
}
std::string HeaderOf(absl::string_view header) {
  return ThirdRule(
      absl::StrCat(R"("request": {"headers": [{"key": "a", "values": ["b"]}, )", header, "]}"));
}
std::string Key(absl::string_view key) {
  return HeaderOf(absl::StrCat(R"({"key": ")", key, R"(", "values": ["hidden"]})"));
}

TEST(ParsePolicy, ReadsEveryKey) {
  const auto policy = ParsePolicy(
      R"({"name": "p", "deny_rules": [{"name": "d"}], "allow_rules": [{"name": "a",
          "source": {"principals": ["*.example", ""]},
          "request": {"paths": ["/p.S/*", "*"], "headers": [{"key": "X-Team", "values": ["t"]}]}}]})",
      "f");
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->name, "p");
  ASSERT_EQ(policy->deny_rules.size(), 1u);
  EXPECT_EQ(policy->deny_rules[0].name, "d");
  ASSERT_EQ(policy->allow_rules.size(), 1u);
  const PolicyRule& rule = policy->allow_rules[0];
  EXPECT_EQ(rule.name, "a");
  ASSERT_EQ(rule.principals.size(), 2u);
  EXPECT_EQ(rule.principals[0].kind, Pattern::Kind::kSuffix);
  EXPECT_EQ(rule.principals[0].text, ".example");
  EXPECT_EQ(rule.principals[1].kind, Pattern::Kind::kExact);
  ASSERT_EQ(rule.paths.size(), 2u);
  EXPECT_EQ(rule.paths[0].kind, Pattern::Kind::kPrefix);
  EXPECT_EQ(rule.paths[0].text, "/p.S/");
  EXPECT_EQ(rule.paths[1].kind, Pattern::Kind::kPresent);
  ASSERT_EQ(rule.headers.size(), 1u);
  EXPECT_EQ(rule.headers[0].key, "x-team");
  ASSERT_EQ(rule.headers[0].values.size(), 1u);
}

TEST(ParsePolicy, SaysWhereAMistakeIsAndWhatToDo) {
  const std::string third = "allow_rules[2]";
  const std::string headers = third + ".request.headers";
  const std::string cannot = headers + "[1].key: is a header that rules cannot look at";
  const struct {
    std::string text;
    std::string error;
  } kCases[] = {
      {"", "is not valid JSON at byte 1"},
      {"{", "is not valid JSON at byte 2"},
      {"[]", "expects an object"},
      {R"({"name": "a", "name": "b"})", "has a key twice in one object"},
      {R"({"name": "p", "rules": []})",
       "rules: unknown key; allowed here: name, deny_rules, allow_rules"},
      {R"({"name": "p", "rules": [], "rule": []})",
       "rule: unknown key; allowed here: name, deny_rules, allow_rules"},
      {R"({"allow_rules": []})", "name: is required; give it a name to be known by"},
      {R"({"name": 1, "allow_rules": []})", "name: expects a text"},
      {R"({"name": "", "allow_rules": []})", "name: must not be empty"},
      {R"({"name": "p"})", "allow_rules: is required; without one that fits, every call is denied"},
      {R"({"name": "p", "allow_rules": {}})", "allow_rules: expects a list of rules"},
      {R"({"name": "p", "allow_rules": null})", "allow_rules: expects a list of rules"},
      {R"({"name": "p", "deny_rules": 1, "allow_rules": []})",
       "deny_rules: expects a list of rules"},
      {R"({"name": "p", "allow_rules": ["a"]})",
       R"(allow_rules[0]: expects {"name": …, "source": {…}, "request": {…}})"},
      {R"({"name": "p", "allow_rules": [{}]})",
       "allow_rules[0].name: is required; give it a name to be known by"},
      {R"({"name": "p", "allow_rules": [{"name": " "}]})",
       "allow_rules[0].name: must not be empty"},
      {R"({"name": "p", "deny_rules": [{"name": "x"}, {"name": "x"}], "allow_rules": []})",
       R"(deny_rules[1].name: "x" is the name of deny_rules[0] already; give each rule a name of )"
       "its own"},
      {ThirdRule(R"("sources": {})"),
       third + ".sources: unknown key; allowed here: name, source, request"},
      {ThirdRule(R"("source": [])"), third + R"(.source: expects {"principals": […]})"},
      {ThirdRule(R"("source": {"principal": []})"),
       third + ".source.principal: unknown key; allowed here: principals"},
      {ThirdRule(R"("source": {"principals": "hidden"})"),
       third + ".source.principals: expects a list of texts"},
      {ThirdRule(R"("source": {"principals": []})"),
       third + ".source.principals: names nobody; leave it out to mean everybody"},
      {ThirdRule(R"("source": {"principals": ["a", 1]})"),
       third + ".source.principals[1]: expects a text"},
      {ThirdRule(R"("source": {"principals": ["hid*den"]})"),
       third + ".source.principals[0]: may have one *, at its beginning or at its end"},
      {ThirdRule(R"("source": {"principals": ["*hidden*"]})"),
       third + ".source.principals[0]: may have one *, at its beginning or at its end"},
      {ThirdRule(R"("source": {"principals": ["**"]})"),
       third + ".source.principals[0]: may have one *, at its beginning or at its end"},
      {ThirdRule(R"("request": 1)"), third + R"(.request: expects {"paths": […], "headers": […]})"},
      {ThirdRule(R"("request": {"path": []})"),
       third + ".request.path: unknown key; allowed here: paths, headers"},
      {ThirdRule(R"("request": {"paths": []})"),
       third + ".request.paths: names none; leave it out to mean all"},
      {ThirdRule(R"("request": {"paths": ["hidden.S/M"]})"),
       third + ".request.paths[0]: would fit no call; write it as /package.Service/Method"},
      {ThirdRule(R"("request": {"paths": [""]})"),
       third + ".request.paths[0]: would fit no call; write it as /package.Service/Method"},
      {ThirdRule(R"("request": {"headers": {}})"), headers + ": expects a list of headers"},
      {ThirdRule(R"("request": {"headers": []})"),
       headers + ": names none; leave it out when headers do not matter"},
      {HeaderOf("1"), headers + R"([1]: expects {"key": …, "values": […]})"},
      {HeaderOf(R"({"name": "a"})"), headers + "[1].name: unknown key; allowed here: key, values"},
      {HeaderOf(R"({"values": ["hidden"]})"),
       headers + "[1].key: is required, the name of a header"},
      {HeaderOf(R"({"key": "a"})"), headers + "[1].values: is required, a list of texts"},
      {HeaderOf(R"({"key": "a", "values": []})"),
       headers + "[1].values: fits no call; name a value"},
      {HeaderOf(R"({"key": "a", "values": [true]})"), headers + "[1].values[0]: expects a text"},
      {Key(":path"), cannot},
      {Key("grpc-timeout"), cannot},
      {Key("GRPC-Timeout"), cannot},
      {Key("Host"), cannot},
      {Key("connection"), cannot},
      {Key("te"), cannot},
      {Key("transfer-encoding"), cannot},
      {Key("token-bin"), headers + "[1].key: is a header of bytes; rules look at texts"},
      {Key(""), headers + "[1].key: is no name of a header"},
      {Key("a b"), headers + "[1].key: is no name of a header"},
  };
  for (const auto& c : kCases) {
    const std::string error = ErrorOf(c.text);
    EXPECT_EQ(error, "etc/policy.json: " + c.error) << c.text;
    EXPECT_FALSE(absl::StrContains(error, "hidden")) << c.text;
  }
}

TEST(ParsePolicy, KeepsKeysOfTheFileShortAndInOneLine) {
  const std::string error =
      ErrorOf(absl::StrCat(R"({"name": "p", "a\nb)", std::string(1000, 'x'), R"(": 1})"));
  EXPECT_TRUE(absl::StartsWith(error, "etc/policy.json: a\\nb")) << error;
  EXPECT_LT(error.size(), 200u);
}

TEST(ParsePolicy, RefusesWhatIsTooLarge) {
  std::string text = R"({"name": "p", "allow_rules": []})";
  text.resize(kMaxPolicyBytes, ' ');
  EXPECT_EQ(ErrorOf(text), "ok");
  EXPECT_EQ(ErrorOf(text + " "), "etc/policy.json: is larger than 1 MiB");
}

TEST(ParsePolicy, AllowsARuleOfEachListTheSameName) {
  EXPECT_EQ(
      ErrorOf(R"({"name": "p", "deny_rules": [{"name": "x"}], "allow_rules": [{"name": "x"}]})"),
      "ok");
}

}  // namespace
}  // namespace gw::rpc
