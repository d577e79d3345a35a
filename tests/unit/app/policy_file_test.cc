#include "service/app/policy_file.h"

#include <gmock/gmock.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "service/base/clock.h"
#include "tests/support/captured_log.h"
#include "tests/support/process.h"

namespace gw::app {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string PolicyText(const std::string& name) {
  return absl::StrCat("{\"name\": \"", name, "\", \"allow_rules\": [{\"name\": \"all\"}]}");
}

class PolicyFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<PolicyFile> Open() {
    auto file = PolicyFile::Open(path_, authorization_, watcher_);
    EXPECT_TRUE(file.ok()) << file.status();
    return *std::move(file);
  }
  void Write(const std::string& text) { directory_.Write("policy.json", text); }
  std::string InForce() { return authorization_.policy()->name; }

  const testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/policy.json";
  rpc::Authorization authorization_;
  // Looks so seldom that only the tests tell of changes.
  keys::FileWatcher watcher_{SystemClock(), {.poll_every = absl::Hours(1), .by_inotify = false}};
  testing::CapturedLog log_;
};

TEST_F(PolicyFileTest, IsInForceOnceItIsOpenAndWhenItHasChanged) {
  EXPECT_FALSE(authorization_.has_policy());
  EXPECT_EQ(authorization_.policy(), nullptr);
  Write(PolicyText("one"));
  const auto file = Open();
  EXPECT_TRUE(authorization_.has_policy());
  EXPECT_EQ(InForce(), "one");
  Write(PolicyText("two"));
  EXPECT_EQ(InForce(), "one");
  file->Reload();
  EXPECT_EQ(InForce(), "two");
  EXPECT_EQ(file->failures(), 0u);
  const auto lines = log_.Take();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].at("event"), "policy_loaded");
  EXPECT_EQ(lines[1].at("policy"), "two");
  EXPECT_EQ(lines[1].at("allow_rules"), 1);
}

TEST_F(PolicyFileTest, StaysInForceWhileItsChangeIsWrongOrItIsGone) {
  Write(PolicyText("one"));
  const auto file = Open();
  log_.Take();
  Write("{\"name\": \"hidden\", \"allow_rules\": [{}]}");
  file->Reload();
  EXPECT_EQ(InForce(), "one");
  EXPECT_EQ(file->failures(), 1u);
  std::remove(path_.c_str());
  file->Reload();
  EXPECT_EQ(InForce(), "one");
  EXPECT_EQ(file->failures(), 2u);
  const auto lines = log_.Take();
  ASSERT_EQ(lines.size(), 2u);
  for (const auto& line : lines) {
    EXPECT_EQ(line.at("event"), "policy_rejected");
    EXPECT_EQ(line.at("level"), "warn");
    EXPECT_THAT(line.at("message").get<std::string>(), StartsWith(path_ + ": "));
  }
  EXPECT_THAT(lines[0].at("message").get<std::string>(),
              HasSubstr("allow_rules[0].name: is required"));
  Write(PolicyText("three"));
  file->Reload();
  EXPECT_EQ(InForce(), "three");
}

TEST_F(PolicyFileTest, IsNotOpenedWhenItIsWrongOrNotThere) {
  auto file = PolicyFile::Open(path_, authorization_, watcher_);
  EXPECT_THAT(std::string(file.status().message()), StartsWith(path_ + ": cannot be read"));
  Write("rubbish");
  file = PolicyFile::Open(path_, authorization_, watcher_);
  EXPECT_TRUE(absl::IsInvalidArgument(file.status()));
  EXPECT_FALSE(authorization_.has_policy());
}

TEST_F(PolicyFileTest, IsRefusedWhenItIsTooLarge) {
  Write(PolicyText("one") + std::string(2 << 20, ' '));
  EXPECT_EQ(PolicyFile::Open(path_, authorization_, watcher_).status().message(),
            path_ + ": is longer than the 1048576 bytes that it may have");
}

}  // namespace
}  // namespace gw::app
