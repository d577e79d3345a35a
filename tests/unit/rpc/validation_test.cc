#include "service/rpc/validation.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "service/base/field_rules.h"
#include "tests/support/failures.h"

namespace gw::rpc {
namespace {

namespace pb = ::concero::v1;
using testing::AllText;
using testing::CodeAndReason;
using testing::Metadata;

constexpr char kBad[] = "INVALID_ARGUMENT INVALID_FIELD";

std::string Times(size_t n, absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < n; ++i) absl::StrAppend(&out, text);
  return out;
}

struct Email {
  const char* name;
  std::string text;
};

// A host of 189 octets: with 64 before the @ it makes 254.
std::string LongHost() { return Times(63, "a") + "." + Times(63, "b") + "." + Times(61, "c"); }

std::vector<Email> GoodEmails() {
  return {
      {"as documented", "arjun.mehta@company.io"},
      {"shortest", "a@b"},
      {"three labels", "a@b.c.d"},
      {"capitals", "Arjun.Mehta@Company.IO"},
      {"digits before the @", "12345@example.com"},
      {"a tag", "a+exam@example.com"},
      {"every character of an atom", "!#$%&'*+-/=?^_`{|}~@example.com"},
      {"a percent sign", "user%host@example.com"},
      {"many dots", "a.b.c.d.e@example.com"},
      {"a hyphen first", "-a@example.com"},
      {"an underscore last", "a_@example.com"},
      {"an apostrophe", "o'brien@example.com"},
      {"a hyphen in the host", "a@my-host.example"},
      {"a host in Punycode", "a@xn--bcher-kva.example"},
      {"a label that begins with a digit", "a@3com.com"},
      {"labels of digits below a name", "a@1.2.3.com"},
      {"a last label of digits below a name", "a@b.1"},
      {"an umlaut before the @", "j\u00fcrgen@example.com"},
      {"an umlaut in the host", "a@b\u00fccher.example"},
      {"Chinese on both sides", "\u7528\u6237@\u4f8b\u5b50.\u5e7f\u544a"},
      {"a combining mark", "re\u0301ne@example.com"},
      {"outside the basic plane", "\U0001F600@example.com"},
      {"64 octets before the @", Times(64, "a") + "@b.c"},
      {"64 octets of UTF-8 before the @", Times(32, "\u00fc") + "@b.c"},
      {"a label of 63", "a@" + Times(63, "b") + ".c"},
      {"254 octets in all", Times(64, "a") + "@" + LongHost()},
  };
}

std::vector<Email> BadEmails() {
  return {
      {"empty", ""},
      {"only an @", "@"},
      {"no @", "hidden.example.com"},
      {"nothing before the @", "@example.com"},
      {"nothing behind the @", "hidden@"},
      {"two @ together", "hidden@@example.com"},
      {"two @ apart", "hidden@b@example.com"},
      {"65 octets before the @", Times(65, "a") + "@b.c"},
      {"65 octets of UTF-8 before the @", Times(32, "\u00fc") + "a@b.c"},
      {"a label of 64", "hidden@" + Times(64, "b") + ".c"},
      {"255 octets in all", Times(64, "a") + "@" + LongHost() + "c"},
      {"255 octets, few before the @", "a@a." + Times(63, "a") + "." + LongHost().substr(2)},
      {"a megabyte", Times(1 << 20, "a") + "@b.c"},
      {"a dot first", ".hidden@example.com"},
      {"a dot before the @", "hidden.@example.com"},
      {"two dots before the @", "hid..den@example.com"},
      {"only a dot before the @", ".@example.com"},
      {"a dot behind the @", "hidden@.example.com"},
      {"a dot last", "hidden@example.com."},
      {"two dots in the host", "hidden@example..com"},
      {"only a dot behind the @", "hidden@."},
      {"a hyphen first in the host", "hidden@-example.com"},
      {"a hyphen last in a label", "hidden@example-.com"},
      {"a hyphen last in the host", "hidden@example.com-"},
      {"a space before the @", "hidden @example.com"},
      {"a space behind the @", "hidden@ example.com"},
      {"a space inside", "hid den@example.com"},
      {"a space in the host", "hidden@exam ple.com"},
      {"only a space", " "},
      {"a tab", "hid\tden@example.com"},
      {"a line feed last", "hidden@example.com\n"},
      {"a line feed first", "\nhidden@example.com"},
      {"a carriage return last", "hidden@example.com\r"},
      {"a second header line", "hidden@example.com\r\nBcc: b@c.d"},
      {"a line feed inside", "hid\nden@example.com"},
      {"a NUL inside", std::string("hid\0den@example.com", 19)},
      {"a NUL last", std::string("hidden@example.com\0", 19)},
      {"an escape", "hid\x1b[1mden@example.com"},
      {"a delete", "hidden\x7f@example.com"},
      {"a next-line control (U+0085)", "hidden\u0085@example.com"},
      {"the last of the C1 controls in the host", "hidden@example\u009f.com"},
      {"the first of the C1 controls", std::string("\xC2\x80hidden@example.com")},
      {"a quoted local part", "\"hidden\"@example.com"},
      {"a quoted space", "\"hid den\"@example.com"},
      {"a quoted @", "\"hid@den\"@example.com"},
      {"a quoted empty local part", "\"\"@example.com"},
      {"a backslash", "hid\\den@example.com"},
      {"an IPv4 literal", "hidden@[192.0.2.1]"},
      {"an IPv6 literal", "hidden@[IPv6:2001:db8::1]"},
      {"an IPv4 address", "hidden@192.0.2.1"},
      {"a number for a host", "hidden@1"},
      {"an underscore in the host", "hidden@ex_ample.com"},
      {"a port", "hidden@example.com:25"},
      {"a path", "hidden@example.com/a"},
      {"angle brackets", "<hidden@example.com>"},
      {"a display name", "Hidden <hidden@example.com>"},
      {"a comment", "hidden(x)@example.com"},
      {"a URL", "mailto:hidden@example.com"},
      {"two addresses", "hidden@example.com,b@example.com"},
      {"two addresses with a semicolon", "hidden@example.com;b@example.com"},
  };
}

TEST(Email, IsTakenWhenItIsADotAtomAtAHostName) {
  for (const Email& email : GoodEmails()) EXPECT_TRUE(IsEmail(email.text)) << email.name;
}

TEST(Email, IsRefusedOtherwise) {
  for (const Email& email : BadEmails()) EXPECT_FALSE(IsEmail(email.text)) << email.name;
}

TEST(Email, CasesAtTheLimitsAreAsLongAsTheySay) {
  EXPECT_EQ(GoodEmails().back().text.size(), 254u);
  size_t at_255 = 0;
  for (const Email& email : BadEmails()) {
    if (!absl::StartsWith(email.name, "255")) continue;
    EXPECT_EQ(email.text.size(), 255u) << email.name;
    ++at_255;
  }
  EXPECT_EQ(at_255, 2u);
}

pb::AllocateCandidateRequest Allocate(int64_t examination_id, const std::string& email,
                                      const std::string& request_id = "") {
  pb::AllocateCandidateRequest request;
  request.set_examination_id(examination_id);
  request.set_candidate_email(email);
  request.set_request_id(request_id);
  return request;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& violation : GetFailure(status).violations) fields.push_back(violation.field);
  return fields;
}

