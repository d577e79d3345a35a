#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/base/random.h"
#include "service/base/secret.h"
#include "tests/support/fakes.h"

namespace gw {
namespace {

TEST(Instant, ArithmeticSaturatesAtNever) {
  EXPECT_TRUE((Instant::Never() + absl::Seconds(1)).IsNever());
  EXPECT_TRUE((Instant::Never() - absl::Seconds(1)).IsNever());
  EXPECT_TRUE((Instant::FromNanos(5) + absl::InfiniteDuration()).IsNever());
  EXPECT_EQ(Instant::Never() - Instant::FromNanos(5), absl::InfiniteDuration());
  EXPECT_EQ(Instant::FromNanos(7) - Instant::FromNanos(5), absl::Nanoseconds(2));
}

TEST(Once, IsToldOfCancellationWhenDestroyedUncalled) {
  std::vector<absl::Status> seen;
  {
    Once<absl::Status> once([&](absl::Status s) { seen.push_back(s); });
  }
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_TRUE(absl::IsCancelled(seen[0]));
}

TEST(Once, IsToldOfCancellationWhenOverwrittenUncalled) {
  int first = 0, second = 0;
  Once<absl::Status> once([&](absl::Status) { ++first; });
  once = Once<absl::Status>([&](absl::Status) { ++second; });
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
}

TEST(Once, RunsOnceWhenCalledAndThenDestroyed) {
  int calls = 0;
  {
    Once<absl::Status> once([&](absl::Status s) { calls += s.ok() ? 1 : 100; });
    Once<absl::Status> moved(std::move(once));
    EXPECT_FALSE(once);
    std::move(moved)(absl::OkStatus());
    EXPECT_FALSE(moved);
  }
  EXPECT_EQ(calls, 1);
}

TEST(Uuid, IsOfVersion7AndSortsByTime) {
  testing::FakeRandom random;
  const std::string earlier = MakeUuid(random, absl::FromUnixMillis(0x0123456789AB));
  EXPECT_EQ(earlier, "01234567-89ab-7001-8000-000000000002");
  EXPECT_LT(earlier, MakeUuid(random, absl::FromUnixMillis(0x0123456789AC)));
}

TEST(SystemRandom, DoesNotRepeatItself) { EXPECT_NE(SystemRandom().Next(), SystemRandom().Next()); }

TEST(Secret, IsTakenFromItsSourceAndToldApartByFingerprint) {
  std::string source = "abdbd183-a-key-longer-than-a-short-string";
  const Secret secret(std::move(source));
  EXPECT_EQ(source, "");  // NOLINT: that it is empty is the point
  EXPECT_EQ(secret.Reveal(), "abdbd183-a-key-longer-than-a-short-string");
  EXPECT_EQ(secret.Fingerprint().size(), 8u);
  EXPECT_EQ(secret.Fingerprint(), Secret(secret).Fingerprint());
  EXPECT_NE(secret.Fingerprint(), Secret("another").Fingerprint());
  // FIPS 180-2, appendix B.1: the digest of "abc" is ba7816bf 8f01cfea …
  EXPECT_EQ(Secret("abc").Fingerprint(), "ba7816bf");
}

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Streamable<Secret>, "a secret cannot be written by mistake");
static_assert(!std::is_convertible_v<Secret, std::string> &&
              !std::is_convertible_v<Secret, absl::string_view>);

TEST(Secret, MovedFromIsEmpty) {
  Secret a("key");
  Secret b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT: that it is empty is the point
  a = std::move(b);
  EXPECT_EQ(a.Reveal(), "key");
  EXPECT_TRUE(b.empty());
}

}  // namespace
}  // namespace gw
