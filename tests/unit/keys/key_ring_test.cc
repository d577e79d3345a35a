#include "service/keys/key_ring.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fakes.h"

namespace gw::keys {
namespace {

Credential Of(const std::string& key) { return {Secret(std::string(key))}; }
std::string Text(const std::shared_ptr<const Credential>& credential) {
  return credential == nullptr ? "none" : std::string(credential->at(0).Reveal());
}

class KeyRingTest : public ::testing::Test {
 protected:
  std::string Current() const { return Text(ring_.Now().current); }
  std::string Previous() const { return Text(ring_.Now().previous); }
  void Prove() { ring_.SetProven(*ring_.Now().current); }

  testing::FakeClock clock_;
  KeyRing ring_{Of("one"), absl::Minutes(10), clock_};
};

TEST_F(KeyRingTest, HasNoPreviousKeyAtFirst) {
  EXPECT_EQ(Current(), "one");
  EXPECT_EQ(Previous(), "none");
}

TEST_F(KeyRingTest, KeepsThePreviousKeyForTheOverlap) {
  EXPECT_TRUE(ring_.Replace(Of("two")));
  EXPECT_EQ(Current(), "two");
  EXPECT_EQ(Previous(), "one");
  clock_.Advance(absl::Minutes(10) - absl::Nanoseconds(1));
  EXPECT_EQ(Previous(), "one");
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(Previous(), "none");
  EXPECT_EQ(Current(), "two");
}

TEST_F(KeyRingTest, AnOverlapOfZeroKeepsNone) {
  KeyRing ring(Of("one"), absl::ZeroDuration(), clock_);
  EXPECT_TRUE(ring.Replace(Of("two")));
  EXPECT_EQ(Text(ring.Now().previous), "none");
}

TEST_F(KeyRingTest, TheSameKeyAgainChangesNothing) {
  EXPECT_TRUE(ring_.Replace(Of("two")));
  clock_.Advance(absl::Minutes(9));
  EXPECT_FALSE(ring_.Replace(Of("two")));
  EXPECT_EQ(Previous(), "one");
  EXPECT_EQ(ring_.age(0), absl::Minutes(9));
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Previous(), "none") << "the overlap counts from the change";
}

TEST_F(KeyRingTest, AKeyThatWasNeverTakenIsNotWorthKeeping) {
  Prove();
  ring_.Replace(Of("wrong"));
  clock_.Advance(absl::Minutes(5));
  ring_.Replace(Of("three"));
  EXPECT_EQ(Current(), "three");
  EXPECT_EQ(Previous(), "one");
  clock_.Advance(absl::Minutes(9));
  EXPECT_EQ(Previous(), "one") << "the overlap counts from the last change";
}

TEST_F(KeyRingTest, AKeyWhoseOverlapIsOverIsNotKeptInsteadOfTheOneInUse) {
  Prove();
  ring_.Replace(Of("two"));
  clock_.Advance(absl::Minutes(10));
  ring_.Replace(Of("three"));
  EXPECT_EQ(Previous(), "two") << "nobody has asked, so it may be the one that works";
}

TEST_F(KeyRingTest, AKeyThatWasTakenIsThePreviousOneAfterTheNextChange) {
  Prove();
  ring_.Replace(Of("two"));
  Prove();
  ring_.Replace(Of("three"));
  EXPECT_EQ(Previous(), "two");
}

TEST_F(KeyRingTest, WhatAnOldKeyProvesSaysNothingOfTheNewOne) {
  const auto one = ring_.Now().current;
  ring_.Replace(Of("wrong"));
  ring_.SetProven(*one);
  ring_.Replace(Of("three"));
  EXPECT_EQ(Previous(), "one");
}

TEST_F(KeyRingTest, TheAgeOfASecretCountsFromItsOwnChange) {
  KeyRing pair({Secret("token"), Secret("key")}, absl::Minutes(10), clock_);
  clock_.Advance(absl::Hours(1));
  pair.Replace({Secret("token"), Secret("another key")});
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(pair.age(0), absl::Minutes(61));
  EXPECT_EQ(pair.age(1), absl::Minutes(1));
}

}  // namespace
}  // namespace gw::keys
