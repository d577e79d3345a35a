#include "service/ledger/email_key.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace gw::ledger {
namespace {

TEST(EmailKey, FoldsTheDomainAndNothingElse) {
  struct {
    const char* name;
    const char* email;
    const char* key;
  } const cases[] = {
      {"as it is", "arjun.mehta@company.io", "arjun.mehta@company.io"},
      {"domain in capitals", "arjun.mehta@Company.IO", "arjun.mehta@company.io"},
      {"local part in capitals", "Arjun.Mehta@company.io", "Arjun.Mehta@company.io"},
      {"blanks around", " \tarjun@company.io\r\n", "arjun@company.io"},
      {"blanks within", "arjun mehta@company.io", "arjun mehta@company.io"},
      {"a quoted at-sign", "\"A@B\"@Company.io", "\"A@B\"@company.io"},
      {"no at-sign", "Arjun", "Arjun"},
      {"an at-sign at the end", "Arjun@", "Arjun@"},
      {"an at-sign at the start", "@Company.io", "@company.io"},
      {"letters of other alphabets", "a@\xc3\x89X.io", "a@\xc3\x89x.io"},
      {"nothing", "", ""},
      {"blanks alone", "  ", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(EmailKeyOf(c.email), c.key) << c.name;
}

TEST(EmailKey, TheAddressIsKeptAsSentButForBlanksAroundIt) {
  EXPECT_EQ(TrimmedEmail("  Arjun.Mehta@Company.io\n"), "Arjun.Mehta@Company.io");
}

TEST(EmailKey, OfAnErasedOneIsAKeyedHash) {
  const observe::KeyedHash hash(Secret("a-key"));
  const std::string erased = ErasedEmailKey("a@company.io", hash);
  EXPECT_TRUE(absl::StartsWith(erased, "erased:"));
  EXPECT_FALSE(absl::StrContains(erased, "company"));
  EXPECT_EQ(erased, ErasedEmailKey("a@company.io", hash));
  EXPECT_NE(erased, ErasedEmailKey("A@company.io", hash));
  EXPECT_NE(erased, ErasedEmailKey("a@company.io", observe::KeyedHash(Secret("b-key"))));
}

}  // namespace
}  // namespace gw::ledger
