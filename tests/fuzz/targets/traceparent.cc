// The header `traceparent` of a caller.
#include <algorithm>

#include "absl/strings/match.h"
#include "service/observe/trace_context.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

template <class Id>
bool IsId(const Id& id) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return std::all_of(id.begin(), id.end(), is_digit) &&
         std::any_of(id.begin(), id.end(), [](char c) { return c != '0'; });
}

}  // namespace

FUZZ_TARGET(traceparent) {
  const auto trace = observe::ParseTraceparent(input);
  if (!trace) return;
  Expect(IsId(trace->trace_id) && IsId(trace->parent_id), "an id is digits, not all 0");
  Expect(absl::StrContains(input, absl::string_view(trace->trace_id.data(), 32)),
         "an id is the caller's");
}

}  // namespace gw::fuzz
