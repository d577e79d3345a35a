// How a key ring follows its files.
#include "service/keys/watched_keys.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "service/observe/log.h"
#include "tests/support/captured_log.h"
#include "tests/support/fakes.h"
#include "tests/support/process.h"

namespace gw::keys {
namespace {

class WatchedKeysTest : public ::testing::Test {
 protected:
  std::string Token() const { return std::string(ring_.Now().current->at(0).Reveal()); }
  std::string Key() const { return std::string(ring_.Now().current->at(1).Reveal()); }
  static bool Await(const std::function<bool()>& holds) {
    for (int i = 0; i < 30'000 && !holds(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return holds();
  }

  const testing::TemporaryDirectory directory_;
  const std::string key_file_ = directory_.Write("key", "key-number-one\n");
  testing::FakeClock clock_;
  testing::CapturedLog log_;
  FileWatcher watcher_{SystemClock(), {absl::Milliseconds(5), absl::Milliseconds(2)}};
  KeyRing ring_{{Secret("token-one"), Secret("key-number-one")}, absl::Minutes(10), clock_};
  const std::vector<KeyFile> files_ = {{"up.token_file", directory_.Write("token", "token-one\n")},
                                       {"up.key_file", key_file_}};
};

TEST_F(WatchedKeysTest, AChangedFileIsTakenUpWithoutTheBlanksAroundIt) {
  const WatchedKeys keys(ring_, files_, watcher_);
  directory_.Write("key", "  key-number-two \r\n");
  EXPECT_TRUE(Await([&] { return Key() == "key-number-two"; }));
  EXPECT_EQ(Token(), "token-one");
  EXPECT_EQ(keys.failures(), 0u);
}

TEST_F(WatchedKeysTest, WhatChangedBeforeIsTakenUpAtOnce) {
  directory_.Write("key", "key-number-two");
  const WatchedKeys keys(ring_, files_, watcher_);
  EXPECT_EQ(Key(), "key-number-two");
}

// What is logged is looked at when the keys are gone: their end waits for what is under way.
TEST_F(WatchedKeysTest, AFileThatHoldsNoKeyKeepsTheOneInUse) {
  std::optional<WatchedKeys> keys(std::in_place, ring_, files_, watcher_);
  uint64_t failures = 0;
  for (const std::string content :
       {"", " \n", "key\r\nx-evil: 1", "key\nsecond-line", "k\xc3\xa9y"}) {
    directory_.Write("key", content);
    EXPECT_TRUE(Await([&] { return keys->failures() > failures; })) << content;
    failures = keys->failures();
    EXPECT_EQ(Key(), "key-number-one");
  }
  keys.reset();
  const auto lines = log_.Take();
  ASSERT_GE(lines.size(), failures);
  for (const auto& line : lines) {
    EXPECT_EQ(line.at("event"), "key_file_refused");
    EXPECT_EQ(line.at("level"), "warn");
    EXPECT_NE(line.at("message").get<std::string>().find("up.key_file: " + key_file_),
              std::string::npos);
    EXPECT_EQ(line.dump().find("evil"), std::string::npos);
  }
}

TEST_F(WatchedKeysTest, AGoodFileAfterABadOneIsTakenUp) {
  const WatchedKeys keys(ring_, files_, watcher_);
  directory_.Write("key", "");
  ASSERT_TRUE(Await([&] { return keys.failures() > 0; }));
  directory_.Write("key", "key-number-two");
  EXPECT_TRUE(Await([&] { return Key() == "key-number-two"; }));
}

TEST_F(WatchedKeysTest, AChangeIsLoggedByFingerprintAndHiddenFromTheLog) {
  std::optional<WatchedKeys> keys(std::in_place, ring_, files_, watcher_);
  directory_.Write("key", "key-number-two");
  ASSERT_TRUE(Await([&] { return Key() == "key-number-two"; }));
  keys.reset();
  const std::string text = log_.TakeText();
  EXPECT_NE(text.find("key_changed"), std::string::npos) << text;
  EXPECT_NE(text.find(Secret("key-number-two").Fingerprint()), std::string::npos) << text;
  EXPECT_EQ(text.find("number-two"), std::string::npos) << text;
  EXPECT_EQ(observe::WithoutSecrets("it was key-number-two"), "it was [secret]");
}

}  // namespace
}  // namespace gw::keys
