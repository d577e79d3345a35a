// What is known of one call, for the lines that are logged of it, wherever they are.
#pragma once

#include <atomic>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/observe/keyed_hash.h"
#include "service/observe/log.h"
#include "service/observe/trace_context.h"

namespace gw::observe {

/// Shared by the call and its requests to an upstream; an allocation that has left outlives its
/// call. Thread safety: all functions may be called from any thread.
class CallRecord {
 public:
  /// An empty `request_id`: one is made when first asked for. References outlive it.
  CallRecord(std::string request_id, std::optional<TraceContext> trace, const KeyedHash& hash,
             Clock& clock, Random& random)
      : given_id_(std::move(request_id)),
        trace_(trace),
        hash_(hash),
        clock_(clock),
        random_(random) {}

  const std::string& request_id() const;
  /// The same, or its hash when it may be an e-mail address.
  std::string request_id_for_log() const { return hash_.InsteadOfEmail(request_id()); }
  const std::optional<TraceContext>& trace() const { return trace_; }

  /// A request for the call is about to leave; it was answered.
  void RequestLeaves() { ++attempts_; }
  void RequestAnswered(int http_status) { upstream_status_ = http_status; }
  /// How many have left.
  int attempts() const { return attempts_; }
  /// The last HTTP status; 0: none yet.
  int upstream_status() const { return upstream_status_; }

 private:
  const std::string given_id_;
  const std::optional<TraceContext> trace_;
  const KeyedHash& hash_;
  Clock& clock_;
  Random& random_;
  mutable std::once_flag made_;
  mutable std::string made_id_;
  std::atomic<int> attempts_{0};
  std::atomic<int> upstream_status_{0};
};

using CallRecordPtr = std::shared_ptr<CallRecord>;

/// Log, with the call's `request_id` and `trace_id` before `fields`. Null: of no call.
/// Thread safety: any thread.
void LogOf(const CallRecord* record, LogLevel level, absl::string_view event,
           std::initializer_list<LogField> fields = {});

}  // namespace gw::observe
