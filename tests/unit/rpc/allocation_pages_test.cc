#include "service/rpc/allocation_pages.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "service/rest/page_token.h"
#include "tests/support/failures.h"

namespace gw::rpc {
namespace {

using Request = ::concero::v1::ListAllocationsRequest;

Request Filtered() {
  Request request;
  request.set_state(::concero::v1::ALLOCATION_STATE_IN_DOUBT);
  request.set_examination_id(7);
  request.set_candidate_email("ann@example.com");
  request.set_caller("a caller");
  return request;
}

TEST(AllocationPages, HaveAHundredUnlessAskedForOtherwiseAndAThousandAtMost) {
  EXPECT_EQ(AllocationPageSize(0), 100);
  EXPECT_EQ(AllocationPageSize(1), 1);
  EXPECT_EQ(AllocationPageSize(1000), 1000);
  EXPECT_EQ(AllocationPageSize(1001), 1000);
  EXPECT_EQ(AllocationPageSize(std::numeric_limits<int32_t>::max()), 1000);
}

TEST(AllocationPages, TheFirstHasNoToken) { EXPECT_EQ(*AllocationPageStart(Filtered()), 0); }

TEST(AllocationPages, GoOnWhereTheLastEnded) {
  for (const int64_t seq : {int64_t{1}, int64_t{4711}, std::numeric_limits<int64_t>::max()}) {
    Request request = Filtered();
    request.set_page_token(AllocationPageToken(seq, request));
    const auto start = AllocationPageStart(request);
    ASSERT_TRUE(start.ok()) << start.status();
    EXPECT_EQ(*start, seq);
  }
}

TEST(AllocationPages, MayBeOfAnotherSizeThanTheLast) {
  Request request = Filtered();
  request.set_page_token(AllocationPageToken(5, request));
  request.set_page_size(3);
  EXPECT_TRUE(AllocationPageStart(request).ok());
}

TEST(AllocationPages, ATokenIsOfItsFiltersAlone) {
  const std::function<void(Request&)> changes[] = {
      [](Request& r) { r.clear_state(); },
      [](Request& r) { r.set_examination_id(8); },
      [](Request& r) { r.set_candidate_email("bob@example.com"); },
      [](Request& r) { r.clear_caller(); },
      [](Request& r) {
        r.set_candidate_email("a caller");
        r.set_caller("ann@example.com");
      },
  };
  for (const auto& change : changes) {
    Request request = Filtered();
    request.set_page_token(AllocationPageToken(5, request));
    change(request);
    EXPECT_EQ(testing::CodeAndReason(AllocationPageStart(request).status()),
              "INVALID_ARGUMENT PAGE_TOKEN_INVALID");
  }
}

TEST(AllocationPages, WhatIsNoTokenIsRefused) {
  Request request = Filtered();
  const std::string good = AllocationPageToken(5, request);
  for (const std::string& token :
       {std::string("x"), good + "x", good.substr(1), good.substr(0, good.size() - 1),
        rest::SealPageToken("a1:5"), rest::SealPageToken("a1:0:0000000000000000"),
        rest::SealPageToken("a1:-5:0000000000000000"), rest::SealPageToken("")}) {
    request.set_page_token(token);
    EXPECT_EQ(testing::CodeAndReason(AllocationPageStart(request).status()),
              "INVALID_ARGUMENT PAGE_TOKEN_INVALID")
        << token;
  }
}

}  // namespace
}  // namespace gw::rpc