using Fields = std::vector<std::string>;

TEST(ValidateAllocation, TakesBlanksAroundTheEmailButNoLineBreaks) {
  EXPECT_TRUE(Validate(Allocate(1, "  ann@example.com ")).ok());
  EXPECT_EQ(CodeAndReason(Validate(Allocate(1, "ann@example.com\n"))), kBad);
  EXPECT_EQ(CodeAndReason(Validate(Allocate(1, "  "))), kBad);
}

TEST(ValidateAllocation, JudgesTheEmailAndNeverRepeatsIt) {
  for (const Email& email : GoodEmails()) {
    EXPECT_TRUE(Validate(Allocate(1, email.text)).ok()) << email.name;
  }
  for (const Email& email : BadEmails()) {
    const absl::Status status = Validate(Allocate(1, email.text));
    EXPECT_EQ(CodeAndReason(status), kBad) << email.name;
    EXPECT_EQ(FieldsOf(status), Fields{"candidate_email"}) << email.name;
    EXPECT_FALSE(absl::StrContains(absl::AsciiStrToLower(AllText(status)), "hidden")) << email.name;
  }
}

TEST(ValidateAllocation, AsksForAnExaminationAboveZero) {
  for (const int64_t id : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()}) {
    EXPECT_EQ(FieldsOf(Validate(Allocate(id, "a@b.c"))), Fields{"examination_id"}) << id;
  }
  EXPECT_TRUE(Validate(Allocate(std::numeric_limits<int64_t>::max(), "a@b.c")).ok());
}

