#include "service/observe/trace_context.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace gw::observe {
namespace {

// `00-<32 digits>-<16 digits>-<2 digits>`
constexpr size_t kTraceId = 3;
constexpr size_t kParentId = 36;
constexpr size_t kFlags = 53;
constexpr size_t kSize = 55;

bool IsDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool AreDigits(absl::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

template <size_t N>
bool ReadId(absl::string_view text, std::array<char, N>* id) {
  std::copy_n(text.begin(), N, id->begin());
  return AreDigits(text) && std::any_of(text.begin(), text.end(), [](char c) { return c != '0'; });
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(absl::string_view text) {
  if (text.size() < kSize || text[kTraceId - 1] != '-' || text[kParentId - 1] != '-' ||
      text[kFlags - 1] != '-') {
    return std::nullopt;
  }
  const absl::string_view version = text.substr(0, 2);
  if (!AreDigits(version) || version == "ff") return std::nullopt;
  if (text.size() > kSize && (version == "00" || text[kSize] != '-')) return std::nullopt;
  const absl::string_view flags = text.substr(kFlags, 2);
  TraceContext context;
  if (!AreDigits(flags) || !ReadId(text.substr(kTraceId, 32), &context.trace_id) ||
      !ReadId(text.substr(kParentId, 16), &context.parent_id)) {
    return std::nullopt;
  }
  // The lowest bit: the last digit is odd.
  const char last = flags[1];
  context.sampled = ((last <= '9' ? last - '0' : last - 'a' + 10) & 1) != 0;
  return context;
}

std::string Traceparent(const TraceContext& trace) {
  return absl::StrCat("00-", absl::string_view(trace.trace_id.data(), trace.trace_id.size()), "-",
                      absl::string_view(trace.parent_id.data(), trace.parent_id.size()),
                      trace.sampled ? "-01" : "-00");
}

}  // namespace gw::observe
