// What an upstream call is made of, and the interface that makes it: plain values in, one outcome
// out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/base/byte_budget.h"
#include "service/base/clock.h"
#include "service/base/once.h"
#include "service/observe/call_record.h"

namespace gw::http {

enum class Method { kGet, kPost, kPut, kPatch, kDelete };

/// `GET`, `POST`, …
absl::string_view MethodName(Method method);

struct Header {
  std::string name;
  std::string value;
};

/// A named value of a signed request; see Request::parameters.
struct Parameter {
  std::string name;
  std::variant<bool, int64_t, std::string> value;
  /// It stands in the target already: it is signed, and sent nowhere else.
  bool in_path = false;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// One request. Decorators add headers to it and pass it on.
struct Request {
  Method method = Method::kGet;
  /// Path and query below the upstream's base URL, already encoded: `/examinations`.
  std::string target;
  /// Names and values must be free of control characters; else the request fails with kBadRequest.
  std::vector<Header> headers;
  std::string body;
  /// What a signed request is about. Whoever signs it, anew for each send, puts them into its body
  /// or its query; body and query are empty before. No others have any.
  std::vector<Parameter> parameters;

  /// When whoever waits gives up. Bounds queueing, resolving, connecting, sending and reading
  /// together.
  Instant deadline = Instant::Never();
  /// Of what is not bound by a deadline once it has left: it is not worth being sent later. Nobody
  /// is stopped by it, but who lets it wait refuses what would have to wait longer.
  Instant start_by = Instant::Never();
  /// Cancels the request when stopped. Before or after Start, in any order.
  std::stop_token cancel;

  /// Leaves at most once: nobody sends it again, unless it had no connection.
  bool one_shot = false;
  /// A kept connection is used only when it was idle for less than this, and than
  /// UpstreamOptions::max_idle; for a one-shot, a short time makes that failure rare. Counted in
  /// whole seconds, rounded down; below 1 s the request gets a new connection.
  absl::Duration max_idle = absl::InfiniteDuration();
  /// Asked in the last instant before bytes leave, on the transport's thread; must not block. Once,
  /// and once more for each time that a decorator sends the request again. False: the request fails
  /// with kRefused and nothing was sent. Empty: yes.
  std::function<bool()> before_send;
  /// Of the call that it is for: decorators write down in it what becomes of the request, and log
  /// with it. Of it, only the trace is sent (RecordedTransport). May be null.
  observe::CallRecordPtr record = nullptr;
};

/// A complete answer, whatever its status.
struct Response {
  int status = 0;
  /// The header lines as they came, without the status line.
  std::string header_block;
  std::string body;
  /// A decorator has sent the request more than once, and an earlier send may have been executed.
  bool repeated = false;
  /// For how long the upstream asks to be left alone, as RetryTransport read it.
  std::optional<absl::Duration> retry_after = std::nullopt;
  /// Why it was not sent again, see RetryTransport; empty: that would not have helped.
  absl::string_view stopped_because = {};
  /// What the body holds of the memory that all calls share.
  HeldBytes held = {};

  /// The value of the first header of that name, blanks around it removed; case of the name does
  /// not matter.
  std::optional<absl::string_view> Header(absl::string_view name) const;
};

/// How far a request had come when it failed. The order is that of time.
enum class Phase {
  kNotConnected,   ///< No connection was ready for it.
  kConnected,      ///< A connection was ready; not one byte of the request was written to it.
  kPartlyWritten,  ///< Some bytes were handed to the kernel.
  kWritten,        ///< All bytes were, or it cannot be excluded.
  kAnswering,      ///< A part of the answer was read.
};

enum class ErrorKind {
  kResolve,         ///< The name has no known address.
  kConnect,         ///< No connection within the connect timeout, or refused.
  kTls,             ///< Certificate or protocol refused, by either side.
  kAddressRefused,  ///< The name leads to addresses only that EgressPolicy does not permit.
  kProxyAuth,       ///< The proxy refused ours, or misses them.
  kProxyRefused,    ///< The proxy does not let us connect to the upstream.
  kConnectionLost,  ///< Reset or closed before the answer was complete.
  kProtocol,        ///< The answer is not HTTP/1.1.
  kTooLarge,        ///< The answer is over its cap.
  kTimeout,         ///< The upstream's own timeout passed.
  kDeadline,        ///< Request::deadline passed.
  kCancelled,       ///< Request::cancel was stopped.
  kRefused,         ///< Request::before_send said no.
  kOverloaded,      ///< No place to wait for a turn.
  kMemory,          ///< No memory left of what all calls share.
  kCircuitOpen,     ///< The upstream is left alone for a while.
  kShutdown,        ///< The transport is stopping.
  kBadRequest,      ///< The request cannot be written as HTTP.
  kInternal,        ///< Out of memory, out of descriptors, UpstreamOptions::local_end is missing.
};

/// `connection_lost`, … for logs and metric labels. Lives forever.
absl::string_view ErrorKindName(ErrorKind kind);

/// A request without a complete answer.
struct TransportError {
  ErrorKind kind = ErrorKind::kInternal;
  Phase phase = Phase::kWritten;
  /// For the operator's log only; may name hosts and addresses, never headers or bodies.
  std::string detail;
  /// When to ask again, where that is known.
  std::optional<absl::Duration> retry_after = std::nullopt;
  /// As Response::stopped_because.
  absl::string_view stopped_because = {};
  /// It had a connection that others had used before.
  bool kept_connection = false;

  /// The upstream cannot have seen any of it.
  bool NothingSent() const { return phase <= Phase::kConnected; }
};

using Outcome = std::variant<Response, TransportError>;
using Completion = Once<Outcome>;

/// Sends requests to one upstream. Thread safety: Start may be called from any thread.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Never blocks. `done` runs exactly once, on any thread, possibly before Start returns, and must
  /// not block.
  virtual void Start(Request request, Completion done) = 0;
};

}  // namespace gw::http

namespace gw {

/// Nobody knows what became of an abandoned request, so nothing is excluded.
template <>
struct AbandonedValue<http::Outcome> {
  static http::Outcome Get() {
    return http::TransportError{http::ErrorKind::kCancelled, http::Phase::kWritten, "abandoned"};
  }
};

}  // namespace gw