TEST(ValidateAllocation, TakesARequestIdOfAtMost128CharactersWithoutControls) {
  const struct {
    const char* name;
    std::string id;
    bool good;
  } kCases[] = {
      {"none", "", true},
      {"a UUID", "0190b3a0-5f5c-7cc0-8f3e-1f2a3b4c5d6e", true},
      {"spaces", " a b ", true},
      {"128 characters", Times(128, "a"), true},
      {"129 characters", Times(129, "a"), false},
      {"128 characters of two octets", Times(128, "\u00fc"), true},
      {"129 characters of two octets", Times(129, "\u00fc"), false},
      {"128 characters of four octets", Times(128, "\U0001F600"), true},
      {"129 characters of four octets", Times(129, "\U0001F600"), false},
      {"128 and one of two octets", Times(128, "a") + "\u00fc", false},
      {"a line feed", "a\n", false},
      {"a carriage return", "a\rb", false},
      {"a tab", "\ta", false},
      {"a NUL", std::string(1, '\0'), false},
      {"a delete", "\x7f", false},
      {"a C1 control", "a\u0085", false},
      {"a no-break space, the first above the C1 controls", "a\u00a0", true},
  };
  for (const auto& [name, id, good] : kCases) {
    EXPECT_EQ(FieldsOf(Validate(Allocate(1, "a@b.c", id))), good ? Fields{} : Fields{"request_id"})
        << name;
  }
}

TEST(ValidateAllocation, NamesEveryBadFieldAtOnce) {
  const absl::Status status = Validate(Allocate(-77, "hidden", "hidden\n"));
  EXPECT_EQ(CodeAndReason(status), kBad);
  EXPECT_EQ(FieldsOf(status), (Fields{"examination_id", "candidate_email", "request_id"}));
  EXPECT_EQ(Metadata(status, "field"), "examination_id");
  for (const char* field : {"examination_id: ", "candidate_email: ", "request_id: "}) {
    EXPECT_TRUE(absl::StrContains(status.message(), field)) << status;
  }
  EXPECT_FALSE(absl::StrContains(AllText(status), "hidden")) << status;
  EXPECT_FALSE(absl::StrContains(AllText(status), "77")) << status;
}

TEST(ValidateAllocation, SaysThatAMissingEmailIsRequired) {
  EXPECT_EQ(GetFailure(Validate(Allocate(1, ""))).violations,
            (std::vector<FieldViolation>{{"candidate_email", "is required"}}));
}

