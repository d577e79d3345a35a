// Which distributed trace a call belongs to: W3C Trace Context's `traceparent`.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace gw::observe {

/// Ids are lower-case hexadecimal digits, not all of them 0.
struct TraceContext {
  std::array<char, 32> trace_id;
  /// Of the span in which the caller made the call.
  std::array<char, 16> parent_id;
  /// The caller may have recorded the trace.
  bool sampled = false;

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

/// The value of a `traceparent` header; none for what Trace Context calls invalid. Of a version
/// later than 00 that part is read which is fixed for all (section 4.3). Thread safety: pure.
std::optional<TraceContext> ParseTraceparent(absl::string_view text);

/// The value by which it is passed on as it came, in version 00: we add no span of our own, and
/// Trace Context lets who adds none pass it on unchanged. Thread safety: pure.
std::string Traceparent(const TraceContext& trace);

}  // namespace gw::observe
