// What the program says of a policy before it serves by it.
#include "tests/integration/gateway/callers_fixture.h"

namespace gw::testing {
namespace {

constexpr char kExams[] = R"({"name": "p",
  "deny_rules": [{"name": "no batch", "source": {"principals": ["spiffe://example/batch"]}}],
  "allow_rules": [{"name": "exams-team", "source": {"principals": ["spiffe://example/*"]},
                   "request": {"paths": ["/concero.v1.AssessmentService/*"]}}]})";

class CheckedPolicy : public ::testing::Test {
 protected:
  struct Said {
    int code;
    std::string out, err;
  };
  Said Run(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {PROGRAMS "/concero-gateway", "--config", config_};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Process process(command, directory_.path());
    const int code = process.Wait();
    return {code, process.out(), process.err()};
  }
  // Writes a configuration; with a policy when it is not empty.
  void Configure(const std::string& policy) {
    std::string text =
        "grpc: {listen: \"127.0.0.1:0\"}\nadmin: {listen: \"127.0.0.1:0\"}\n"
        "concero: {base_url: \"http://127.0.0.1:1\", api_key_file: \"" +
        directory_.Write("key", "a-good-key") + "\"}\nledger: {sqlite: {path: \"" +
        directory_.path() + "/ledger.db\"}}\n";
    if (!policy.empty()) {
      policy_ = directory_.Write("policy.json", policy);
      text += "authorization: {policy_file: \"" + policy_ + "\"}\n";
    }
    config_ = directory_.Write("gateway.yaml", text);
  }
  Said Explain(const std::string& caller, const std::string& method) {
    return Run({"--check-config", "--caller", caller, "--method", method});
  }

  const TemporaryDirectory directory_;
  std::string config_, policy_;
};

TEST_F(CheckedPolicy, IsCountedByItsRules) {
  Configure(kExams);
  const Said said = Run({"--check-config"});
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out, config_ + ": ok\n" + policy_ + ": 1 deny rule, 1 allow rule\n");
}

TEST_F(CheckedPolicy, ExplainsWhichRuleDecides) {
  Configure(kExams);
  const std::string before = config_ + ": ok\n" + policy_ + ": 1 deny rule, 1 allow rule\n";
  const struct {
    std::string caller, method, verdict;
  } kCases[] = {
      {kWeb, kList, "allowed by allow rule \"exams-team\""},
      {kWeb, "concero.v1.AssessmentService/GetReport", "allowed by allow rule \"exams-team\""},
      {kBatch, kList, "denied by deny rule \"no batch\""},
      {kWeb, kHealth, "denied: no allow rule matches"},
      {"anonymous", kList, "denied: no allow rule matches"},
  };
  for (const auto& c : kCases) {
    const Said said = Explain(c.caller, c.method);
    EXPECT_EQ(said.code, 0);
    EXPECT_EQ(said.out, before + c.verdict + "\n");
    EXPECT_EQ(said.err, "");
  }
  EXPECT_EQ(Run({"--check-config", "--method", kList}).out,
            before + "denied: no allow rule matches\n");
}

TEST_F(CheckedPolicy, WarnsOfAMethodThatThereIsNot) {
  Configure(kExams);
  const Said said = Explain(kWeb, "concero.v1.AssessmentService/ListExamination");
  EXPECT_EQ(said.code, 0);
  EXPECT_NE(said.err.find("did you mean /concero.v1.AssessmentService/ListExaminations?"),
            std::string::npos)
      << said.err;
}

TEST_F(CheckedPolicy, WithoutOneEverythingIsAllowed) {
  Configure("");
  EXPECT_EQ(Explain(kWeb, kList).out, config_ + ": ok\nallowed: there is no policy file\n");
}

TEST_F(CheckedPolicy, IsAskedAboutOnlyInACheck) {
  Configure(kExams);
  EXPECT_EQ(Run({"--method", kList}).code, 2);
  EXPECT_EQ(Run({"--check-config", "--caller", kWeb}).code, 2);
}

TEST_F(CheckedPolicy, WithAMistakeIsWrongConfigurationAtStartToo) {
  for (const char* wrong : {"rubbish", R"({"name": "p", "allow_rules": [{"nam": "x"}]})"}) {
    Configure(wrong);
    for (const auto& arguments : std::vector<std::vector<std::string>>{{"--check-config"}, {}}) {
      const Said said = Run(arguments);
      EXPECT_EQ(said.code, 2);
      EXPECT_EQ(said.out, "");
      EXPECT_NE(said.err.find("concero-gateway: authorization.policy_file: " + policy_ + ": "),
                std::string::npos)
          << said.err;
    }
  }
  std::remove(policy_.c_str());
  EXPECT_EQ(Run({}).code, 2);
}

}  // namespace
}  // namespace gw::testing
