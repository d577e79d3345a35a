#include "service/rpc/xfcc.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace gw::rpc {
namespace {

// `uris|dns names`, each with blanks between; `unusable`.
std::string Read(absl::string_view header) {
  const auto names = LastXfccElement(header);
  if (!names) return "unusable";
  return absl::StrCat(absl::StrJoin(names->uris, " "), "|", absl::StrJoin(names->dns_names, " "));
}

TEST(Xfcc, IsReadAsEnvoyWritesIt) {
  const struct {
    const char* what;
    const char* header;
    const char* read;
  } kCases[] = {
      {"one URI", "URI=spiffe://a/web", "spiffe://a/web|"},
      {"all keys",
       "By=spiffe://a/gw;Hash=468e;Cert=\"-----BEGIN%20CERT\";Chain=\"-----\";Subject=\"CN=w\";"
       "URI=spiffe://a/web;DNS=web.a;DNS=w.a",
       "spiffe://a/web|web.a w.a"},
      {"keys in any case", "uri=spiffe://a/web;dNs=web.a", "spiffe://a/web|web.a"},
      {"several URIs", "URI=https://a;URI=https://b", "https://a https://b|"},
      {"the last element only", "URI=spiffe://a/1;DNS=one,URI=spiffe://a/2", "spiffe://a/2|"},
      {"a last element without a name", "URI=spiffe://a/1,By=spiffe://a/gw;Hash=1", "|"},
      {"a blank after the comma", "URI=spiffe://a/1, URI=spiffe://a/2 ; DNS=b", "spiffe://a/2|b"},
      {"a comma in quotes", "Subject=\"CN=a,O=b;URI=x\";URI=spiffe://a/1", "spiffe://a/1|"},
      {"an escaped quote", "Subject=\"CN=\\\"a\\\",URI=x\";URI=spiffe://a/1", "spiffe://a/1|"},
      {"an escaped backslash", "Subject=\"a\\\\\";URI=spiffe://a/1", "spiffe://a/1|"},
      {"a quoted URI", "URI=\"spiffe://a/\\x,y;z\"", "spiffe://a/x,y;z|"},
      {"an empty value", "URI=;DNS=web.a", "|web.a"},
      {"an empty quoted value", "Subject=\"\";URI=u", "u|"},
      {"an equals sign in a value", "URI=spiffe://a/b=c", "spiffe://a/b=c|"},
      {"a key that is not known", "Future=1;URI=u", "u|"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Read(c.header), c.read) << c.what;
}

TEST(Xfcc, IsNotUsedWhenItIsNotWrittenSo) {
  const struct {
    const char* what;
    const char* header;
  } kCases[] = {
      {"empty", ""},
      {"no key", "spiffe://a/web"},
      {"an empty key", "=spiffe://a/web"},
      {"an empty element at the end", "URI=u,"},
      {"an empty element at the beginning", ",URI=u"},
      {"an empty pair", "DNS=a;;URI=u"},
      {"an open quote", "URI=\"u"},
      {"a backslash at the end", "URI=\"u\\"},
      {"something after a quote", "Subject=\"a\"b;URI=u"},
      {"a quote in the middle", "URI=u\"v\""},
      {"a quote in an element before that is closed by the last", "X=\",Subject=\"CN=a\";URI=u"},
      {"an element before that is not", "rubbish,URI=u"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Read(c.header), "unusable") << c.what;
}

TEST(Xfcc, IsNotReadWhenItIsTooLong) {
  const std::string longest = absl::StrCat("URI=", std::string(kMaxXfccBytes - 4, 'a'));
  EXPECT_NE(Read(longest), "unusable");
  EXPECT_EQ(Read(longest + "a"), "unusable");
}

}  // namespace
}  // namespace gw::rpc
