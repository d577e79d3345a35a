#include "service/rpc/caller.h"

#include <gmock/gmock.h>

namespace gw::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Names = std::vector<std::string>;

std::string NameOf(Names uris, Names dns_names) {
  return CallerWithNames(std::move(uris), std::move(dns_names)).name;
}

TEST(Caller, IsCalledByItsSpiffeIdThenItsDnsNameThenItsUriThenAnonymous) {
  EXPECT_EQ(NameOf({"spiffe://a/web"}, {"web.a"}), "spiffe://a/web");
  EXPECT_EQ(NameOf({"https://a/web"}, {"web.a", "other.a"}), "web.a");
  EXPECT_EQ(NameOf({"https://a/web"}, {}), "https://a/web");
  EXPECT_EQ(NameOf({}, {"web.a"}), "web.a");
  EXPECT_EQ(NameOf({}, {}), "anonymous");
}

TEST(Caller, HasNoSpiffeIdAmongSeveralUris) {
  EXPECT_EQ(NameOf({"spiffe://a/web", "https://a"}, {"web.a"}), "web.a");
  EXPECT_EQ(NameOf({"spiffe://a/web", ""}, {"web.a"}), "web.a");
}

TEST(Caller, HasAllItsNamesForRules) {
  EXPECT_THAT(CallerWithNames({"spiffe://a/web", "https://a"}, {"web.a", "w.a"}).principals,
              ElementsAre("spiffe://a/web", "https://a", "web.a", "w.a"));
  EXPECT_THAT(CallerWithNames({}, {}).principals, IsEmpty());
}

TEST(Caller, IsNotNamedByWhatIsNoName) {
  const std::string longest = "spiffe://" + std::string(kMaxPrincipalBytes - 9, 'a');
  EXPECT_EQ(NameOf({longest}, {}), longest);
  for (const std::string& text : Names{"", longest + "a", "a b", "a\nb", std::string("a\0b", 3),
                                       "caf\xc3\xa9", "a\x7f", "anonymous"}) {
    for (const Caller& caller : {CallerWithNames({text}, {}), CallerWithNames({}, {text})}) {
      EXPECT_EQ(caller.name, "anonymous") << text;
      EXPECT_THAT(caller.principals, IsEmpty()) << text;
    }
    EXPECT_THAT(CallerWithNames({"https://a"}, {text, "web.a"}).principals,
                ElementsAre("https://a", "web.a"));
  }
}

}  // namespace
}  // namespace gw::rpc