TEST(ValidateInvite, AsksForAnIdAboveZero) {
  for (const int64_t id : {int64_t{0}, int64_t{-142}, std::numeric_limits<int64_t>::min()}) {
    pb::CancelAllocationRequest cancel;
    cancel.set_invite_id(id);
    pb::GetReportRequest report;
    report.set_invite_id(id);
    for (const absl::Status& status : {Validate(cancel), Validate(report)}) {
      EXPECT_EQ(CodeAndReason(status), kBad) << id;
      EXPECT_EQ(FieldsOf(status), Fields{"invite_id"}) << id;
      EXPECT_EQ(Metadata(status, "field"), "invite_id") << id;
      EXPECT_FALSE(absl::StrContains(AllText(status), "142"));
    }
  }
  for (const int64_t id : {int64_t{1}, std::numeric_limits<int64_t>::max()}) {
    pb::CancelAllocationRequest cancel;
    cancel.set_invite_id(id);
    pb::GetReportRequest report;
    report.set_invite_id(id);
    EXPECT_TRUE(Validate(cancel).ok());
    EXPECT_TRUE(Validate(report).ok());
  }
}

TEST(ValidateOwner, TakesANameThatACallerMayHave) {
  const struct {
    std::string caller;
    Fields fields;
  } kCases[] = {{"", {}},
                {"spiffe://example/web", {}},
                {std::string(2048, 'a'), {}},
                {std::string(2049, 'a'), {"caller"}},
                {"a\nb", {"caller"}},
                {std::string("a\0b", 3), {"caller"}}};
  for (const auto& [caller, fields] : kCases) {
    pb::GetAllocationRequest get;
    get.set_request_id("r-1");
    get.set_caller(caller);
    pb::ListAllocationsRequest list;
    list.set_caller(caller);
    pb::ResolveAllocationRequest resolve;
    resolve.set_request_id("r-1");
    resolve.set_caller(caller);
    resolve.mutable_abandon();
    for (const absl::Status& status : {Validate(get), Validate(list), Validate(resolve)}) {
      EXPECT_EQ(FieldsOf(status), fields) << caller.size();
    }
  }
}

TEST(ValidateList, TakesADurationThatIsNotNegative) {
  const struct {
    const char* name;
    int64_t seconds;
    int32_t nanos;
    bool good;
  } kCases[] = {
      {"zero", 0, 0, true},
      {"a nanosecond", 0, 1, true},
      {"just under a second", 0, 999'999'999, true},
      {"the longest of protobuf", 315'576'000'000, 0, true},
      {"minus a second", -1, 0, false},
      {"minus a nanosecond", 0, -1, false},
      {"signs that differ, seconds negative", -1, 1, false},
      {"signs that differ, nanoseconds negative", 1, -1, false},
      {"a second of nanoseconds", 0, 1'000'000'000, false},
      {"the lowest numbers", std::numeric_limits<int64_t>::min(),
       std::numeric_limits<int32_t>::min(), false},
  };
  for (const auto& [name, seconds, nanos, good] : kCases) {
    pb::ListExaminationsRequest request;
    request.mutable_max_staleness()->set_seconds(seconds);
    request.mutable_max_staleness()->set_nanos(nanos);
    EXPECT_EQ(FieldsOf(Validate(request)), good ? Fields{} : Fields{"max_staleness"}) << name;
  }
  EXPECT_TRUE(Validate(pb::ListExaminationsRequest()).ok());
}

TEST(ValidateList, TakesAPageSizeThatIsNotNegative) {
  for (const int32_t size : {0, 1, 10'000, 10'001, std::numeric_limits<int32_t>::max()}) {
    pb::ListExaminationsRequest request;
    request.set_page_size(size);
    EXPECT_TRUE(Validate(request).ok()) << size;
  }
  for (const int32_t size : {-1, std::numeric_limits<int32_t>::min()}) {
    pb::ListExaminationsRequest request;
    request.set_page_size(size);
    EXPECT_EQ(CodeAndReason(Validate(request)), kBad) << size;
    EXPECT_EQ(FieldsOf(Validate(request)), Fields{"page_size"}) << size;
  }
}

TEST(ValidateList, NamesEveryBadFieldAtOnce) {
  pb::ListExaminationsRequest request;
  request.mutable_max_staleness()->set_seconds(-5);
  request.set_page_size(-1);
  EXPECT_EQ(FieldsOf(Validate(request)), (Fields{"max_staleness", "page_size"}));
}

}  // namespace
}  // namespace gw::rpc
