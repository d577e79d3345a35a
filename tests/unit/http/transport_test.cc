#include "service/http/transport.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>

namespace gw::http {
namespace {

TEST(ResponseHeader, IsFoundByNameAndGivenWithoutBlanksAround) {
  const struct {
    const char* name;
    const char* block;
    const char* header;
    std::optional<absl::string_view> value;
  } kCases[] = {
      {"the only line", "Retry-After: 7\r\n", "Retry-After", "7"},
      {"the last of three", "A: 1\r\nB: 2\r\nC: 3\r\n", "C", "3"},
      {"the middle of three", "A: 1\r\nB: 2\r\nC: 3\r\n", "B", "2"},
      {"the first of two", "A: 1\r\na: 2\r\n", "a", "1"},
      {"other letters", "RETRY-after: 7\r\n", "rEtRy-AfTeR", "7"},
      {"no blank", "A:1\r\n", "A", "1"},
      {"blanks and tabs", "A: \t 1 2 \t \r\n", "A", "1 2"},
      {"empty value", "A:\r\nB: 2\r\n", "A", ""},
      {"only blanks", "A:  \r\n", "A", ""},
      {"a colon in the value", "Location: http://a:1/b\r\n", "Location", "http://a:1/b"},
      {"line feeds alone", "A: 1\nB: 2\n", "B", "2"},
      {"last line without its end", "A: 1\r\nB: 2", "B", "2"},
      {"absent", "A: 1\r\n", "B", std::nullopt},
      {"no headers", "", "A", std::nullopt},
      {"a longer name", "X-Retry-After: 7\r\n", "Retry-After", std::nullopt},
      {"a name that goes on", "Retry-After-X: 7\r\n", "Retry-After", std::nullopt},
      {"the name in a value", "A: Retry-After: 7\r\n", "Retry-After", std::nullopt},
      {"the name without a colon", "Retry-After\r\n", "Retry-After", std::nullopt},
      {"a value on another line", "A\r\n: 7\r\n", "A", std::nullopt},
      {"behind an empty line", "\r\nA: 1\r\n", "A", "1"},
  };
  for (const auto& [name, block, header, value] : kCases) {
    EXPECT_EQ((Response{200, block, ""}).Header(header), value) << name;
  }
}

TEST(MethodName, IsThatOfHttp) {
  EXPECT_EQ(MethodName(Method::kGet), "GET");
  EXPECT_EQ(MethodName(Method::kPost), "POST");
  EXPECT_EQ(MethodName(Method::kPut), "PUT");
  EXPECT_EQ(MethodName(Method::kPatch), "PATCH");
  EXPECT_EQ(MethodName(Method::kDelete), "DELETE");
}

TEST(ErrorKindName, IsOneOfItsOwnForEachKind) {
  std::set<absl::string_view> names;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInternal); ++kind) {
    const absl::string_view name = ErrorKindName(static_cast<ErrorKind>(kind));
    EXPECT_NE(name, "") << kind;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(ErrorKindName(ErrorKind::kConnectionLost), "connection_lost");
}

TEST(TransportError, SaysThatNothingWasSentOnlyBeforeTheFirstByte) {
  for (const Phase phase : {Phase::kNotConnected, Phase::kConnected}) {
    EXPECT_TRUE((TransportError{ErrorKind::kTimeout, phase, ""}).NothingSent());
  }
  for (const Phase phase : {Phase::kPartlyWritten, Phase::kWritten, Phase::kAnswering}) {
    EXPECT_FALSE((TransportError{ErrorKind::kTimeout, phase, ""}).NothingSent());
  }
  EXPECT_FALSE(TransportError().NothingSent());
}

TEST(Completion, ThatIsDroppedExcludesNothing) {
  std::optional<Outcome> told;
  {
    Completion done([&](Outcome outcome) { told = std::move(outcome); });
  }
  ASSERT_TRUE(told);
  const auto* error = std::get_if<TransportError>(&*told);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->kind, ErrorKind::kCancelled);
  EXPECT_FALSE(error->NothingSent());
}

}  // namespace
}  // namespace gw::http
