// From an upstream's outcome to what a caller is told: a decoded value, or a status of the failure
// table.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/base/once.h"
#include "service/http/transport.h"
#include "service/http/upstream_status.h"
#include "service/observe/call_record.h"
#include "service/rest/call_context.h"
#include "service/rest/rejection_codec.h"

namespace gw::rest {

/// What there is to know about an upstream to tell its failures.
struct Dialect {
  http::UpstreamTraits traits;
  OurField our_field = nullptr;
};

/// The status of a refused call, with the fields that a 422 names (ALREADY_EXISTS when one is
/// taken; those that are not ours are counted in metadata `unmapped_fields`), and a line in the log
/// with what can be said of the body; `record` (may be null) is the call's. `outcome` is not a 2xx.
/// Thread safety: any thread.
absl::Status RefusalOf(const http::Outcome& outcome, const Dialect& dialect,
                       const observe::CallRecord* record);

/// A line in the log of a 2xx that is not what the upstream documents: `problem` is why, and names
/// no value. Of a body that begins as JSON it shows nothing: it may be all that is known of a
/// person. Thread safety: any thread.
void LogUndecodable(const http::Response& response, absl::string_view target,
                    const absl::Status& problem, const Dialect& dialect,
                    const observe::CallRecord* record);

/// `request` with the deadline, the cancel and the record of the call that it is for.
inline http::Request RequestFor(const CallContext& context, http::Request request) {
  request.deadline = context.deadline;
  request.cancel = context.cancel;
  request.record = context.record;
  return request;
}

/// Sends `request` for the call of `context`, and tells `done` once, on any thread, what `decode`
/// (a function of the http::Response, to a StatusOr<Value>) makes of a 2xx, or why there is none.
/// `transport` and `dialect` outlive it. Thread safety: any thread.
template <class Value, class Decode>
void Call(http::Transport& transport, http::Request request, const CallContext& context,
          const Dialect& dialect, Decode decode, Once<absl::StatusOr<Value>> done) {
  std::string target = request.target;
  transport.Start(RequestFor(context, std::move(request)),
                  [decode = std::move(decode), target = std::move(target), &dialect,
                   record = context.record, done = std::move(done)](http::Outcome outcome) mutable {
                    if (!http::StatusOf(outcome, dialect.traits).ok()) {
                      return std::move(done)(RefusalOf(outcome, dialect, record.get()));
                    }
                    const auto& response = std::get<http::Response>(outcome);
                    absl::StatusOr<Value> value = decode(response);
                    if (!value.ok()) {
                      LogUndecodable(response, target, value.status(), dialect, record.get());
                      value = http::BadResponse(dialect.traits, response.status);
                    }
                    std::move(done)(std::move(value));
                  });
}

}  // namespace gw::rest
