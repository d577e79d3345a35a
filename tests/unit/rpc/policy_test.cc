// The language of policies, as sentences: each line is a policy's rules, a call, and what is
// decided.
#include "service/rpc/policy.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "service/rpc/policy_codec.h"

namespace gw::rpc {
namespace {

constexpr char kWeb[] = "spiffe://a.example/web";

struct Call {
  std::vector<std::string> principals;
  std::string path = "/p.S/Get";
  std::map<std::string, std::string> headers = {};
};

Call By(const std::string& principal) { return {{principal}}; }
Call Anonymous() { return {{}}; }
Call To(const std::string& path) { return {{kWeb}, path}; }
Call With(const std::string& key, const std::string& value) {
  return {{kWeb}, "/p.S/Get", {{key, value}}};
}

std::string Decided(const std::string& rules, const Call& call) {
  const auto policy = ParsePolicy(absl::StrCat("{\"name\": \"p\", ", rules, "}"), "f");
  if (!policy.ok()) return std::string(policy.status().message());
  const auto headers = [&](absl::string_view key) -> std::optional<std::string> {
    const auto found = call.headers.find(std::string(key));
    if (found == call.headers.end()) return std::nullopt;
    return found->second;
  };
  const Decision decision = policy->Decide(call.principals, call.path, headers);
  EXPECT_EQ(decision.allowed, decision.by == Decision::By::kAllowRule);
  if (decision.by == Decision::By::kNoRule) return "denied";
  return absl::StrCat(decision.allowed ? "allowed by " : "denied by ", decision.rule);
}

// Rules with one condition.
std::string Allow(const std::string& condition) {
  return absl::StrCat("\"allow_rules\": [{\"name\": \"a\"", condition, "}]");
}
std::string Principals(const std::string& list) {
  return Allow(absl::StrCat(", \"source\": {\"principals\": [", list, "]}"));
}
std::string Paths(const std::string& list) {
  return Allow(absl::StrCat(", \"request\": {\"paths\": [", list, "]}"));
}
std::string Header(const std::string& key, const std::string& values) {
  return Allow(absl::StrCat(", \"request\": {\"headers\": [{\"key\": \"", key, "\", \"values\": [",
                            values, "]}]}"));
}

TEST(Policy, DecidesWhatItsSentencesSay) {
  const std::string deny_web =
      "\"deny_rules\": [{\"name\": \"d\", \"source\": {\"principals\": [\"*/web\"]}}], ";
  const std::string both =
      "\"allow_rules\": [{\"name\": \"a\", \"source\": {\"principals\": [\"*/web\"]}, "
      "\"request\": {\"paths\": [\"/p.S/*\"], \"headers\": [{\"key\": \"team\", \"values\": "
      "[\"x\"]}, {\"key\": \"env\", \"values\": [\"*\"]}]}}]";
  const auto both_with = [](Call call) {
    call.headers.insert({{"team", "x"}, {"env", "y"}});
    return call;
  };
  const struct {
    const char* sentence;
    std::string rules;
    Call call;
    const char* decided;
  } kSentences[] = {
      {"without a rule that fits a call is denied", "\"allow_rules\": []", By(kWeb), "denied"},
      {"a rule without conditions fits every call", Allow(""), By(kWeb), "allowed by a"},
      {"a rule without conditions fits anonymous callers", Allow(""), Anonymous(), "allowed by a"},
      {"an empty source and request are no conditions", Allow(", \"source\": {}, \"request\": {}"),
       Anonymous(), "allowed by a"},
      {"a deny rule comes before every allow rule", deny_web + Allow(""), By(kWeb), "denied by d"},
      {"a deny rule that does not fit leaves it to the allow rules", deny_web + Allow(""),
       By("b.example"), "allowed by a"},
      {"the first rule that fits is named",
       "\"allow_rules\": [{\"name\": \"1\", \"request\": {\"paths\": [\"/q*\"]}}, {\"name\": "
       "\"2\"}, "
       "{\"name\": \"3\"}]",
       By(kWeb), "allowed by 2"},

      {"an exact principal fits itself", Principals("\"spiffe://a.example/web\""), By(kWeb),
       "allowed by a"},
      {"an exact principal fits nothing longer", Principals("\"spiffe://a.example/we\""), By(kWeb),
       "denied"},
      {"an exact principal minds the case", Principals("\"SPIFFE://a.example/web\""), By(kWeb),
       "denied"},
      {"a prefix fits what begins so", Principals("\"spiffe://a.example/*\""), By(kWeb),
       "allowed by a"},
      {"a prefix fits the text itself", Principals("\"spiffe://a.example/web*\""), By(kWeb),
       "allowed by a"},
      {"a prefix fits nothing else", Principals("\"spiffe://b.example/*\""), By(kWeb), "denied"},
      {"a suffix fits what ends so", Principals("\"*/web\""), By(kWeb), "allowed by a"},
      {"a suffix fits the text itself", Principals("\"*spiffe://a.example/web\""), By(kWeb),
       "allowed by a"},
      {"a suffix fits nothing else", Principals("\"*/webs\""), By(kWeb), "denied"},
      {"presence fits every known caller", Principals("\"*\""), By("b.example"), "allowed by a"},
      {"one of several principals is enough", Principals("\"x\", \"b.example\""), By("b.example"),
       "allowed by a"},
      {"one of a caller's names is enough",
       Principals("\"web.a.example\""),
       {{kWeb, "web.a.example"}},
       "allowed by a"},

      {"a name does not fit anonymous callers", Principals("\"spiffe://a.example/web\""),
       Anonymous(), "denied"},
      {"presence does not fit anonymous callers", Principals("\"*\""), Anonymous(), "denied"},
      {"a prefix does not fit anonymous callers", Principals("\"anon*\""), Anonymous(), "denied"},
      {"a suffix does not fit anonymous callers", Principals("\"*mous\""), Anonymous(), "denied"},
      {"anonymous callers are fitted by their name", Principals("\"anonymous\""), Anonymous(),
       "allowed by a"},
      {"anonymous callers are fitted by the empty text", Principals("\"\""), Anonymous(),
       "allowed by a"},
      {"the name of anonymous callers fits no other", Principals("\"anonymous\", \"\""), By(kWeb),
       "denied"},

      {"an exact path fits itself", Paths("\"/p.S/Get\""), To("/p.S/Get"), "allowed by a"},
      {"an exact path fits nothing longer", Paths("\"/p.S/Get\""), To("/p.S/GetAll"), "denied"},
      {"a prefix fits the methods of a service", Paths("\"/p.S/*\""), To("/p.S/Get"),
       "allowed by a"},
      {"a prefix of a service fits no service of a longer name", Paths("\"/p.S/*\""),
       To("/p.S.Others/Get"), "denied"},
      {"a suffix fits a method of every service", Paths("\"*/Get\""), To("/q.T/Get"),
       "allowed by a"},
      {"presence fits every path", Paths("\"*\""), To("/q.T/Get"), "allowed by a"},
      {"one of several paths is enough", Paths("\"/x\", \"/p.S/Get\""), To("/p.S/Get"),
       "allowed by a"},
      {"paths without principals fit anonymous callers", Paths("\"/p.S/Get\""), Anonymous(),
       "allowed by a"},

      {"an exact header fits its value", Header("team", "\"x\""), With("team", "x"),
       "allowed by a"},
      {"the key of a header is in any case", Header("Team", "\"x\""), With("team", "x"),
       "allowed by a"},
      {"a header fits no other value", Header("team", "\"x\""), With("team", "y"), "denied"},
      {"a header that is absent fits nothing", Header("team", "\"*\""), By(kWeb), "denied"},
      {"a header that is empty is not present", Header("team", "\"*\""), With("team", ""),
       "denied"},
      {"a prefix fits a header", Header("team", "\"x/*\""), With("team", "x/y"), "allowed by a"},
      {"a suffix fits a header", Header("team", "\"*/y\""), With("team", "x/y"), "allowed by a"},
      {"one of several values is enough", Header("team", "\"y\", \"x\""), With("team", "x"),
       "allowed by a"},

      {"principals, paths and headers must all fit", both, both_with(By(kWeb)), "allowed by a"},
      {"fitting but for the principal is not fitting", both, both_with(By("b.example")), "denied"},
      {"fitting but for the path is not fitting", both, both_with(To("/q.T/Get")), "denied"},
      {"fitting but for one header is not fitting", both, With("team", "x"), "denied"},
  };
  for (const auto& s : kSentences) EXPECT_EQ(Decided(s.rules, s.call), s.decided) << s.sentence;
}

TEST(Policy, IsA43sOwnExample) {
  const std::string rules = R"(
    "allow_rules": [
      {"name": "admin-access",
       "source": {"principals": ["spiffe://foo.com/sa/admin1", "spiffe://foo.com/sa/admin2"]},
       "request": {"paths": ["/pkg.service/*"]}},
      {"name": "dev-access", "source": {"principals": ["*", ""]},
       "request": {"paths": ["/pkg.service/foo", "/pkg.service/bar"],
                   "headers": [{"key": "dev-path", "values": ["/dev/path/*"]}]}}],
    "deny_rules": [{"name": "deny-access", "request": {"paths": ["*/secret"]}}])";
  const std::string admin = "spiffe://foo.com/sa/admin2";
  EXPECT_EQ(Decided(rules, {{admin}, "/pkg.service/any"}), "allowed by admin-access");
  EXPECT_EQ(Decided(rules, {{admin}, "/pkg.service/secret"}), "denied by deny-access");
  EXPECT_EQ(Decided(rules, {{"u"}, "/pkg.service/foo", {{"dev-path", "/dev/path/x"}}}),
            "allowed by dev-access");
  EXPECT_EQ(Decided(rules, {{"u"}, "/pkg.service/foo"}), "denied");
  EXPECT_EQ(Decided(rules, {{"u"}, "/pkg.service/any", {{"dev-path", "/dev/path/x"}}}), "denied");
}

TEST(Policy, AsksForHeadersOnlyWhenARuleFitsOtherwise) {
  const auto policy = ParsePolicy(absl::StrCat("{\"name\": \"p\", ",
                                               Allow(", \"source\": {\"principals\": [\"x\"]}, "
                                                     "\"request\": {\"headers\": [{\"key\": \"k\", "
                                                     "\"values\": [\"v\"]}]}"),
                                               "}"),
                                  "f");
  ASSERT_TRUE(policy.ok());
  int asked = 0;
  const auto count = [&](absl::string_view) {
    ++asked;
    return std::optional<std::string>("v");
  };
  EXPECT_FALSE(policy->Decide({"y"}, "/p", count).allowed);
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(policy->Decide({"x"}, "/p", count).allowed);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace gw::rpc
