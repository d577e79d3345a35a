// One streaming RPC as a handler sees it, whatever drives it.
#pragma once

#include "absl/status/status.h"
#include "service/base/failure.h"
#include "service/rpc/call.h"

namespace gw::rpc {

/// What drives a stream: the one thing that knows gRPC (stream_call.h). Thread safety: `info` and
/// `WhyGone` any thread; the others any thread, one at a time. None calls its handler back at once.
template <class Response>
class StreamDriver {
 public:
  /// Valid until Finish.
  virtual const CallInfo& info() const = 0;
  /// CANCELLED or DEADLINE_EXCEEDED, for a caller who is gone.
  virtual absl::Status WhyGone() const = 0;
  /// Says one thing more. The handler is told when it has left, or never will; not to be called
  /// again before. What a caller does not read stays here: then that takes as long as it does not.
  virtual void Write(const Response& response) = 0;
  /// Ends the stream: nothing may be under way but a Read, and nothing of this be touched
  /// afterwards. Exactly once, also when the caller is gone.
  virtual void Finish(const absl::Status& status) = 0;

 protected:
  ~StreamDriver() = default;
};

/// Of a stream that goes both ways.
template <class Response>
class ExchangeDriver : public StreamDriver<Response> {
 public:
  /// Takes the next request, when it comes; the handler is told. One at a time.
  virtual void Read() = 0;

 protected:
  ~ExchangeDriver() = default;
};

/// What answers a stream. It is kept until its driver has finished. That the caller is gone it
/// learns by `CallInfo::cancel`, that the gateway stops by `CallInfo::draining`. Thread safety:
/// told on any thread, also several things at a time.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  /// Once, before anything else: from here on it may use its driver.
  virtual void Start() = 0;
  /// What was last written has left, or never will: then the caller is gone.
  virtual void OnWritten() = 0;
};

/// Of a stream that goes both ways.
template <class Request>
class ExchangeHandler : public StreamHandler {
 public:
  /// What Read has taken, to be moved from. Null: the caller has said all, or is gone.
  virtual void OnRead(Request* request) = 0;
  /// The caller sent what is no request: the stream is to be ended with `status`.
  virtual void OnNoRequest(const absl::Status& status) = 0;
};

/// SHUTTING_DOWN, of a stream that was under way.
inline absl::Status StreamDraining() {
  Failure failure;
  failure.reason = Reason::kShuttingDown;
  return MakeFailure(absl::StatusCode::kUnavailable, "this gateway is stopping; call again",
                     failure);
}

}  // namespace gw::rpc
