// Answers that take long to decode are completed elsewhere than on the loop's thread.
#pragma once

#include <cstddef>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "service/http/transport.h"

namespace gw::http {

/// A decorator. A completion decodes the body that it is given; with a large one that would hold up
/// every other transfer of the loop. It belongs below the limit, so that what waits to be decoded
/// counts as in flight and the memory it takes is bounded.
/// Thread safety: Start may be called from any thread.
class LargeAnswerTransport : public Transport {
 public:
  /// A larger body's completion is given to `run_elsewhere`. A list of a thousand examinations is
  /// about as large.
  static constexpr size_t kLarge = size_t{64} << 10;

  /// Runs a function once, on another thread, soon. Never blocks.
  using RunElsewhere = std::function<void(absl::AnyInvocable<void()>)>;

  /// `inner` outlives it.
  LargeAnswerTransport(Transport& inner, RunElsewhere run_elsewhere);

  void Start(Request request, Completion done) override;

 private:
  Transport& inner_;
  const RunElsewhere run_elsewhere_;
};

}  // namespace gw::http
