// The fixtures of tests/testdata/config: each file of bad/ is one mistake, and says in its first
// line what the error contains.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "service/app/config.h"
#include "service/app/yaml_reader.h"

namespace gw::app {
namespace {

using gateway::config::v1::Config;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> Fixtures(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(TESTDATA "/config/" + folder)) {
    names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string PathOf(const std::string& folder, const std::string& name) {
  return TESTDATA "/config/" + folder + "/" + name + ".yaml";
}

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string NameOf(const ::testing::TestParamInfo<std::string>& param) { return param.param; }

class BadConfigFile : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Of, BadConfigFile, ::testing::ValuesIn(Fixtures("bad")), NameOf);

TEST_P(BadConfigFile, IsRefusedInOneLineThatNamesFileAndMistake) {
  const std::string path = PathOf("bad", GetParam());
  const std::string text = TextOf(path);
  absl::string_view expected = absl::string_view(text).substr(0, text.find('\n'));
  ASSERT_TRUE(absl::ConsumePrefix(&expected, "# expect: "));
  ASSERT_GT(expected.size(), 8u);

  std::vector<std::string> warnings;
  const auto config = LoadConfig(path, &warnings);
  ASSERT_FALSE(config.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(config.status()));
  const std::string message(config.status().message());
  EXPECT_THAT(message, StartsWith(path + ":"));
  EXPECT_THAT(message, HasSubstr(std::string(expected)));
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  EXPECT_THAT(message, Not(HasSubstr("secret@")));
  EXPECT_THAT(message, Not(HasSubstr("=secret")));
  EXPECT_THAT(warnings, IsEmpty());
}

class GoodConfigFile : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Of, GoodConfigFile, ::testing::ValuesIn(Fixtures("good")), NameOf);

TEST_P(GoodConfigFile, IsAccepted) {
  const auto config = LoadConfig(PathOf("good", GetParam()), nullptr);
  EXPECT_TRUE(config.ok()) << config.status();
}

// Every key below `message`, as the file writes it.
void AddKeys(const google::protobuf::Descriptor& message, const std::string& prefix,
             std::vector<std::string>* keys) {
  for (int i = 0; i < message.field_count(); ++i) {
    const auto* field = message.field(i);
    const std::string key = prefix + field->name();
    keys->push_back(key);
    if (field->message_type() != nullptr && !field->is_map() &&
        absl::StartsWith(field->message_type()->full_name(), "gateway.config.") &&
        field->message_type()->name() != "ByteSize") {
      AddKeys(*field->message_type(), key + ".", keys);
    }
  }
}

TEST(GoodConfigFiles, TogetherWriteEveryKeyThatIsNotRefused) {
  KeyLines written;
  for (const std::string& name : Fixtures("good")) {
    Config config;
    ASSERT_TRUE(ReadYaml(TextOf(PathOf("good", name)), name, &config, &written).ok());
  }
  std::vector<std::string> keys, missing;
  AddKeys(*Config::descriptor(), "", &keys);
  EXPECT_GT(keys.size(), 70u);
  for (const std::string& key : keys) {
    if (written.find(key) == written.end()) missing.push_back(key);
  }
  EXPECT_THAT(missing, ::testing::IsEmpty());
}

TEST(LoadConfig, WarnsOfEachKeyThatHasNoEffect) {
  std::vector<std::string> warnings;
  ASSERT_TRUE(LoadConfig(PathOf("good", "full"), &warnings).ok());
  EXPECT_THAT(warnings, ElementsAre(StartsWith("egress.allow_private: ")));
}

TEST(LoadConfig, DoesNotWarnOfDefaults) {
  std::vector<std::string> warnings;
  ASSERT_TRUE(LoadConfig(PathOf("good", "minimal"), &warnings).ok());
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(LoadConfig, NamesAFileThatIsNotThere) {
  const auto config = LoadConfig(PathOf("good", "no-such"), nullptr);
  EXPECT_TRUE(absl::IsNotFound(config.status()));
  EXPECT_THAT(std::string(config.status().message()),
              StartsWith(PathOf("good", "no-such") + ": cannot be read: "));
}

TEST(LoadConfig, RefusesADirectory) {
  const auto config = LoadConfig(TESTDATA "/config", nullptr);
  EXPECT_THAT(std::string(config.status().message()), HasSubstr("/config: cannot be read: "));
}

}  // namespace
}  // namespace gw::app
